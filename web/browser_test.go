package web_test

import (
	"context"
	"html"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/web"
)

// TestBrowserShowsThePage runs where WEB_BROWSER names a Chromium.
func TestBrowserShowsThePage(t *testing.T) {
	browser := os.Getenv("WEB_BROWSER")
	if browser == "" {
		t.Skip("WEB_BROWSER does not name a Chromium")
	}
	s := filled(t)
	slow := measurement("phases", 0)
	slow.Phases = data.Phases{DNS: data.SpanOf(time.Millisecond), FirstByte: data.SpanOf(3 * time.Millisecond), Total: data.SpanOf(4 * time.Millisecond)}
	if _, err := s.Save(t.Context(), []data.Event{slow}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(web.New(web.Options{Store: s}))
	defer srv.Close()

	list := dom(t, browser, srv.URL+"/")
	for _, id := range ids {
		if !strings.Contains(list, `>`+html.EscapeString(id)+`</a>`) && !strings.Contains(list, `>`+strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;").Replace(id)+`</a>`) {
			t.Errorf("the list does not show %q", id)
		}
	}
	for _, id := range ids {
		one := dom(t, browser, srv.URL+"/#"+url.PathEscape(id))
		if !strings.Contains(one, "no answer &lt;b&gt;") || strings.Contains(one, "There is no monitor") {
			t.Errorf("the page of %q does not show its measurements:\n%s", id, one)
		}
	}
	for at, want := range map[string]string{"phases": `class="first_byte"`, "nobody": "There is no monitor nobody", "50%": "5 slots"} {
		if one := dom(t, browser, srv.URL+"/#"+at); !strings.Contains(one, want) {
			t.Errorf("the page at #%s has no %s:\n%s", at, want, one)
		}
	}
}

// dom is what a browser makes of an address; whatever its console refuses fails the test.
func dom(t *testing.T, browser, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
		"--user-data-dir="+t.TempDir(), "--virtual-time-budget=3000", "--dump-dom", address)
	var console strings.Builder
	cmd.Stderr = &console
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", address, err, console.String())
	}
	for line := range strings.Lines(console.String()) {
		if strings.Contains(line, "CONSOLE") && !strings.Contains(line, "404") {
			t.Errorf("%s: %s", address, line)
		}
	}
	return string(out)
}
