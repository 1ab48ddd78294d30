// Package docstest gives tests the documentation of this repository, and fails those
// that would judge next to nothing.
package docstest

import (
	"testing"

	"github.com/monitorink/monitorink/internal/docs"
)

// Pages reads all pages below the root of the repository.
func Pages(t testing.TB, root string) []docs.Page {
	t.Helper()
	list, err := docs.Pages(root)
	if err != nil || len(list) < 20 {
		t.Fatalf("%d pages (%v)", len(list), err)
	}
	return list
}
