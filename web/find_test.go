package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
)

// fleet holds five monitors that differ in all that can be asked for.
func fleet(t testing.TB) *live {
	t.Helper()
	s := newLive()
	of := func(id, location, url string, labels map[string]string) *data.Registration {
		r := registration(id, 0)
		r.Location, r.URL, r.Labels = location, url, labels
		return r
	}
	at := func(m *data.Measurement, location string, total time.Duration) *data.Measurement {
		m.Location, m.Phases.Total = location, data.SpanOf(total)
		return m
	}
	paused := of("paused", "ber1", "https://p.example/", map[string]string{"team": "web", "env": "test"})
	paused.Paused = true
	s.save(t,
		of("shop", "ber1", "https://SHOP.example/", map[string]string{"team": "web", "env": "prod"}), at(measurement("shop", 5), "ber1", 30*time.Millisecond),
		of("shop", "nyc1", "https://SHOP.example/", map[string]string{"team": "web", "env": "prod"}), at(failed("shop", 4), "nyc1", 5*time.Second),
		of("api", "ber1", "https://api.example/", map[string]string{"team": "core:a"}), at(measurement("api", 6), "ber1", 10*time.Millisecond),
		of("new", "ber1", "https://new.example/", nil), paused,
	)
	return s
}

// names lists what is found, in order.
func names(t testing.TB, h http.Handler, query string) (names []string) {
	t.Helper()
	for _, m := range get(t, h, "/api/v1/monitors?"+query)["items"].([]any) {
		m := m.(map[string]any)
		names = append(names, m["monitor"].(string)+"@"+m["location"].(string))
	}
	return names
}

func TestMonitorsAreChosenAndSorted(t *testing.T) {
	h := served(t, fleet(t))
	for query, want := range map[string]string{
		"q=shop":                             "shop@ber1 shop@nyc1",
		"q=SHOP.exam":                        "shop@ber1 shop@nyc1",
		"q=core":                             "api@ber1",
		"q=no+answer":                        "shop@nyc1",
		"q=timeout":                          "shop@nyc1",
		"q=nothing":                          "",
		"label=team:web":                     "paused@ber1 shop@ber1 shop@nyc1",
		"label=team:web&label=env:prod":      "shop@ber1 shop@nyc1",
		"label=team:core:a":                  "api@ber1",
		"label=team:w":                       "",
		"state=down":                         "shop@nyc1",
		"state=unknown&state=paused":         "new@ber1 paused@ber1",
		"location=nyc1":                      "shop@nyc1",
		"location=":                          "api@ber1 new@ber1 paused@ber1 shop@ber1 shop@nyc1",
		"sort=id":                            "api@ber1 new@ber1 paused@ber1 shop@ber1 shop@nyc1",
		"sort=-id":                           "shop@nyc1 shop@ber1 paused@ber1 new@ber1 api@ber1",
		"sort=state":                         "shop@nyc1 new@ber1 api@ber1 shop@ber1 paused@ber1",
		"sort=-state":                        "paused@ber1 api@ber1 shop@ber1 new@ber1 shop@nyc1",
		"sort=latency":                       "api@ber1 shop@ber1 shop@nyc1 new@ber1 paused@ber1",
		"sort=-latency":                      "shop@nyc1 shop@ber1 api@ber1 new@ber1 paused@ber1",
		"sort=last":                          "shop@nyc1 shop@ber1 api@ber1 new@ber1 paused@ber1",
		"sort=-last":                         "api@ber1 shop@ber1 shop@nyc1 new@ber1 paused@ber1",
		"sort=location":                      "api@ber1 new@ber1 paused@ber1 shop@ber1 shop@nyc1",
		"sort=-location":                     "shop@nyc1 api@ber1 new@ber1 paused@ber1 shop@ber1",
		"sort=-latency&label=team:web&q=web": "shop@nyc1 shop@ber1 paused@ber1",
	} {
		if got := strings.Join(names(t, h, query), " "); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
		var paged []string
		for _, m := range walk(t, h, "/api/v1/monitors?limit=2&"+query) {
			m := m.(map[string]any)
			paged = append(paged, m["monitor"].(string)+"@"+m["location"].(string))
		}
		if got := strings.Join(paged, " "); got != want {
			t.Errorf("%s by pages: got %s, want %s", query, got, want)
		}
	}
	items := get(t, h, "/api/v1/monitors?state=down")["items"].([]any)
	whole := get(t, h, "/api/v1/monitors/shop")["locations"].([]any)
	wantJSON(t, "an item", items[0], whole[1])
}

func TestPagesOfFoundMonitorsAreWholeWhileTheyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		for i := range 30 {
			m := measurement(fmt.Sprintf("m%02d", i), 0)
			m.Phases.Total = data.SpanOf(time.Duration(i+1) * time.Millisecond)
			s.save(t, m)
		}
		h := served(t, s)
		var seen []string
		for after, n := "", 0; ; n++ {
			page := get(t, h, "/api/v1/monitors?sort=-latency&limit=4"+after)
			for _, m := range page["items"].([]any) {
				seen = append(seen, m.(map[string]any)["monitor"].(string))
			}
			next, more := page["next"].(string)
			if !more {
				break
			}
			after = "&after=" + url.QueryEscape(next)
			s.save(t, measurement(fmt.Sprintf("a-new%02d", n), 100+n)) // with more latency than any: before all pages to come
			pass(time.Second)
		}
		want := slices.Sorted(slices.Values(seen))
		slices.Reverse(want)
		if len(seen) != 30 || !slices.Equal(seen, want) {
			t.Errorf("got %d: %q", len(seen), seen)
		}
	})
}

func TestWhatHasChangedSinceIsNotListedAsItWas(t *testing.T) {
	s := fleet(t)
	h := served(t, s)
	if got := names(t, h, "state=down"); len(got) != 1 {
		t.Fatalf("got %q", got)
	}
	up := measurement("shop", 7)
	up.Location = "nyc1"
	if _, err := s.Save(t.Context(), []data.Event{up}); err != nil { // of which the log does not tell
		t.Fatal(err)
	}
	if got := names(t, h, "state=down"); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestWrongQuestionsAboutMonitorsAreAnswered(t *testing.T) {
	h := served(t, fleet(t))
	next := get(t, h, "/api/v1/monitors?sort=latency&limit=1")["next"].(string)
	for query, want := range map[string]string{
		"state=broken":                   "state is \"broken\": it must be one of down, unknown, up, paused, removed",
		"sort=name":                      "sort is \"name\": it must be one of id, -id, state",
		"label=team":                     "a label and its value, such as team:web",
		"label=:web":                     "a label and its value",
		"sort=id&sort=id":                "given once",
		"sort=-latency&after=" + next:    "the next of an earlier page of the same list",
		"after=" + next:                  "the next of an earlier page of the same list",
		"sort=id&after=e30":              "the next of an earlier page of the same list",
		"q=a&after=%00":                  "the next of an earlier page of the same list",
		"page=2":                         "this path knows q, label, state, location, sort, limit, after",
		"sort=latency&limit=0&state=up":  "limit is \"0\"",
		"sort=latency&after=" + next[2:]: "the next of an earlier page",
	} {
		if got := problem(t, ask(t, h, "GET", "/api/v1/monitors?"+query), http.StatusBadRequest); !strings.Contains(got, want) {
			t.Errorf("%s: %s", query, got)
		}
	}
}
