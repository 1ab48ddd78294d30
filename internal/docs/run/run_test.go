package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// follow follows a page, in which § stands for three backticks, in a repository that has
// a file greeting.
func follow(t *testing.T, text string) (said string, err error) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("greeting", []byte("hello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("git", "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile("page.md", []byte(strings.ReplaceAll(text, "§", "```")), 0o644); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = run(t.Context(), 21000, false, nil, &b)
	return b.String(), err
}

func TestBlocksRunInOrderInOneShell(t *testing.T) {
	said, err := follow(t, `
<!-- run -->
§sh
cat greeting; export NAME='a b'; mkdir sub; cd sub
§
<!-- prints -->
§
hello
§
§sh
exit 1   # this one is not marked
§
<!-- run -->
§sh
echo "${PWD##*/} $NAME 127.0.0.1:8080 12.5ms"
§
<!-- prints -->
§
sub a b 127.0.0.1:8080 …
§
`)
	if err != nil || !strings.Contains(said, "2 blocks") {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestTheRepositoryIsClonedFromHere(t *testing.T) {
	if said, err := follow(t, "\n<!-- run -->\n§sh\ngit clone https://github.com/monitorink/monitorink\ncd monitorink\n§\n<!-- until grep hello greeting && test -d ../.git -->\n\n"); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestABackgroundIsWaitedForAndEnded(t *testing.T) {
	dir := t.TempDir()
	said, err := follow(t, "\n<!-- run in background -->\n§sh\ntrap 'touch "+dir+"/ended; exit' INT; touch "+dir+"/up; while :; do sleep 0.05; done\n§\n"+
		"<!-- until test -f "+dir+"/up -->\n\n<!-- end -->\n\n<!-- run -->\n§sh\ntest -f "+dir+"/ended\n§\n")
	if err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestWhatIsLeftIsEnded(t *testing.T) {
	dir := t.TempDir()
	if said, err := follow(t, "\n<!-- run -->\n§sh\nsleep 600 >/dev/null 2>&1 &\necho $! >"+dir+"/pid\n§\n"); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	pid, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	state, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
	if err == nil && !strings.Contains(string(state), ") Z ") {
		t.Errorf("process %s still runs", pid)
	}
}

func TestWhatIsWrongIsToldWithItsPlaceAndItsOutput(t *testing.T) {
	for text, want := range map[string]string{
		"<!-- run -->\n§sh\necho oh; false; echo no\n§\n":                                                                               "page.md:3: echo oh; false; echo no: exit status 1; it printed\n    oh",
		"<!-- run -->\n§sh\necho one 1\n§\n<!-- prints -->\n§\none 2\ntwo\n§\n":                                                         `did not print "two"`,
		"<!-- run in background -->\n§sh\necho gone\n§\n<!-- until sleep 1; false -->\n\n":                                              "has ended: echo gone; it printed\n    gone",
		"<!-- run in background -->\n§sh\necho gone\n§\n<!-- run -->\n§sh\nsleep 1\n§\n":                                                "has ended: echo gone",
		"<!-- run -->\n§sh\necho \"$UNSET_HERE\"\n§\n":                                                                                  "unbound variable",
		"<!-- run in background -->\n§sh\necho why; touch up; sleep 600\n§\n<!-- run -->\n§sh\nuntil [ -f up ]; do :; done; false\n§\n": "In the background, echo why; touch up; sleep 600 printed\n    why",
	} {
		_, err := follow(t, "\n"+text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nsays %v, want %s", text, err, want)
		}
	}
}

func TestAMarkThatWouldBePassedOverIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"<!-- runs -->\n§sh\nfalse\n§\n":    "page.md:3: <!-- runs --> is no mark that stands right before a fence",
		"<!-- run -->\n\n§sh\nfalse\n§\n":   "page.md:2: <!-- run --> is no mark that stands by itself",
		"<!-- end -->\n§sh\nfalse\n§\n":     "page.md:3: <!-- end --> is no mark that stands right before a fence",
		"<!-- prints -->\n§\nanything\n§\n": "page.md:3: <!-- prints --> stands after no block that runs",
	} {
		if said, err := follow(t, "\n"+text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nsays %v, want %s\n%s", text, err, want, said)
		}
	}
}

func TestPortsAreReplacedAsWords(t *testing.T) {
	p := portsFrom(21000)
	if got := p.in("http://127.0.0.1:8080/ 18080 :9092, 5432"); got != "http://127.0.0.1:21080/ 18080 :21092, 21032" {
		t.Error(got)
	}
}

func TestAnOutputMayDifferInItsNumbers(t *testing.T) {
	if err := prints("  total   1.25ms\n up | 7\n", "total 427µs\nup | 300"); err != nil {
		t.Error(err)
	}
	if prints("up | 7", "down | 7") == nil || prints("b\na", "a\nb") == nil {
		t.Error("other words, or another order, are taken for the same")
	}
}
