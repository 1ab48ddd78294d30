package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/web"
)

func TestBadParameterIsNamed(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	cursor := get(t, h, "/api/v1/monitors?limit=1")["next"].(string)
	const measurements, monitors, summary, one = "/api/v1/monitors/shop/measurements", "/api/v1/monitors", "/api/v1/monitors/shop/summary", "/api/v1/monitors/shop"
	for _, c := range []struct{ path, query, name string }{
		{measurements, "limit=0", "limit"},
		{measurements, "limit=-1", "limit"},
		{measurements, "limit=1001", "limit"},
		{measurements, "limit=many", "limit"},
		{measurements, "limit=", "limit"},
		{measurements, "limit=1e3", "limit"},
		{measurements, "limit=99999999999999999999", "limit"},
		{monitors, "limit=0", "limit"},
		{measurements, "from=yesterday", "from"},
		{measurements, "from=", "from"},
		{measurements, "from=2026-11-24", "from"},
		{measurements, "from=2026-11-24T10:00:00", "from"},
		{measurements, "from=2026-11-31T10:00:00Z", "from"},
		{measurements, "from=0000-01-01T00:00:00Z", "from"},
		{measurements, "from=0001-01-01T00:00:00%2B23:00", "from"},
		{measurements, "to=9999-12-31T23:59:59-23:00", "to"},
		{measurements, "to=1790000000", "to"},
		{measurements, "to=0001-01-01T00:00:00Z", "to"}, // a store would take it for no bound
		{summary, "to=tomorrow", "to"},
		{measurements, "from=2026-11-24T10:00:00Z&to=2026-11-24T09:59:59Z", "to"},
		{measurements, "after=xyz", "after"},
		{measurements, "after=" + url.QueryEscape(cursor), "after"},
		{monitors, "after=%00%FF", "after"},
		{measurements, "sort=asc", "sort"},
		{measurements, "Limit=1", "Limit"},
		{monitors, "from=2026-11-24T10:00:00Z", "from"},
		{summary, "limit=1", "limit"},
		{one, "limit=1", "limit"},
		{measurements, "limit=1&limit=2", "limit"},
		{measurements, "location=a&location=a", "location"},
		{measurements, "limit=%zz", "query"},
		{measurements, "a;b", "query"},
		{measurements, "zoo=1&ape=1&limit=0", "ape"},
		{measurements, "from=" + strings.Repeat("x", 10_000), "from"},
		{measurements, strings.Repeat("y", 10_000) + "=1", "yyy"},
	} {
		detail := problem(t, ask(t, h, "GET", c.path+"?"+c.query), http.StatusBadRequest)
		if !strings.Contains(detail, c.name+" is ") && !strings.HasPrefix(detail, c.name) || !strings.Contains(detail, "must be") {
			if c.name != "query" || !strings.Contains(detail, "the query is") {
				t.Errorf("%s?%.60s: %.200q does not name %s", c.path, c.query, detail, c.name)
			}
		}
		if len(detail) > 600 {
			t.Errorf("%s?%.60s: the detail has %d bytes", c.path, c.query, len(detail))
		}
	}
}

func TestAPlusThatAURLTakesForASpaceIsExplained(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	const at = "/api/v1/monitors/shop/measurements?from=2026-11-24T10:00:00"
	if got := problem(t, ask(t, h, "GET", at+"+01:00"), http.StatusBadRequest); !strings.Contains(got, "%2B is +") {
		t.Errorf("got %q", got)
	}
	if got := problem(t, ask(t, h, "GET", at), http.StatusBadRequest); strings.Contains(got, "%2B") {
		t.Errorf("without a +: %q", got)
	}
	get(t, h, at+"%2B01:00")
}

func TestEmptyCursorAndLocationAskForAll(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	if got := get(t, h, "/api/v1/monitors/shop/measurements?after=&location=&limit=1000"); len(got["items"].([]any)) != 10 {
		t.Errorf("got %v", got)
	}
}
