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
			kills, outages := 0, 0
			for _, e := range newPlan(seed, 30*time.Minute, queue, collectors).all() {
				if e.kills() {
					kills++
				}
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
