package monitors_test

import (
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/data"
)

func TestURLsBecomeMonitorsWithStableIDs(t *testing.T) {
	long := "https://long.example/" + strings.Repeat("ä", 200)
	want := []struct{ url, id string }{
		{"https://shop.example/health", "shop.example/health"},
		{"https://Shop.example", "shop.example"},
		{"http://shop.example/", "shop.example:80"},
		{"http://127.0.0.1:8080/a", "127.0.0.1:8080/a"},
		{"http://[::1]:8080/a/", "[::1]:8080/a"},
		{"https://shop.example/health?deep=1#x", "shop.example/health?deep=1"},
		{"https://shop.example/a%2Fb", "shop.example/a%2Fb"},
		{long, ""},
	}
	var urls []string
	for _, w := range want {
		urls = append(urls, w.url)
	}
	got, err := monitors.FromURLs(strings.Join(urls, " , ")+",", monitors.Defaults{Schedule: data.Schedule{Every: data.Duration(2 * time.Second)}})
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d monitors, %v", len(got), err)
	}
	for i, m := range got {
		if m.URL != want[i].url || want[i].id != "" && m.ID != want[i].id || data.CheckID(m.ID) != nil {
			t.Errorf("%s has the id %q, want %q", m.URL, m.ID, want[i].id)
		}
		if m.Timeout.D() != 2*time.Second || m.Method != "GET" || m.Redirects != 5 || m.Connection != data.ConnectionNew {
			t.Errorf("%+v lacks the defaults", m)
		}
		alone, err := monitors.FromURLs(m.URL, monitors.Defaults{})
		if err != nil || alone[0].ID != m.ID {
			t.Errorf("%s alone has the id %q, %v; want %q", m.URL, alone[0].ID, err, m.ID)
		}
	}
}

func TestWrongURLsAreToldAllAtOnce(t *testing.T) {
	got, err := monitors.FromURLs("https://a.example/, shop.example, , https://joe:hunter2@b.example/, https://a.example", monitors.Defaults{})
	want := `MONITORINK_URLS: URL 2: "shop.example" has no scheme; write https://shop.example
MONITORINK_URLS: URL 3 is empty; write URLs with commas between them
MONITORINK_URLS: URL 4: "https://…@b.example/" has credentials in it, which every event would show; leave them out, and write auth: { basic: { username: …, password: … } }
MONITORINK_URLS: URL 5 is URL 1 again; write it once`
	if err == nil || err.Error() != want || ids(got) != "a.example" {
		t.Errorf("%s\n%v\nwant a.example and\n%s", ids(got), err, want)
	}
	if got, err := monitors.FromURLs("", monitors.Defaults{}); err == nil || len(got) > 0 {
		t.Errorf("nothing makes %v, %v", got, err)
	}
}
