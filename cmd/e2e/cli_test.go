package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

func TestProbeShowsWhereTheTimeWent(t *testing.T) {
	w := newWitness(t)
	p := start(t, "heartbeat", nil, "probe", w.url+"/x")
	if code := p.wait(10 * time.Second); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	for _, part := range []string{"GET " + w.url + "/x", "HTTP/1.1 200", "connect", "first byte", "total", "ok    status  saw 200", "\nup\n"} {
		if !strings.Contains(p.out.String(), part) {
			t.Errorf("it does not show %q:\n%s", part, p.out)
		}
	}
	p = start(t, "heartbeat", nil, "probe", "http://"+freeAddr(t)+"/", "--json")
	if code := p.wait(10 * time.Second); code != 1 {
		t.Errorf("exit code %d for a target that is down, want 1", code)
	}
	line, _, _ := strings.Cut(p.out.String(), "\n")
	e, err := data.Decode([]byte(line))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if m := e.(*data.Measurement); m.State != data.Down || m.Error.Kind != data.ErrRefused {
		t.Errorf("%+v, want refused", m.Error)
	}
}

func TestValidateShowsEachLineAndListWhatIsGood(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "sub", "monitors.yaml")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		filepath.Join(dir, "defaults.yaml"): "defaults: { every: 1m, labels: { team: web } }\n",
		file:                                "monitors:\n  - { id: 'good-${each}', for_each: [a, b], url: 'http://127.0.0.1/${env:STAGE}' }\n  - id: bad\n    url: http://127.0.0.1/\n    evry: 1s\n",
		filepath.Join(dir, "other.yaml"):    "monitors: [{ id: other, url: 'http://127.0.0.1/', labels: { team: ops }, cron: '@daily' }]\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		env, args []string
		code      int
		want      string
	}{
		{[]string{"STAGE=prod"}, []string{"validate", dir}, 2,
			file + ":5:5: monitors[1] \"bad\": the key \"evry\" is unknown; did you mean every?\n     5 |     evry: 1s\n       |     ^\nheartbeat: 1 problem in 1 of 1 path, see above; 3 monitors are good\n"},
		{nil, []string{"validate", filepath.Join(dir, "other.yaml")}, 0, filepath.Join(dir, "other.yaml") + ": 1 monitor, all good\n"},
		{nil, []string{"validate", file}, 2, "the variable STAGE is not set; set it in the environment of heartbeat, or write $${env:STAGE} for the text itself (and 1 more of for_each)\n     2 |"},
		{[]string{"STAGE=prod"}, []string{"list", dir, "--label", "team=web"}, 2, "good-b  http://127.0.0.1/${env:STAGE}  every 1m"},
		{nil, []string{"list", dir, "--label", "team=ops", "--json"}, 2, `{"id":"other","url":"http://127.0.0.1/","schedule":"cron @daily","timeout":"5s","labels":{"team":"ops"},"next_at":"20`},
		{nil, []string{"list", "--label", "team"}, 2, "write a name and a value, such as team=web"},
		{nil, []string{"schema"}, 0, `"$schema": "https://json-schema.org/draft/2020-12/schema"`},
	} {
		p := start(t, "heartbeat", c.env, c.args...)
		code := p.wait(20 * time.Second)
		if got := p.out.String(); code != c.code || !strings.Contains(got, c.want) || strings.Contains(got, "\x1b") {
			t.Errorf("%v: exit code %d, and it says\n%s\nwant %d and\n%s", c.args, code, got, c.code, c.want)
		}
	}
}

func TestNextListsTheSlotsOfAMonitor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	text := "monitors:\n  - { id: night, url: 'http://127.0.0.1/', cron: '30 2 * * *', timezone: Europe/Berlin }\n  - { id: bad, url: nowhere }\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"MONITORINK_MONITORS=" + file}
	p := start(t, "heartbeat", env, "next", "night", "--from", "2026-03-28T00:00:00Z", "--count", "3")
	if code := p.wait(10 * time.Second); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	want := "2026-03-28T01:30:00.000Z   Sat 02:30:00 CET\n2026-03-29T01:00:00.000Z   Sun 03:00:00 CEST\n2026-03-30T00:30:00.000Z   Mon 02:30:00 CEST\n"
	if got := p.out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	p = start(t, "heartbeat", env, "next", "bad")
	if code := p.wait(10 * time.Second); code != 2 || !strings.Contains(p.out.String(), file+":3") {
		t.Errorf("exit code %d, and it says\n%s", code, p.out)
	}
}

// TestProgramsLinkNoTemplates: with text/template linked, which calls methods by their
// name, the linker leaves out no exported method, and a program is an eighth larger.
func TestProgramsLinkNoTemplates(t *testing.T) {
	for _, name := range []string{"heartbeat", "collector", "monitorink"} {
		program, err := os.ReadFile(built(name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(program, []byte("github.com/spf13/cobra.(*Command).ExecuteC")) {
			t.Fatalf("%s does not name its functions", name)
		}
		if bytes.Contains(program, []byte("text/template.(*Template).Execute")) {
			t.Errorf("%s links text/template: go build -ldflags=-dumpdep ./cmd/%s says what calls it", name, name)
		}
	}
}
