package lint_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Flyway refuses to go on where a migration was edited after it was applied, which a
// new database does not show: so what they held is written down.
func TestMigrationsStayAsTheyWere(t *testing.T) {
	dir := filepath.Join(root(t), "flyway")
	list, err := os.ReadFile(filepath.Join(dir, "checksums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	pinned := make(map[string]string)
	for line := range strings.Lines(string(list)) {
		sum, file, ok := strings.Cut(strings.TrimSpace(line), " *")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if !ok || pinned[file] != "" {
			t.Errorf("checksums.txt: %q is not one line of one file", line)
		}
		pinned[file] = sum
	}
	files, err := filepath.Glob(filepath.Join(dir, "sql", "V*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations in %s: %v", dir, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := "sql/" + filepath.Base(file)
		switch pinned[name] {
		case "":
			t.Errorf("%s is new: deploy/local/flyway.sh pin writes it down", name)
		case fmt.Sprintf("%x", sha256.Sum256(text)):
		default:
			t.Errorf("%s was edited: databases that have it would refuse the next migrate. Write a new migration; "+
				"or, if no release holds it, delete its line in flyway/checksums.txt and run deploy/local/flyway.sh pin", name)
		}
		delete(pinned, name)
	}
	for name := range pinned {
		t.Errorf("%s is gone: databases that have it would refuse the next migrate", name)
	}
}
