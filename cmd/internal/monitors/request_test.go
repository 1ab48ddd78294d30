package monitors_test

import (
	"reflect"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/data"
)

func parse(t *testing.T, text string) map[string]data.Monitor {
	t.Helper()
	list, err := monitors.Parse("f.yaml", []byte(text), monitors.Defaults{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]data.Monitor{}
	for _, m := range list {
		all[m.ID] = m
	}
	return all
}

func TestRequestIsReadAsItIsWritten(t *testing.T) {
	all := parse(t, `
monitors:
  - id: query
    url: https://a.example/
    query: { q: shoes, n: 1, tag: [a, "", "${env:TAG}"] }
    cookies: true
    compression: false
    traceparent: True
    redirects: { to: https }
  - { id: form, url: "https://a.example/", form: { user: probe, password: "${file:pw}" }, auth: { basic: { username: "${env:USER}", password: "" } } }
  - { id: put, url: "https://a.example/", method: PUT, body: { file: request.json }, auth: { bearer: "${file:/run/my token}" }, redirects: { limit: 1, to: same_host } }
  - id: oauth2
    url: https://a.example/
    auth: { oauth2: { token_url: "${env:IDP}/token", client_id: probe, client_secret: "${env:SECRET}", scopes: [a, b], params: { audience: x }, style: body } }
  - { id: plain, url: "https://a.example/", compression: true, traceparent: false, cookies: false, redirects: { limit: 5, to: any } }
  - { id: nothing, url: "https://a.example/" }
`)
	want := map[string]func(*data.Monitor){
		"query": func(m *data.Monitor) {
			m.Query = data.Values{"q": {"shoes"}, "n": {"1"}, "tag": {"a", "", "${env:TAG}"}}
			m.Cookies, m.Uncompressed, m.Traceparent, m.RedirectTo = true, true, true, data.RedirectHTTPS
		},
		"form": func(m *data.Monitor) {
			m.Method, m.Form = "POST", data.Values{"user": {"probe"}, "password": {"${file:pw}"}}
			m.Auth = &data.Auth{Basic: &data.Basic{Username: "${env:USER}"}}
		},
		"put": func(m *data.Monitor) {
			m.Method, m.BodyFile, m.Auth = "PUT", "request.json", &data.Auth{Bearer: "${file:/run/my token}"}
			m.Redirects, m.RedirectTo = 1, data.RedirectSameHost
		},
		"oauth2": func(m *data.Monitor) {
			m.Auth = &data.Auth{OAuth2: &data.OAuth2{
				TokenURL: "${env:IDP}/token", ClientID: "probe", ClientSecret: "${env:SECRET}",
				Scopes: []string{"a", "b"}, Params: map[string]string{"audience": "x"}, Style: data.OAuth2Body,
			}}
		},
		"plain": func(*data.Monitor) {},
	}
	for id, change := range want {
		m := all["nothing"]
		m.ID = id
		change(&m)
		if !reflect.DeepEqual(all[id], m) {
			t.Errorf("%s is\n%#v\nwant\n%#v", id, all[id], m)
		}
	}
}

func TestOwnValuesTakeThePlaceOfDefaultsTheyDoNotGoWith(t *testing.T) {
	all := parse(t, `
defaults:
  headers: { authorization: inherited, x: "1" }
  query: { a: "1", b: "2" }
  body: inherited
  redirects: { limit: 3, to: https }
monitors:
  - { id: auth, url: "https://a.example/", auth: { bearer: t } }
  - { id: query, url: "https://a.example/", query: { b: "3" } }
  - { id: form, url: "https://a.example/", form: { a: b } }
  - { id: file, url: "https://a.example/", body: { file: f } }
  - { id: redirects, url: "https://a.example/", redirects: 7 }
  - { id: rest, url: "https://a.example/" }
`)
	if m := all["auth"]; m.Auth.Bearer != "t" || !reflect.DeepEqual(m.Headers, map[string]string{"X": "1"}) {
		t.Errorf("auth: %+v %v", m.Auth, m.Headers)
	}
	if m := all["query"]; !reflect.DeepEqual(m.Query, data.Values{"a": {"1"}, "b": {"3"}}) {
		t.Errorf("query: %v", m.Query)
	}
	if m := all["form"]; m.Body != "" || m.Method != "POST" || len(m.Form) != 1 {
		t.Errorf("form: %+v", m)
	}
	if m := all["file"]; m.Body != "" || m.BodyFile != "f" {
		t.Errorf("file: %+v", m)
	}
	if m := all["redirects"]; m.Redirects != 7 || m.RedirectTo != data.RedirectHTTPS {
		t.Errorf("redirects: %+v", m)
	}
	if m := all["rest"]; m.Body != "inherited" || m.Headers["Authorization"] != "inherited" || len(m.Query) != 2 || m.Query["b"][0] != "2" {
		t.Errorf("the rest: %+v", m)
	}
	all = parse(t, `
defaults: { auth: { bearer: t }, form: { a: b } }
monitors:
  - { id: header, url: "https://a.example/", headers: { Authorization: own } }
  - { id: body, url: "https://a.example/", body: own }
  - { id: rest, url: "https://a.example/" }
`)
	if m := all["header"]; m.Auth != nil || m.Headers["Authorization"] != "own" {
		t.Errorf("header: %+v", m)
	}
	if m := all["body"]; m.Form != nil || m.Body != "own" || m.Method != "GET" {
		t.Errorf("body: %+v", m)
	}
	if m := all["rest"]; m.Auth.Bearer != "t" || m.Method != "POST" {
		t.Errorf("the rest: %+v", m)
	}
}
