package spool_test

import (
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

func TestOpenTellsWhatIsWrongWithTheFolder(t *testing.T) {
	full := func(op string, errno error) spool.FS {
		d := newDisk()
		d.fail = func(o, _ string) error {
			if o == op {
				return errno
			}
			return nil
		}
		return d
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    spool.Options
		want []string
	}{
		{"no folder", spool.Options{}, []string{"no folder"}},
		{"too small", spool.Options{Dir: "spool", Size: 1000}, []string{"spool", "1000", "1048576"}},
		{"a file", spool.Options{Dir: file}, []string{file, "must be a folder"}},
		{"below a file", spool.Options{Dir: filepath.Join(file, "spool")}, []string{file, "must be a folder"}},
		{"read-only", spool.Options{Dir: "/data/spool", FS: full("create", syscall.EROFS)}, []string{"/data/spool", "write in"}},
		{"someone else's", spool.Options{Dir: "/data/spool", FS: full("mkdir", syscall.EACCES)}, []string{"/data/spool", "owner or mode"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := spool.Open(c.o)
			if err == nil {
				t.Fatal("it opens")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("got %q, want that it says %q", err, w)
				}
			}
		})
	}
}

func TestOpenOnAFullDiskWorks(t *testing.T) {
	files := image(t)
	files[filepath.Join("spool", "reserve")] = make([]byte, 8<<10)
	d := restore(files)
	d.room = 0
	s, found, err := spool.Open(spool.Options{Dir: "spool", FS: d})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // the disk is full
	sub, _ := s.Subscribe()
	settle(t, sub, found.Unsettled)
	if err := s.Stats().Err; err != nil {
		t.Errorf("got %v, although there is a reserve", err)
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	o := spool.Options{Dir: t.TempDir()}
	for _, name := range []string{"README", "1.segment", "000000000000000x.segment"} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(o.Dir, "0000000000000007.segment"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, found := mustOpen(t, o)
	if len(found.Foreign) != 4 || found.Segments != 0 {
		t.Errorf("found %+v, want 4 foreign files", found)
	}
	if b, err := os.ReadFile(filepath.Join(o.Dir, "README")); err != nil || string(b) != "mine" {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestSegmentOfAnotherVersionOrNameIsAnError(t *testing.T) {
	first := filepath.Join("spool", "0000000000000001.segment")
	t.Run("version", func(t *testing.T) {
		files := image(t)
		b := files[first]
		b[7] = 2
		sum := crc32.Checksum(b[:16], crc32.MakeTable(crc32.Castagnoli))
		b[16], b[17], b[18], b[19] = byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)
		_, _, err := spool.Open(spool.Options{Dir: "spool", FS: restore(files)})
		if err == nil || !strings.Contains(err.Error(), first+" is of version 2") {
			t.Errorf("got %v, want the file and its version", err)
		}
	})
	t.Run("name", func(t *testing.T) {
		files := image(t)
		files[filepath.Join("spool", "0000000000000009.segment")] = files[first]
		if _, found := contents(t, restore(files)); len(found.Foreign) != 1 || found.Corrupt != 0 {
			t.Errorf("a copy: got %+v, want that it is foreign", found)
		}
		delete(files, first)
		_, _, err := spool.Open(spool.Options{Dir: "spool", FS: restore(files)})
		if err == nil || !strings.Contains(err.Error(), "rename it to 0000000000000001.segment") {
			t.Errorf("got %v, want what to do", err)
		}
	})
}

func TestRecoveryTellsTheNewestCheckpoint(t *testing.T) {
	o := spool.Options{Dir: t.TempDir(), SegmentSize: 100}
	s, found := mustOpen(t, o)
	if _, ok := s.Recovered(); ok || found.Found {
		t.Error("an empty spool has a checkpoint")
	}
	at := time.Date(2026, 11, 23, 21, 48, 30, 120_999_999, time.UTC)
	for i := range 4 {
		publish(t, s, numbered(i, i+1)...)
		if err := s.Checkpoint(t.Context(), at.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, found = mustOpen(t, o)
	want := at.Add(3 * time.Second).Truncate(time.Millisecond)
	if got, ok := s.Recovered(); !ok || !got.Equal(want) || !found.Checkpoint.Equal(want) {
		t.Errorf("got %s, %t, want %s", got, ok, want)
	}
}

func TestDeadLettersRotateAndSurviveATornLine(t *testing.T) {
	o := spool.Options{Dir: t.TempDir(), DeadLetterSize: 600}
	values := []string{`{"a":"<&\u2028 "}`, "{ }", "not JSON", "\xff\x00", `{"n":4}`, `{"n":5}`}
	for i, v := range values {
		s, _, err := spool.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		publish(t, s, queue.Message{Key: "k", Kind: data.KindGap, Value: []byte(v)})
		sub, _ := s.Subscribe()
		m, err := sub.Next(t.Context())
		if err != nil || string(m.Value) != v {
			t.Fatalf("got %q, %v, want %q", m.Value, err, v)
		}
		sub.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New("why")})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			f, err := os.OpenFile(filepath.Join(o.Dir, "dead-letters.ndjson"), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString(`{"at":"20`); err != nil {
				t.Fatal(err)
			}
			_ = f.Close()
		}
	}
	var got []string
	damaged, err := spool.DeadLetters(o.Dir, func(d spool.DeadLetter) error {
		if d.Reason != "why" || d.Message.Kind != data.KindGap || d.Message.Key != "k" || d.At.IsZero() {
			t.Errorf("got %+v", d)
		}
		got = append(got, string(d.Message.Value))
		return nil
	})
	if err != nil || damaged != 1 || strings.Join(got, "|") != strings.Join(values, "|") {
		t.Errorf("got %q with %d damaged lines, %v, want %q and one", got, damaged, err, values)
	}
}

func TestRefusedIsNotFinishedBeforeItsDeadLetterIs(t *testing.T) {
	d := newDisk()
	s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, s, numbered(0, 2)...)
	d.mu.Lock()
	d.fail = func(op, name string) error {
		if op == "sync" && strings.HasPrefix(name, "dead") {
			return syscall.EIO
		}
		return nil
	}
	d.mu.Unlock()
	sub, _ := s.Subscribe()
	m, _ := sub.Next(t.Context())
	sub.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New("why")})
	m, _ = sub.Next(t.Context())
	sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
	if err := sub.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v from Close, want %v", err, syscall.EIO)
	}
	_ = s.Close() // tells the same
	d.mu.Lock()
	d.fail = nil
	d.mu.Unlock()
	if got, _ := contents(t, d); len(got) != 2 {
		t.Errorf("handed out %d messages, want both again", len(got))
	}
}
