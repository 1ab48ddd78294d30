//go:build integration

package postgres_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store/postgres"
)

const killedEnv = "POSTGRES_TO_BE_KILLED" // the URL, the seed of its order, that of all events, its clock's error

// killedEvents are what all of them save, over hours round minuteOfNow.
func killedEvents(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// TestIsKilled is no test: it saves and rolls up until TestKilledCollectors ends it.
func TestIsKilled(t *testing.T) {
	args := os.Getenv(killedEnv)
	if args == "" {
		t.Skip("of TestKilledCollectorsLeaveExactRollups")
	}
	var url string
	var mine, all uint64
	var skew time.Duration
	if _, err := fmt.Sscan(args, &url, &mine, &all, &skew); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	now := func() time.Time { return minuteOfNow.Add(skew + 200*time.Since(start)) }
	s, err := postgres.Open(postgres.Options{URL: url, Now: now, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	say := make(chan string) // never closed: the process is killed
	go func() {
		for ctx := t.Context(); ; {
			if err := s.Roll(ctx); err != nil {
				say <- err.Error()
			}
			say <- "rolled"
		}
	}()
	go func() {
		events := joined(meeting(killedEvents(all), minuteOfNow.Add(2*time.Hour), 4000))
		r := rand.New(rand.NewPCG(mine, 0))
		for ctx := t.Context(); ; {
			n := 1 + r.IntN(60)
			at := r.IntN(len(events) - n)
			if _, err := s.Save(ctx, events[at:at+n]); err != nil {
				say <- err.Error()
			}
			say <- "saved"
		}
	}()
	for line := range say {
		fmt.Println("#", line)
	}
}

// Collectors with clocks that disagree are killed amid Save and Roll, or stopped for a
// while, again and again; ROUNDS=1000 does it for long.
func TestKilledCollectorsLeaveExactRollups(t *testing.T) {
	rounds := 12
	if n, err := strconv.Atoi(os.Getenv("ROUNDS")); err == nil {
		rounds = n
	}
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	db := servers.Database(t)
	type victim struct {
		*exec.Cmd
		lines *bufio.Scanner
	}
	start := func(i int) *victim {
		v := &victim{Cmd: exec.Command(os.Args[0], "-test.run=^TestIsKilled$", "-test.timeout=1h")}
		v.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d %v", killedEnv, []string{db.URL, db.BouncerURL}[i%2], r.Uint64(), seed, time.Duration(r.IntN(40)-20)*time.Minute))
		v.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		out, err := v.StdoutPipe()
		if err == nil {
			err = v.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		v.lines = bufio.NewScanner(out)
		return v
	}
	odd := map[string]int{}
	read := func(v *victim, n int) {
		for i := 0; i < n && v.lines.Scan(); {
			switch line := v.lines.Text(); line {
			case "# saved", "# rolled":
				i++
			default:
				odd[line]++
				i++
			}
		}
	}
	all := []*victim{start(0), start(1), start(2)}
	for range rounds {
		i := r.IntN(len(all))
		if v := all[(i+1)%len(all)]; r.IntN(3) == 0 { // others go on while it is stopped, or wait for its locks
			_ = v.Process.Signal(syscall.SIGSTOP)
			on := time.AfterFunc(time.Second, func() { _ = v.Process.Signal(syscall.SIGCONT) })
			read(all[i], 5)
			on.Stop()
			_ = v.Process.Signal(syscall.SIGCONT)
		}
		read(all[i], 1+r.IntN(20))
		_ = all[i].Process.Kill()
		_ = all[i].Wait() // it was killed
		all[i] = start(i)
	}
	for _, v := range all {
		read(v, 10)
		_ = v.Process.Kill()
		_ = v.Wait()
	}
	for line, n := range odd {
		t.Logf("%d times %s", n, line)
	}
	events := joined(meeting(killedEvents(seed), minuteOfNow.Add(2*time.Hour), 4000))
	s := openAt(t, db.URL, minuteOfNow.Add(20*time.Hour), 0)
	keep(t, s, events...)
	roll(t, s)
	for _, monitor := range []string{"m0", "m1", "m2"} {
		expect(t, s, events, monitor, minuteOfNow.Add(-12*time.Hour), minuteOfNow.Add(4*time.Hour))
	}
}
