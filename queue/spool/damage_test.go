package spool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

// image returns the files of a small spool of three segments with messages 0 to
// 17, where the last of each says in which segment it is.
func image(t testing.TB) map[string][]byte {
	t.Helper()
	d := newDisk()
	s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 420})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 18; i += 3 {
		publish(t, s, numbered(i, i+3)...)
	}
	if err := s.Checkpoint(t.Context(), time.UnixMilli(1000)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	segments := 0
	delete(d.names, filepath.Join("spool", "reserve"))
	for name, n := range d.names {
		files[name] = n.data
		if strings.HasSuffix(name, ".segment") {
			segments++
		}
	}
	if segments != 3 {
		t.Fatalf("the image has %d segments, want 3", segments)
	}
	return files
}

func restore(files map[string][]byte) *disk {
	d := newDisk()
	for name, b := range files {
		d.names[name] = &inode{data: bytes.Clone(b), synced: bytes.Clone(b)}
		d.durable[name] = d.names[name]
	}
	return d
}

// contents opens a spool, takes all that it hands out, and compares that with
// what it replays, and with its own count.
func contents(t testing.TB, d *disk) ([]queue.Message, spool.Recovery) {
	t.Helper()
	s, found, err := spool.Open(spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 420})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	replayed := 0
	if err := s.Replay(func(queue.Message) error { replayed++; return nil }); err != nil {
		t.Fatalf("replay: %v", err)
	}
	sub, err := s.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	end := fmt.Sprintf("end %d", found.Records)
	publish(t, s, queue.Message{Key: end, Kind: data.KindGap, Value: []byte("{}")})
	var all []queue.Message
	for {
		m, err := sub.Next(t.Context())
		if err != nil {
			t.Fatalf("next: %v", err)
		}
		if m.Key == end {
			break
		}
		all = append(all, m)
	}
	if int64(len(all)) != found.Unsettled || len(all) > replayed {
		t.Errorf("handed out %d, found %d unsettled, replayed %d", len(all), found.Unsettled, replayed)
	}
	return all, found
}

// missing compares what was handed out with the 18 messages of the image.
func missing(t *testing.T, got []queue.Message) (lost []int) {
	t.Helper()
	want := numbered(0, 18)
	for i := range want {
		if len(got) > 0 && bytes.Equal(got[0].Value, want[i].Value) && got[0].Key == want[i].Key && got[0].Kind == want[i].Kind {
			got = got[1:]
		} else {
			lost = append(lost, i)
		}
	}
	if len(got) > 0 {
		t.Errorf("got %s, which nobody published there", got[0].Value)
	}
	return lost
}

func TestUndamaged(t *testing.T) {
	got, found := contents(t, restore(image(t)))
	if lost := missing(t, got); len(lost) > 0 || found.TornBytes != 0 || found.Corrupt != 0 || !found.Found || found.Records != 21 {
		t.Errorf("lost %v, found %+v", lost, found)
	}
}

func TestCutAnywhereLosesOnlyWhatIsBehindTheCut(t *testing.T) {
	files := image(t)
	last := filepath.Join("spool", "0000000000000003.segment")
	for name, whole := range files {
		for cut := range whole {
			files[name] = whole[:cut]
			got, found := contents(t, restore(files))
			lost := missing(t, got)
			end := 18
			if len(lost) > 0 {
				end = lost[len(lost)-1] + 1
			}
			for i, n := range lost {
				if n != end-len(lost)+i {
					t.Errorf("%s cut at %d: lost %v, which is no tail of a segment", name, cut, lost)
				}
			}
			if strings.Contains(name, "cursor") && (len(lost) > 0 || found.CursorLost != (cut < len(whole))) {
				t.Errorf("%s cut at %d: lost %v, found %+v", name, cut, lost, found)
			}
			if name == last && cut > 0 && len(lost) == 6 && found.TornBytes == 0 && cut != 20 && cut != 57 {
				t.Errorf("%s cut at %d: found %+v", name, cut, found)
			}
			if name != last && len(lost) > 0 && (!found.Damaged || found.Corrupt == 0 || found.IntactFound) {
				t.Errorf("%s cut at %d: lost %v, and it tells %+v", name, cut, lost, found)
			}
			if len(lost) > 6 || strings.HasSuffix(name, ".segment") && cut < 20 && len(lost) != 6 {
				t.Errorf("%s cut at %d: lost %v", name, cut, lost)
			}
		}
		files[name] = whole
	}
}

func TestFlippedBitLosesOnlyItsRecord(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	files := image(t)
	for name, whole := range files {
		for i := range whole {
			b := bytes.Clone(whole)
			b[i] ^= 1 << rng.IntN(8)
			files[name] = b
			got, found := contents(t, restore(files))
			lost := missing(t, got)
			told := found.Corrupt > 0 || found.TornBytes > 0 || found.CursorLost
			if len(lost) > 0 && !found.Damaged && found.TornBytes == 0 {
				t.Errorf("%s flipped at %d: lost %v, and it tells %+v", name, i, lost, found)
			}
			if len(lost) > 1 || !told || strings.HasSuffix(name, ".segment") && i < 20 && len(lost) > 0 {
				t.Errorf("%s flipped at %d: lost %v, found %+v", name, i, lost, found)
			}
		}
		files[name] = whole
	}
}

// TestForgedRecordIsNoRecord damages a record whose value holds a copy of a
// record, magic and all.
func TestForgedRecordIsNoRecord(t *testing.T) {
	files := image(t)
	d := newDisk()
	s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, s, queue.Message{Key: "a", Kind: data.KindGap, Value: files[filepath.Join("spool", "0000000000000001.segment")]})
	publish(t, s, numbered(7, 8)...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	d.names[filepath.Join("spool", "0000000000000001.segment")].data[30] ^= 1
	got, found := contents(t, d)
	if len(got) != 1 || string(got[0].Value) != `{"n":7}` || found.Corrupt != 1 {
		t.Errorf("got %d messages, found %+v; want only the second", len(got), found)
	}
}

func TestTornTailIsCutOnce(t *testing.T) {
	files := image(t)
	last := filepath.Join("spool", "0000000000000003.segment")
	files[last] = append(files[last], bytes.Repeat([]byte("torn"), 200)...)
	d := restore(files)
	for i, want := range []int64{800, 0, 0} {
		if got, found := contents(t, d); len(got) != 18+i || found.TornBytes != want || found.Corrupt != 0 {
			t.Errorf("opened %d times: got %d messages, found %+v, want %d torn bytes", i+1, len(got), found, want)
		}
	}
}

// TestOpenSyncsWhatAKilledProcessLeft: it was written, though not synced, is
// handed out now, and so must stay.
func TestOpenSyncsWhatAKilledProcessLeft(t *testing.T) {
	for seed := range uint64(20) {
		d := restore(image(t))
		n := d.names[filepath.Join("spool", "0000000000000003.segment")]
		n.synced, n.writes = nil, []write{{0, n.data}}
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		got, _ := contents(t, d.crash(rand.New(rand.NewPCG(seed, 0))))
		if lost := missing(t, got); len(lost) > 0 {
			t.Fatalf("lost %v", lost)
		}
	}
}

// TestCursorBehindTheEndHidesNothing: the disk has lost what it had promised to
// keep, and what is published next must be handed out all the same.
func TestCursorBehindTheEndHidesNothing(t *testing.T) {
	d := restore(image(t))
	s, found, err := spool.Open(spool.Options{Dir: "spool", FS: d})
	if err != nil {
		t.Fatal(err)
	}
	sub, _ := s.Subscribe()
	settle(t, sub, found.Unsettled)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	last := d.names[filepath.Join("spool", "0000000000000003.segment")]
	last.data = last.data[:60]
	if got, _ := contents(t, d); len(got) != 0 {
		t.Errorf("got %d messages that were settled", len(got))
	}
	for name := range d.names {
		if n, ok := strings.CutSuffix(filepath.Base(name), ".segment"); ok && n > "0000000000000002" {
			delete(d.names, name)
		}
	}
	if got, found := contents(t, d); len(got) != 12 || !found.CursorLost {
		t.Errorf("got %d messages, cursor lost %t, want all 12: the cursor speaks of segments that are not there", len(got), found.CursorLost)
	}
}

func TestDamageWhileOpenIsSkippedAndCounted(t *testing.T) {
	d := newDisk()
	s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // checked elsewhere
	publish(t, s, numbered(0, 3)...)
	d.mu.Lock()
	n := d.names[filepath.Join("spool", "0000000000000001.segment")]
	n.data[bytes.Index(n.data, []byte(`{"n":1}`))] ^= 4
	d.mu.Unlock()
	sub, _ := s.Subscribe()
	for _, want := range []string{`{"n":0}`, `{"n":2}`} {
		m, err := sub.Next(t.Context())
		if err != nil || string(m.Value) != want {
			t.Fatalf("got %s, %v, want %s", m.Value, err, want)
		}
		sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := sub.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want nothing more", err)
	}
	if st := s.Stats(); st.Corrupt != 1 || st.Depth != 0 {
		t.Errorf("got %+v, want one corrupt record and none left", st)
	}
}

func FuzzOpen(f *testing.F) {
	files := image(f)
	for name, b := range files {
		if strings.HasSuffix(name, ".segment") {
			f.Add(b, files[filepath.Join("spool", "cursor")])
			f.Add(b[:len(b)-5], []byte(nil))
		}
	}
	f.Add([]byte(nil), []byte("settled up to segment 9 offset 77 checksum 00000000\n"))
	known := map[string]bool{}
	for _, m := range numbered(0, 18) {
		known[fmt.Sprint(m.Key, m.Kind, string(m.Value))] = true
	}
	f.Fuzz(func(t *testing.T, segment, cursor []byte) {
		for _, name := range []string{"0000000000000001.segment", "0000000000000002.segment"} {
			d := restore(map[string][]byte{
				filepath.Join("spool", name):                       segment,
				filepath.Join("spool", "0000000000000003.segment"): files[filepath.Join("spool", "0000000000000003.segment")],
				filepath.Join("spool", "cursor"):                   cursor,
			})
			s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d})
			if err != nil {
				continue // of another version, or under another name
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			got, _ := contents(t, d)
			for _, m := range got {
				if !known[fmt.Sprint(m.Key, m.Kind, string(m.Value))] {
					t.Errorf("got %s %s %q, which nobody published", m.Kind, m.Key, m.Value)
				}
			}
		}
	})
}
