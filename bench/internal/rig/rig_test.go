package rig_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/data"
)

func TestLoadGivesValidMeasurementsOfDifferentSlots(t *testing.T) {
	l := rig.Load{Monitors: 20, Slots: 10, Every: 10 * time.Second, From: time.Unix(0, 0).UTC(), Down: 20, Seed: 1}
	slots := map[data.Slot]bool{}
	down := 0
	for i := range l.Len() {
		m := l.Measurement(i)
		if err := data.Validate(m); err != nil {
			t.Fatalf("measurement %d: %v", i, err)
		}
		slots[m.Slot()] = true
		if m.State == data.Down {
			down++
		}
	}
	if len(slots) != l.Len() || down == 0 || down == l.Len() {
		t.Errorf("%d slots, %d of them down; want %d, and a part of them down", len(slots), down, l.Len())
	}
}

func TestWatchSeesTheFirstAndTheLast(t *testing.T) {
	start := time.Now()
	grow := func(context.Context) (int64, error) {
		return min(int64(time.Since(start)/(10*time.Millisecond)), 20), nil
	}
	p, err := rig.Watch(t.Context(), 20, func() error { return nil }, grow)
	if err != nil {
		t.Fatal(err)
	}
	if p.Seen < 1 || p.Rate() < 30 || p.Rate() > 110 {
		t.Errorf("%d seen at first, then %.0f a second; want about 100", p.Seen, p.Rate())
	}
}

func TestWatchRefusesMoreThanAll(t *testing.T) {
	if _, err := rig.Watch(t.Context(), 1, func() error { return nil }, func(context.Context) (int64, error) { return 2, nil }); err == nil {
		t.Error("two of one, and no error")
	}
}

func TestWatchEndsWithTheProcess(t *testing.T) {
	dead := errors.New("dead")
	if _, err := rig.Watch(t.Context(), 1, func() error { return dead }, func(context.Context) (int64, error) { return 0, nil }); !errors.Is(err, dead) {
		t.Errorf("got %v", err)
	}
}

func TestProcessIsMeasuredAndStopped(t *testing.T) {
	p, err := rig.Start("/bin/sh", nil, "-c", `trap "exit 0" TERM; while :; do :; done`)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	before := time.Now()
	for rig.Processor() == 0 || time.Since(before) < 50*time.Millisecond { // the shell spins meanwhile
		if err := p.Alive(); err != nil {
			t.Fatal(err)
		}
	}
	u, err := p.Stop()
	if err != nil || u.Processor == 0 {
		t.Errorf("used %v, %v", u, err)
	}
	if p.Alive() == nil {
		t.Error("it is alive after Stop")
	}
}
