package main

import (
	"reflect"
	"testing"
	"time"
)

func TestTheSameSeedIsTheSamePlan(t *testing.T) {
	one, two := newPlan(7, time.Minute, "kafka", 2), newPlan(7, time.Minute, "kafka", 2)
	if !reflect.DeepEqual(one, two) {
		t.Error("one seed, two plans")
	}
	if reflect.DeepEqual(one, newPlan(8, time.Minute, "kafka", 2)) {
		t.Error("two seeds, one plan")
	}
}

func TestTheLongFormKillsAndCutsOffEnough(t *testing.T) {
	for seed := range uint64(200) {
		for queue, collectors := range map[string]int{"kafka": 2, "disk": 1} {
			outages := 0
			all := newPlan(seed, 30*time.Minute, queue, collectors).all()
			kills := killed(all)
			for _, e := range all {
				if e.lasts == 5*time.Minute {
					outages++
				}
			}
			if kills < 230 || outages != 2 {
				t.Errorf("seed %d, %s: %d kills, %d outages of five minutes; want 230 and 2", seed, queue, kills, outages)
			}
		}
	}
}

func TestARunInWhichNextToNothingIsKilledIsNoProof(t *testing.T) {
	p := newPlan(7, time.Minute, "kafka", 2)
	all := p.all()
	if err := p.enough(all); err != nil {
		t.Error(err)
	}
	if p.enough(nil) == nil || p.enough(all[:len(all)/8]) == nil {
		t.Error("a run passes in which nothing, or an eighth of the plan, has happened")
	}
}

func TestNobodySuffersTwoThingsAtOnce(t *testing.T) {
	for seed := range uint64(50) {
		for who, events := range newPlan(seed, time.Minute, "kafka", 3) {
			for i, e := range events {
				if e.on != who || e.at+e.lasts > time.Minute || i > 0 && e.at < events[i-1].at+events[i-1].lasts {
					t.Errorf("seed %d: %+v", seed, e)
				}
			}
		}
	}
}
