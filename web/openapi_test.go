package web_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// A described is a path of the document.
type described struct {
	Get struct {
		OperationID string
		Parameters  []struct {
			Name, In, Description string
			Schema                struct {
				Type  string
				Enum  []string
				Items *struct{}
			}
		}
		Responses map[string]struct {
			Description string
			Content     map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				}
			}
		}
	}
}

// params are the names of the parameters in a place, sorted.
func (d described) params(in string) (names []string) {
	for _, p := range d.Get.Parameters {
		if p.In == in {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

type openapi struct {
	Paths      map[string]described
	Components struct{ Schemas map[string]any }
}

// document is what the server says of itself.
var document = sync.OnceValue(func() (d openapi) {
	w := record(web.New(web.Options{Store: memory.New(memory.Options{})}), "/api/v1/openapi.json")
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		panic(err)
	}
	return d
})

// schemas are the document's, made strict: an answer may have no field that they
// do not name.
var schemas = sync.OnceValue(func() map[string]*jsonschema.Resolved {
	d := document()
	strict(d.Components.Schemas)
	b, err := json.Marshal(d.Components.Schemas)
	if err != nil {
		panic(err)
	}
	b = bytes.ReplaceAll(b, []byte("#/components/schemas/"), []byte("#/$defs/"))
	all := map[string]*jsonschema.Resolved{}
	for name := range d.Components.Schemas {
		root := new(jsonschema.Schema)
		if err := json.Unmarshal(b, &root.Defs); err != nil {
			panic(err)
		}
		root.Ref = "#/$defs/" + name
		if all[name], err = root.Resolve(nil); err != nil {
			panic(err)
		}
	}
	return all
})

func strict(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, has := v["additionalProperties"]; !has && v["type"] == "object" {
			v["additionalProperties"] = false
		}
		for _, e := range v {
			strict(e)
		}
	case []any:
		for _, e := range v {
			strict(e)
		}
	}
}

// pathOf is the path of the document that a request's path is of.
func pathOf(requested string) (string, bool) {
	parts := strings.Split(requested, "/")
	for p := range document().Paths {
		pattern := strings.Split(p, "/")
		if slices.EqualFunc(parts, pattern, func(part, want string) bool { return part == want || part != "" && strings.HasPrefix(want, "{") }) {
			return p, true
		}
	}
	return "", false
}

// check holds an answer of the API against the document.
func check(t testing.TB, r *http.Request, w *http.Response, body []byte) {
	t.Helper()
	p, ok := pathOf(r.URL.EscapedPath())
	kind, _, _ := strings.Cut(w.Header.Get("Content-Type"), ";")
	if !ok || r.Method != "GET" && r.Method != "HEAD" {
		return
	}
	answer, ok := document().Paths[p].Get.Responses[strings.Fields(w.Status)[0]]
	if !ok {
		t.Errorf("%s: the document has no %s", p, w.Status)
	}
	content, ok := answer.Content[kind]
	if !ok && len(body) > 0 {
		t.Errorf("%s: the document has no %s as %q", p, w.Status, kind)
	}
	if !ok || r.Method == "HEAD" || kind == "application/x-ndjson" || w.Header.Get("Content-Encoding") != "" || !strings.HasSuffix(kind, "json") {
		return
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Errorf("%s: %v in %s", p, err, body)
		return
	}
	if err := schemas()[strings.TrimPrefix(content.Schema.Ref, "#/components/schemas/")].Validate(v); err != nil {
		t.Errorf("%s: %s is not what the document says: %v", p, body, err)
	}
}

func TestEventsInTheDocumentAreThePublishedOnes(t *testing.T) {
	ours, err := os.ReadFile("events.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	published, err := os.ReadFile("../docs/events.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(ours, published) {
		t.Error("web/events.schema.json is not docs/events.schema.json: copy it")
	}
}

// request is a path of the document for a monitor that there is.
func request(p string) string {
	return strings.NewReplacer("{id}", "shop", "{scheduled_at}", at(9).Format("2006-01-02T15:04:05.000Z")).Replace(p)
}

func TestServerKnowsTheParametersOfTheDocumentAndNoOthers(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	ids := map[string]string{}
	for p, d := range document().Paths {
		if !strings.HasPrefix(p, "/api/") {
			continue // these are tested where they are served
		}
		if got := ids[d.Get.OperationID]; got != "" {
			t.Errorf("%s and %s are both called %s", p, got, d.Get.OperationID)
		}
		ids[d.Get.OperationID] = p
		detail := problem(t, ask(t, h, "GET", request(p)+"?no_parameter=1"), http.StatusBadRequest)
		_, known, _ := strings.Cut(detail, "this path knows ")
		names := strings.Split(known, ", ")
		if slices.Sort(names); !slices.Equal(names, d.params("query")) && (known != "no parameters" || d.params("query") != nil) {
			t.Errorf("%s knows %q, and the document says %q", p, names, d.params("query"))
		}
		for _, param := range d.Get.Parameters {
			if param.Description == "" || param.Schema.Type == "" {
				t.Errorf("%s: the document does not describe %s", p, param.Name)
			}
			if param.In == "path" != strings.Contains(p, "{"+param.Name+"}") {
				t.Errorf("%s: %s is said to be in the %s", p, param.Name, param.In)
			}
			if twice := request(p) + "?" + param.Name + "=a&" + param.Name + "=a"; param.In == "query" && param.Schema.Type != "array" {
				if detail := problem(t, ask(t, h, "GET", twice), http.StatusBadRequest); !strings.Contains(detail, "given once") {
					t.Errorf("%s: %s", twice, detail)
				}
			}
		}
	}
}

func TestBadgesTakeWhatTheDocumentSays(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	badge := document().Paths["/badge/{id}.svg"]
	detail := problem(t, ask(t, h, "GET", "/badge/shop.svg?no_parameter=1"), http.StatusBadRequest)
	for _, p := range badge.Get.Parameters {
		if p.In != "query" {
			continue
		}
		if !strings.Contains(detail, p.Name) {
			t.Errorf("badges know no %s: %s", p.Name, detail)
		}
		for _, v := range p.Schema.Enum {
			if r := ask(t, h, "GET", "/badge/shop.svg?"+p.Name+"="+v); r.StatusCode != http.StatusOK {
				t.Errorf("%s=%s: %s", p.Name, v, r.Status)
			}
		}
	}
	if n := len(badge.params("query")); n != strings.Count(detail, ",")+1 {
		t.Errorf("the document has %d parameters of badges: %s", n, detail)
	}
	ask(t, h, "GET", "/badge/nobody.svg")
}

func TestEveryPathOfTheDocumentAnswersForEveryID(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	for p := range document().Paths {
		if !strings.HasPrefix(p, "/api/") {
			continue
		}
		for _, id := range ids {
			target := request(strings.ReplaceAll(p, "{id}", url.PathEscape(id)))
			if r := ask(t, h, "GET", target); strings.Contains(p, "{id}") && (r.StatusCode != http.StatusOK || !strings.Contains(p, "export") && r.Header.Get("ETag") == "") {
				t.Errorf("%s: %s %v", target, r.Status, r.Header)
			}
		}
	}
}

func TestEveryStatusOfTheDocumentIsAnswered(t *testing.T) {
	full := filled(t)
	open, guarded := web.New(web.Options{Store: full}), web.New(web.Options{Store: full, Token: "secret"})
	throttled := web.New(web.Options{Store: full, Token: "secret"})
	down := web.New(web.Options{Store: broken{err: os.ErrDeadlineExceeded}})
	elsewhere := web.New(web.Options{Store: full, Hosts: func(string) bool { return false }})
	for range 21 { // more than a client may get wrong
		ask(t, throttled, "GET", "/api/v1/monitors", "Authorization", "Bearer wrong")
	}
	for p, d := range document().Paths {
		if !strings.HasPrefix(p, "/api/") {
			continue
		}
		target := request(p)
		query := "?"
		if slices.Contains(d.params("query"), "to") { // what is asked for up to now is not twice the same
			query = "?from=2026-09-21T14:00:00Z&to=2026-09-21T15:00:00Z&"
		}
		ok := ask(t, open, "GET", target+query)
		got := map[string]*http.Response{
			"200": ok,
			"400": ask(t, open, "GET", target+query+"no_parameter=1"),
			"401": ask(t, guarded, "GET", target+query),
			"421": ask(t, elsewhere, "GET", target+query),
		}
		for code := range d.Get.Responses {
			switch code {
			case "304":
				got[code] = ask(t, open, "GET", target+query, "If-None-Match", ok.Header.Get("ETag"))
			case "404":
				got[code] = ask(t, open, "GET", strings.ReplaceAll(target, "shop", "nobody")+query)
			case "429":
				got[code] = ask(t, throttled, "GET", target+query, "Authorization", "Bearer wrong")
			case "503":
				got[code] = ask(t, down, "GET", target+query)
			}
		}
		for code, r := range got {
			if !strings.HasPrefix(r.Status, code) {
				t.Errorf("%s: got %s, want %s", p, r.Status, code)
			}
		}
		if want := slices.Sorted(maps.Keys(d.Get.Responses)); !slices.Equal(want, slices.Sorted(maps.Keys(got))) {
			t.Errorf("%s: the document says %q", p, want)
		}
	}
}
