package cli_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/internal/docs"
	"github.com/monitorink/monitorink/internal/docs/docstest"
)

const root = "../../.."

// pages are those that tell of what is; the changelog tells of what was, too.
func pages(t *testing.T) []docs.Page {
	t.Helper()
	return slices.DeleteFunc(docstest.Pages(t, root), func(p docs.Page) bool { return p.Name == "CHANGELOG.md" })
}

// enough fails when a test has found so little to judge that it cannot be all.
func enough(t *testing.T, found, least int) {
	t.Helper()
	if found < least {
		t.Errorf("only %d were found; that cannot be all", found)
	}
}

func TestVariablesInTheDocumentationExist(t *testing.T) {
	// Those of tests, and of Grafana.
	known := []string{"MONITORINK_TEST_SERVERS", "MONITORINK_DB", "MONITORINK_DB_USER", "MONITORINK_DB_PASSWORD"}
	for _, v := range config.Variables() {
		known = append(known, v.Name)
		if v.Secret {
			known = append(known, v.Twin())
		}
	}
	variable, found := regexp.MustCompile(`\bMONITORINK_[A-Z0-9_]*`), 0
	for _, p := range pages(t) {
		for n, line := range p.Lines {
			for _, name := range variable.FindAllString(line, -1) {
				found++
				begins := strings.HasSuffix(name, "_") && slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, name) })
				if !begins && !slices.Contains(known, name) {
					t.Errorf("%s:%d: there is no variable %s", p.Name, n+1, name)
				}
			}
		}
	}
	enough(t, found, 200)
}

var target = regexp.MustCompile(`^[a-z][a-z-]*$`)

func TestMakeTargetsInTheDocumentationExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, p := range pages(t) {
		for _, c := range p.Code() {
			for _, words := range commands(c.Text) {
				if words[0] != "make" {
					continue
				}
				for _, word := range words[1:] {
					if !target.MatchString(word) {
						continue // a variable, or a flag
					}
					found++
					if !regexp.MustCompile(`(?m)^` + word + `:`).Match(makefile) {
						t.Errorf("%s: make has no target %s", c.Place, word)
					}
				}
			}
		}
	}
	enough(t, found, 50)
}

func TestCommandsAndFlagsInTheDocumentationExist(t *testing.T) {
	roots := map[string]*cobra.Command{}
	for _, root := range programs() {
		root.InitDefaultHelpCmd()
		root.InitDefaultCompletionCmd()
		roots[root.Name()] = root
	}
	said, found := sources(t), 0
	for _, p := range pages(t) {
		for _, c := range p.Code() {
			for _, words := range commands(c.Text) {
				root := roots[strings.TrimPrefix(words[0], "bin/")]
				if root == nil || len(words) == 1 || strings.HasPrefix(words[1], "<") || !c.Shell && strings.Contains(said, c.Text) {
					continue // another program, its name, or what it logs
				}
				found++
				if wrong := unknown(root, words[1:]); wrong != "" {
					t.Errorf("%s: %s: %s", c.Place, strings.Join(words, " "), wrong)
				}
			}
		}
	}
	enough(t, found, 30)
}

// unknown says what a program has not of a command.
func unknown(root *cobra.Command, words []string) string {
	c, rest, err := root.Find(words)
	if err != nil {
		return err.Error()
	}
	if c.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && rest[0] != "…" {
		return "there is no command " + rest[0]
	}
	c.InitDefaultHelpFlag()
	for _, word := range rest {
		if word == ">" || strings.HasPrefix(word, "#") {
			break
		}
		name, isFlag := strings.CutPrefix(word, "--")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && name != "" && c.Flags().Lookup(name) == nil && c.InheritedFlags().Lookup(name) == nil && !(c == root && name == "version") {
			return "there is no flag --" + name
		}
	}
	return ""
}

var (
	between    = regexp.MustCompile(`\|\||&&|[|;&]|\$\(|\)|<\(`)
	assignment = regexp.MustCompile(`^[A-Za-z_]+=`)
	quoted     = regexp.MustCompile(`'[^']*'|"[^"]*"`)
)

// commands are those of a line of shell, each as its words.
func commands(line string) [][]string {
	var list [][]string
	line = quoted.ReplaceAllStringFunc(line, func(s string) string {
		return between.ReplaceAllString(strings.ReplaceAll(strings.Trim(s, `"'`), " ", "_"), "_")
	})
	for _, part := range between.Split(line, -1) {
		words := strings.Fields(part)
		for len(words) > 0 && (assignment.MatchString(words[0]) || slices.Contains([]string{"sudo", "exec", "do", "then", "if", "!", "env", "time", "nohup"}, words[0])) {
			words = words[1:]
		}
		if len(words) > 0 {
			list = append(list, contained(words))
		}
	}
	return list
}

// contained is the command that runs in a container, when words are of docker,
// podman or kubectl.
func contained(words []string) []string {
	program := regexp.MustCompile(`^(/usr/bin/|monitorink/)(heartbeat|collector|monitorink)(:.*)?$`)
	if !slices.Contains([]string{"docker", "podman", "kubectl"}, words[0]) {
		return words
	}
	for i, word := range words {
		if m := program.FindStringSubmatch(word); m != nil && (m[1] == "/usr/bin/" || words[1] == "run") {
			return append([]string{m[2]}, words[i+1:]...)
		}
	}
	return words
}

// What the documentation quotes of a log has to be what is logged.
func TestLogLinesInTheDocumentationExist(t *testing.T) {
	said, found := sources(t), 0
	sentence := regexp.MustCompile(`^[a-z][a-z0-9 :,'-]*$`)
	for _, p := range pages(t) {
		if p.Name != "docs/operations.md" {
			continue
		}
		for _, c := range p.Code() {
			first, _, _ := strings.Cut(c.Text, " ")
			if c.Shell || strings.Count(c.Text, " ") < 2 || !sentence.MatchString(c.Text) || slices.Contains([]string{"heartbeat", "collector", "monitorink", "make", "curl", "go", "psql", "docker", "kill"}, first) && !strings.Contains(said, c.Text) {
				continue
			}
			found++
			if !strings.Contains(said, c.Text) {
				t.Errorf("%s: nothing says %q", c.Place, c.Text)
			}
		}
	}
	enough(t, found, 15)
}

// sources is the text of all programs, without tests.
func sources(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".infra", ".tools", "node_modules"}, d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		b.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
