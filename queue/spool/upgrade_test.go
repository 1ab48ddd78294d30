package spool_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/monitorink/monitorink/queue/spool"
)

// TestASpoolWithoutLinksIsReadOn: testdata/without-links was written before segments
// told of the last message before them, and the cursor of a checkpoint. It holds 20
// messages, the first 12 settled, each with a checkpoint behind it.
func TestASpoolWithoutLinksIsReadOn(t *testing.T) {
	files := map[string][]byte{}
	names, err := filepath.Glob("testdata/without-links/*")
	if err != nil || len(names) != 5 {
		t.Fatalf("found %v, %v", names, err)
	}
	for _, name := range names {
		if files[filepath.Join("spool", filepath.Base(name))], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	d := restore(files)
	got, found := contents(t, d)
	if len(got) != 8 || found.Damaged || found.Corrupt > 0 || found.CursorLost || !found.Intact.Equal(time.Unix(19, 0)) {
		t.Errorf("got %d messages, and %+v, want the last 8 and no damage", len(got), found)
	}

	// What comes next names the last message of before.
	last := filepath.Join("spool", "0000000000000004.segment")
	d = restore(files)
	s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 420})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, s, numbered(20, 25)...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	delete(d.names, last)
	if _, found := contents(t, d); !found.Damaged {
		t.Errorf("found %+v, want that a segment is missed", found)
	}
}
