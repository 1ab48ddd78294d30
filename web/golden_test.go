package web_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestAnswersHaveTheShapeOfTheGoldenFiles(t *testing.T) {
	s := memory.New(memory.Options{})
	paused := registration("paused", 0)
	paused.Paused = true
	if _, err := s.Save(t.Context(), []data.Event{
		registration("shop", 0), measurement("shop", 0), measurement("shop", 1), failed("shop", 2), gap("shop", 2, 5), registration("new", 0), paused,
	}); err != nil {
		t.Fatal(err)
	}
	h := web.New(web.Options{Store: s})
	ends := "from=" + at(1).Format("2006-01-02T15:04:05Z") + "&to=" + at(4).Format("2006-01-02T15:04:05Z")
	for name, target := range map[string]string{
		"monitors":      "/api/v1/monitors",
		"monitor":       path("shop", ""),
		"measurements":  path("shop", "/measurements"),
		"page":          path("shop", "/measurements?limit=1"),
		"gaps":          path("shop", "/gaps"),
		"registrations": path("shop", "/registrations"),
		"summary":       path("shop", "/summary"),
		"summary_range": path("shop", "/summary?"+ends),
		"summary_none":  path("new", "/summary"),
		"empty":         path("new", "/measurements"),
		"slot":          path("shop", "/measurements/2026-09-21T14:13:40.000Z"),
		"series":        path("shop", "/series?from=2026-09-21T14:00:00Z&to=2026-09-21T15:00:00Z&step=1m"),
		"series_none":   path("new", "/series?from=2026-09-21T14:00:00Z&to=2026-09-21T15:00:00Z"),
		"series_long":   path("shop", "/series?from=2025-09-21T14:00:00Z&to=2026-09-21T15:00:00Z&step=1s"),
		"incidents":     path("shop", "/incidents"),
		"bad_limit":     path("shop", "/measurements?limit=0"),
		"unknown":       path("nobody", ""),
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := json.Indent(&got, []byte(body(t, ask(t, h, "GET", target))), "", "  "); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "golden", name+".json")
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("GET %s: got\n%s\nwant\n%s", target, got.Bytes(), want)
			}
		})
	}
}

func TestPageIsSentAgainOnlyWhenItChanged(t *testing.T) {
	h := web.New(web.Options{Store: memory.New(memory.Options{})})
	for _, path := range []string{"/", "/app.js", "/app.css", "/icon.svg"} {
		tag := ask(t, h, "GET", path).Header.Get("ETag")
		if r := ask(t, h, "GET", path, "If-None-Match", tag); tag == "" || r.StatusCode != http.StatusNotModified {
			t.Errorf("%s with its tag %s: got %s", path, tag, r.Status)
		}
		if r := ask(t, h, "GET", path, "If-None-Match", `"other"`); r.StatusCode != http.StatusOK {
			t.Errorf("%s with another tag: got %s", path, r.Status)
		}
	}
}
