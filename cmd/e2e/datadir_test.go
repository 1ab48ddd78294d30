package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

func mustWrite(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestADataDirectoryThatCannotBeUsedIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(t *testing.T, dir string)
		code int
		want []string
	}{
		"a file in its place": {func(t *testing.T, dir string) { os.Remove(dir); mustWrite(t, dir, "") }, 2, []string{"must be a folder", "MONITORINK_DATA_DIR"}},
		"no definitions but a folder": {func(t *testing.T, dir string) { mustWrite(t, filepath.Join(dir, "definitions.json", "x"), "") }, 1,
			[]string{"definitions.json", "must be a file", "move it away"}},
		"no lock but a folder":   {func(t *testing.T, dir string) { mustWrite(t, filepath.Join(dir, "lock", "x"), "") }, 1, []string{"lock", "move that folder away"}},
		"no spool but a file":    {func(t *testing.T, dir string) { mustWrite(t, filepath.Join(dir, "spool"), "") }, 2, []string{"spool", "must be a folder"}},
		"no cursor but a folder": {func(t *testing.T, dir string) { mustWrite(t, filepath.Join(dir, "spool", "cursor", "x"), "") }, 1, []string{"cursor", "must be a file", "move it away"}},
		"of a later version": {func(t *testing.T, dir string) {
			mustWrite(t, filepath.Join(dir, "definitions.json"), `{"form":2,"location":"here","definitions":[]}`)
		}, 1, []string{"definitions.json", "form 2", "later version"}},
		"of nobody knows where": {func(t *testing.T, dir string) { mustWrite(t, filepath.Join(dir, "definitions.json"), "{half") }, 2,
			[]string{"definitions.json", "MONITORINK_LOCATION"}},
		"of another location": {func(t *testing.T, dir string) {
			mustWrite(t, filepath.Join(dir, "definitions.json"), `{"form":1,"location":"here","definitions":[{"id":7}]}`)
		}, 1, []string{`it holds "here"`, "MONITORINK_LOCATION"}},
		"a segment of a later version": {func(t *testing.T, dir string) {
			mustWrite(t, filepath.Join(dir, "spool", "0000000000000001.segment"), "mkspool\x02\x01\x00\x00\x00\x00\x00\x00\x00\x5e\x39\xb8\x23")
		}, 1, []string{"0000000000000001.segment", "of version 2"}},
		"unreadable": {func(t *testing.T, dir string) {
			if os.Getuid() == 0 {
				t.Skip("root may read everything")
			}
			mustWrite(t, filepath.Join(dir, "definitions.json"), "")
			if err := os.Chmod(filepath.Join(dir, "definitions.json"), 0); err != nil {
				t.Fatal(err)
			}
		}, 2, []string{"definitions.json", "may read"}},
		"of another user": {func(t *testing.T, dir string) {
			if os.Getuid() == 0 {
				t.Skip("root may write everywhere")
			}
			if err := os.Chmod(dir, 0o500); err != nil { //nolint:gosec // a folder is entered
				t.Fatal(err)
			}
		}, 2, []string{"cannot be written by user", "permission denied", "chown -R ", "fsGroup: "}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			c.make(t, dir)
			env, _ := diskEnv(t, dir, "MONITORINK_URLS=http://127.0.0.1:1/")
			switch name {
			case "of nobody knows where":
				env = append(env, "MONITORINK_LOCATION=")
			case "of another location":
				env = append(env, "MONITORINK_LOCATION=there")
			}
			p := start(t, "heartbeat", env, "run")
			if code := p.wait(10 * time.Second); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range append(c.want, dir) {
				if out := p.out.String(); !strings.Contains(out, want) || strings.Contains(out, "panic") {
					t.Errorf("the message does not hold %q:\n%s", want, out)
				}
			}
		})
	}
}

// TestDefinitionsThatDoNotParseLoseNoSlot kills heartbeat, damages what it had
// persisted, starts it without a location, and compares with the list of slots.
func TestDefinitionsThatDoNotParseLoseNoSlot(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(string) string{
		"one": func(s string) string { return strings.Replace(s, "/b\"", "/b\x01\"", 1) },
		"cut": func(s string) string { return s[:len(s)/2] },
		"all": func(string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, dir := newWitness(t), t.TempDir()
			env, url := diskEnv(t, dir, "MONITORINK_URLS="+w.url+"/a,"+w.url+"/b", "MONITORINK_SCHEDULE=@every 100ms", "MONITORINK_INSTANCE=i")
			p := start(t, "heartbeat", env, "run")
			eventually(t, 10*time.Second, "probes of both", func() bool { return len(w.answered("/a")) > 5 && len(w.answered("/b")) > 5 })
			p.kill()
			file := filepath.Join(dir, "definitions.json")
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := damage(string(b))
			mustWrite(t, file, text)
			mustWrite(t, file+".4711", "half")
			p = start(t, "heartbeat", append(env, "MONITORINK_LOCATION="), "run")
			eventually(t, 10*time.Second, "ready", func() bool { return get(url+"/readyz", nil) == 200 })
			aside, err := filepath.Glob(file + ".*")
			if err != nil || len(aside) != 1 || !strings.Contains(p.out.String(), aside[0]) || !strings.Contains(p.out.String(), "taken_as_unchanged") {
				t.Errorf("set aside is %v, %v, and it says:\n%s", aside, err, p.out.String())
			}
			if n := (&daemon{p, url}).metric("monitorink_definitions_set_aside", ""); n != 1 {
				t.Errorf("/metrics tell of %v definitions that are set aside, want 1", n)
			}
			wantAll(t, dir, url, "here")
			ends(t, p)
		})
	}
}

// wantAll collects what heartbeat has, and wants every slot of two monitors, all of
// them at location.
func wantAll(t *testing.T, dir, url, location string) {
	t.Helper()
	end := time.Now()
	keeper := startKeeper(t, dir, url)
	books := account(keptUpTo(t, dir, end))
	keeper.stop()
	for id, b := range books {
		if n := b.missing(end); n > 0 {
			t.Errorf("%s: %d slots are not accounted for", id, n)
		}
		for _, r := range b.registrations {
			if r.Location != location {
				t.Errorf("%s is registered at %q, want %q", id, r.Location, location)
			}
		}
	}
	if len(books) < 2 {
		t.Errorf("%d monitors, want two", len(books))
	}
}

// TestADataDirectoryThatIsMovedKeepsItsIdentities: another path behind a link,
// another instance, and no location in the environment.
func TestADataDirectoryThatIsMovedKeepsItsIdentities(t *testing.T) {
	t.Parallel()
	w, dir := newWitness(t), filepath.Join(t.TempDir(), "old")
	env, _ := diskEnv(t, dir, "MONITORINK_URLS="+w.url+"/a,"+w.url+"/b", "MONITORINK_SCHEDULE=@every 100ms", "MONITORINK_INSTANCE=first")
	p := start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "probes", func() bool { return len(w.answered("/a")) > 5 && len(w.answered("/b")) > 5 })
	p.kill()
	<-time.After(150 * time.Millisecond) // so that a slot passes meanwhile
	moved, link := filepath.Join(t.TempDir(), "moved"), filepath.Join(t.TempDir(), "link")
	if err := os.CopyFS(moved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(moved, link); err != nil {
		t.Fatal(err)
	}
	env, url := diskEnv(t, link, "MONITORINK_URLS="+w.url+"/a,"+w.url+"/b", "MONITORINK_SCHEDULE=@every 100ms", "MONITORINK_INSTANCE=second", "MONITORINK_LOCATION=")
	p = start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "ready", func() bool { return get(url+"/readyz", nil) == 200 })
	if out := p.out.String(); strings.Count(out, "the location is the persisted one") != 1 {
		t.Errorf("it does not say once where the location is from:\n%s", out)
	}
	wantAll(t, moved, url, "here")
	events, err := kept(moved)
	if err != nil {
		t.Fatal(err)
	}
	instances, stopped := map[string]bool{}, 0
	for _, e := range events {
		switch e := e.(type) {
		case *data.Measurement:
			instances[e.Instance] = true
		case *data.Gap:
			if e.Reason == data.Stopped {
				stopped++
			}
		}
	}
	if !instances["first"] || !instances["second"] || stopped == 0 {
		t.Errorf("measured by %v, and %d gaps cover the move", instances, stopped)
	}
	second := start(t, "heartbeat", append(env, "MONITORINK_HEARTBEAT_ADDR="+freeAddr(t)), "run")
	if code := second.wait(10 * time.Second); code != 1 || !strings.Contains(second.out.String(), "another heartbeat uses this data directory") {
		t.Errorf("a second one: exit code %d:\n%s", code, second.out.String())
	}
	ends(t, p)
}
