package lint

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const module = "github.com/monitorink/monitorink"

// A Package is what `go list -json` says of one.
type Package struct {
	ImportPath   string
	Name         string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// A layer says what the packages under a folder may import of this module.
type layer struct {
	folder string
	may    []string // folders; "*" is anything
	reason string
}

// layers is the table of the design. The most exact folder holds.
var layers = []layer{
	{"data", nil, "data holds the words, and stands on the standard library alone"},
	{"pipeline", nil, "pipeline could be a module of its own"},
	{"queue", []string{"data"}, "the contract of queues knows events only"},
	{"queue/memory", []string{"data", "queue"}, "an adapter knows the contract, and no other adapter"},
	{"queue/spool", []string{"data", "queue"}, "an adapter knows the contract, and no other adapter"},
	{"queue/remote", []string{"data", "queue"}, "an adapter knows the contract, and no other adapter"},
	{"queue/kafka", []string{"data", "queue"}, "an adapter knows the contract, and no other adapter"},
	{"queue/queuetest", []string{"data", "queue"}, "a conformance suite knows the contract, and no adapter"},
	{"store", []string{"data"}, "the contract of stores knows events only"},
	{"store/memory", []string{"data", "store"}, "an adapter knows the contract, and no other adapter"},
	{"store/postgres", []string{"data", "store"}, "an adapter knows the contract, and no other adapter"},
	{"store/storetest", []string{"data", "store"}, "a conformance suite knows the contract, and no adapter"},
	{"monitor/schedule", []string{"data"}, "a schedule makes slots of definitions, and does nothing else"},
	{"monitor/probe", []string{"data"}, "a probe makes a response of a slot, and does nothing else"},
	{"monitor/probe/policy", nil, "what may be connected to depends on addresses alone"},
	{"monitor/match", []string{"data", "monitor/match/jsonpath"}, "a matcher judges what it is given"},
	{"monitor/match/jsonpath", nil, "a path is a matter of JSON alone"},
	{"monitor/alarm", nil, "when a goroutine wakes up has to do with no other thing of ours"},
	{"monitor/strain", nil, "how late a process gets to run has to do with no other thing of ours"},
	{"monitor/heartbeat", []string{"data", "pipeline", "queue", "monitor/schedule", "monitor/probe", "monitor/match", "monitor/strain"}, "heartbeat assembles, and knows queues by their contract"},
	{"monitor/feed", []string{"pipeline", "queue"}, "a feed is a queue at the head of a pipeline"},
	{"monitor/forwarder", []string{"pipeline", "queue", "monitor/feed"}, "a forwarder moves messages, and knows queues by their contract"},
	{"monitor/collector", []string{"data", "pipeline", "queue", "store", "monitor/feed"}, "collector assembles, and knows queue and store by their contracts"},
	{"web", []string{"data", "store"}, "the API and the page read a store by its contract"},
	{"cmd", []string{"*"}, "cmd ties everything together"},
	{"bench", []string{"*"}, "a load needs what it loads"},
	{"examples", []string{"*"}, "an example uses what it shows"},
	{"internal/servers", nil, "the servers that tests use know nothing of what is tested"},
	{"internal/docs", nil, "the documentation is read as text"},
	{"internal/docs/docstest", []string{"internal/docs"}, "tests of the documentation read it as all others do"},
	{"internal/docs/run", []string{"internal/docs"}, "who follows the documentation knows nothing but what it says"},
	{"internal/lint", nil, "the rules know nothing of what they judge"},
}

// A use says where another module may be imported.
type use struct {
	module  string
	folders []string
	reason  string
}

var uses = []use{
	{"github.com/spf13/cobra", []string{"cmd"}, "commands are cmd's"},
	{"github.com/spf13/pflag", []string{"cmd"}, "commands are cmd's"},
	{"github.com/caarlos0/env", []string{"cmd/internal"}, "the environment is read once, in cmd"},
	{"go.yaml.in/yaml", []string{"cmd/internal"}, "files of monitors are read in cmd"},
	{"github.com/prometheus", []string{"cmd"}, "the others give figures, and cmd makes metrics of them"},
	{"golang.org/x/term", []string{"cmd"}, "who sits at a terminal is cmd's to know"},
	{"golang.org/x/sys", []string{"monitor/alarm"}, "what an operating system has, one package asks for"},
	{"github.com/robfig/cron", []string{"monitor/schedule"}, "its parser has traps, which one package guards"},
	{"github.com/IBM/sarama", []string{"queue/kafka", "bench", "internal/servers", "examples"}, "Kafka is one adapter's matter"},
	{"github.com/jackc/pgx", []string{"store/postgres", "bench"}, "Postgres is one adapter's matter"},
}

// testOnly are modules that only tests import.
var testOnly = []string{"go.uber.org/goleak", "github.com/google/go-cmp", "github.com/twmb/franz-go", "github.com/google/jsonschema-go"}

// vague are names that say nothing.
var vague = []string{"util", "utils", "common", "base", "types", "helper", "helpers", "misc"}

// Breaches returns what is wrong with a package, each with the reason of the rule.
func Breaches(p Package) []string {
	var wrong []string
	here := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
	if slices.Contains(vague, strings.TrimSuffix(p.Name, "_test")) {
		wrong = append(wrong, fmt.Sprintf("%s: a package named %s says nothing about what it holds", here, p.Name))
	}
	home, ok := layerOf(here)
	if !ok {
		return append(wrong, fmt.Sprintf("%s: it is in no layer; give it a line in internal/lint/rules.go with its reason", here))
	}
	for _, i := range p.Imports {
		if inside, ok := strings.CutPrefix(i, module+"/"); ok {
			if !home.allows(inside) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s: %s", here, inside, home.reason))
			}
			continue
		}
		if reason := foreign(here, i, false); reason != "" {
			wrong = append(wrong, fmt.Sprintf("%s imports %s: %s", here, i, reason))
		}
	}
	for _, i := range slices.Concat(p.TestImports, p.XTestImports) {
		if strings.HasPrefix(i, module+"/") {
			continue // a test may use any of ours
		}
		if reason := foreign(here, i, true); reason != "" {
			wrong = append(wrong, fmt.Sprintf("a test of %s imports %s: %s", here, i, reason))
		}
	}
	return wrong
}

func layerOf(folder string) (layer, bool) {
	for at := folder; at != "." && at != "/"; at = path.Dir(at) {
		for _, l := range layers {
			if l.folder == at {
				return l, true
			}
		}
	}
	return layer{}, false
}

func (l layer) allows(folder string) bool {
	return slices.Contains(l.may, "*") || slices.Contains(l.may, folder) || within(folder, l.folder+"/internal")
}

// foreign says why the package here may not import from another module.
func foreign(here, path string, test bool) string {
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") {
		return "" // the standard library
	}
	for _, u := range uses {
		if within(path, u.module) {
			if slices.ContainsFunc(u.folders, func(f string) bool { return within(here, f) }) {
				return ""
			}
			return u.reason
		}
	}
	if slices.ContainsFunc(testOnly, func(m string) bool { return within(path, m) }) {
		if test {
			return ""
		}
		return "that module is for tests"
	}
	return "no rule names that module; a dependency needs a reason, in docs/dependencies.md and in internal/lint/rules.go"
}

func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }
