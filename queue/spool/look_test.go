package spool_test

import (
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

// files is every file of dir with what it holds and when it was written.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		info, ierr := e.Info()
		if err != nil || ierr != nil {
			t.Fatal(err, ierr)
		}
		all[e.Name()] = info.ModTime().String() + string(b)
	}
	return all
}

func TestLookSeesWhatOpenWouldAndChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	if v, err := spool.Look(spool.Options{Dir: dir}); err != nil || v.Found || v.Records != 0 {
		t.Fatalf("no folder: %+v, %v, want an empty spool", v, err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Fatal("it has made the folder")
	}
	s, _, err := spool.Open(spool.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1_800_000_000_000).UTC()
	for i := range 10 {
		m := queue.Message{Key: "a", Kind: data.KindMeasurement, Value: []byte(strconv.Itoa(i))}
		if err := s.Publish(t.Context(), []queue.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Checkpoint(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(dir, "*.segment"))
	if err != nil || len(segments) != 1 {
		t.Fatal(segments, err)
	}
	f, err := os.OpenFile(segments[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("torn"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	v, err := spool.Look(spool.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := v.Replay(func(queue.Message) error { n++; return nil }); err != nil || n != 10 {
		t.Errorf("%d messages are replayed, %v", n, err)
	}
	if !maps.Equal(before, files(t, dir)) {
		t.Error("something has changed on disk")
	}
	if v.Oldest.IsZero() || v.Newest.Before(v.Oldest) || time.Since(v.Newest) > time.Minute {
		t.Errorf("written from %v to %v", v.Oldest, v.Newest)
	}
	s, found, err := spool.Open(spool.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if v.Checkpoint != found.Checkpoint || !v.Checkpoint.Equal(at) || v.Records != found.Records || v.Unsettled != 10 ||
		v.Bytes != found.Bytes || v.TornBytes != 4 || found.TornBytes != 4 || len(v.Foreign) != 1 {
		t.Errorf("it saw %+v, and Open found %+v", v.Recovery, found)
	}
}
