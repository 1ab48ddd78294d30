package e2e_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// mark ends each secret of the test below, and is in nothing else.
const mark = "7q1w9e-mark"

// gossip sends back all that it is sent, in every way that a target can.
func gossip(t *testing.T) (url string, heard func() string) {
	var mu sync.Mutex
	var all strings.Builder
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := httputil.DumpRequest(r, true)
		if err != nil {
			return
		}
		user, password, _ := r.BasicAuth()
		proxy, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Proxy-Authorization"), "Basic "))
		told := fmt.Sprintf("%s %s %s %s %s", strings.ReplaceAll(string(b), "\r\n", " "), user, password, proxy, base64.StdEncoding.EncodeToString(b))
		mu.Lock()
		all.WriteString(told)
		mu.Unlock()
		w.Header().Set("X-Told", strings.ReplaceAll(told[:min(len(told), 3000)], "\n", " "))
		switch {
		case strings.Contains(r.URL.Path, "/round"):
			http.Redirect(w, r, r.URL.RequestURI()+"&again="+r.Header.Get("X-Token"), http.StatusFound)
			return
		case r.URL.Path == "/token":
			w.WriteHeader(http.StatusUnauthorized)
		case r.Header.Get("Proxy-Authorization") != "":
			w.WriteHeader(http.StatusProxyAuthRequired)
		}
		io.WriteString(w, told)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() string { mu.Lock(); defer mu.Unlock(); return all.String() }
}

func TestNoSecretIsEverTold(t *testing.T) {
	t.Parallel()
	target, heard := gossip(t)
	dir, addr := t.TempDir(), freeAddr(t)
	var env []string
	fields := []string{"default", "url", "path", "query", "header", "file", "body", "form", "basic", "client", "proxy", "item"}
	for _, name := range fields {
		env = append(env, "ZEBRA_"+strings.ToUpper(name)+"=zebra-"+name+"-"+mark)
	}
	expect := "expect: { headers: { x-told: { matches: never, not_matches: zebra } }, body: { matches: never, not_matches: zebra } }"
	files := map[string]string{
		"secret": "zebra-file-" + mark + "\n",
		"monitors.yaml": strings.NewReplacer("TARGET", target, "EXPECT", expect, "MARK", mark).Replace(`
defaults: { every: 500ms, timeout: 400ms, capture: { body: 200, headers: true }, headers: { x-default: "${env:ZEBRA_DEFAULT}" } }
monitors:
  - { id: sent, url: "TARGET/a?key=${env:ZEBRA_URL}", query: { q: "${env:ZEBRA_QUERY}" }, method: POST, headers: { x-token: "a ${env:ZEBRA_HEADER}", x-file: "${file:secret}" }, body: "b ${env:ZEBRA_BODY}", EXPECT }
  - { id: form, url: "TARGET/b", form: { password: "${env:ZEBRA_FORM}" }, EXPECT }
  - { id: basic, url: "TARGET/c", auth: { basic: { username: joe, password: "${env:ZEBRA_BASIC}" } }, EXPECT }
  - { id: oauth2, url: "TARGET/d", auth: { oauth2: { token_url: "TARGET/token", client_id: joe, client_secret: "${env:ZEBRA_CLIENT}" } }, EXPECT }
  - { id: proxy, url: "http://shop.invalid/", proxy: "http://joe:${env:ZEBRA_PROXY}@PROXY", EXPECT }
  - { id: round, url: "TARGET/round/${env:ZEBRA_PATH}?x=${env:ZEBRA_URL}", headers: { x-token: "${env:ZEBRA_HEADER}" }, redirects: 2 }
  - { id: "each-${each.name}", for_each: [{ name: one, token: "${env:ZEBRA_ITEM}" }], url: "TARGET/e", headers: { x-token: "${each.token}" }, EXPECT }
  - { id: literal, url: "TARGET/f", auth: { bearer: zebra-bearer-MARK }, headers: { x-api-key: zebra-key-MARK }, EXPECT }
`),
		"bad.yaml": strings.ReplaceAll(`monitors:
  - { id: a, url: "https://joe:MARK@a.example/", every: 1ms }
  - { id: b, url: "https://a.example/", headers: { "x y": MARK, x-z: "MARK\n" }, body: [MARK], form: { a: { b: MARK } } }
  - { id: c, url: "https://a.example/", auth: { basic: { username: "a:MARK", password: [MARK] }, bearer: MARK } }
  - id: d
    url: https://a.example/
    auth: { bearer: "Bearer MARK" }
    tls: { ca: "${file:secret}", key: MARK, cert: none }
    headers:
      authorization: |
        MARK
        MARK
    evry: 1s
  - { id: e, url: "https://a.example/${env:ZEBRA_URL}%zz" }
  - { id: f, url: "https://a.example/", proxy: "ftp://joe:${env:ZEBRA_PROXY}@p.example" }
  - { id: g, url: "https://a.example/", auth: { bearer: "${env:ZEBRA_URL} ${env:ZEBRA_URL}" } }
`, "MARK", mark),
		"broken.yaml": "monitors:\n  - id: a\n    body: [\n    password: " + mark + "\n    " + mark + "\n",
	}
	files["monitors.yaml"] = strings.ReplaceAll(files["monitors.yaml"], "PROXY\"", strings.TrimPrefix(target, "http://")+"\"")
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	state := filepath.Join(dir, "state")
	env = append(env, "MONITORINK_MONITORS="+filepath.Join(dir, "monitors.yaml"), "MONITORINK_QUEUE=disk", "MONITORINK_DATA_DIR="+state,
		"MONITORINK_COLLECTOR_ADDR="+addr, "MONITORINK_LOG_LEVEL=debug")
	p := start(t, "monitorink", env, "run")
	ids := []string{"sent", "form", "basic", "oauth2", "proxy", "round", "each-one", "literal"}
	told := map[string]string{}
	fetch := func(path string) string {
		res, err := http.Get("http://" + addr + path)
		if err != nil {
			return ""
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return string(b)
	}
	for _, id := range ids {
		eventually(t, 30*time.Second, "a measurement of "+id, func() bool {
			told["the API of "+id] = fetch("/api/v1/monitors/" + id + "/measurements")
			return strings.Contains(told["the API of "+id], `"state":"down"`)
		})
	}
	for _, path := range []string{"/api/v1/monitors", "/metrics", "/readyz", "/"} {
		told["GET "+path] = fetch(path)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	told["the log"] = p.out.String()
	commands := [][]string{{"list"}, {"list", "--json"}, {"check"}, {"next", "sent"}, {"plan"}, {"validate", filepath.Join(dir, "monitors.yaml")},
		{"validate", filepath.Join(dir, "bad.yaml")}, {"validate", filepath.Join(dir, "broken.yaml")}, {"list", filepath.Join(dir, "bad.yaml")}}
	for _, id := range ids {
		commands = append(commands, []string{"probe", id}, []string{"probe", id, "--json"})
	}
	for _, args := range commands {
		c := start(t, "heartbeat", env, args...)
		c.wait(60 * time.Second)
		told["heartbeat "+strings.Join(args, " ")] = c.out.String()
	}
	err := filepath.WalkDir(state, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if e.Name() == "definitions.json" { // which has definitions as they are written
			b = []byte(strings.NewReplacer("zebra-bearer-"+mark, "", "zebra-key-"+mark, "").Replace(string(b)))
		}
		told["the file "+path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range fields {
		if !strings.Contains(heard(), "zebra-"+name+"-"+mark) {
			t.Errorf("the target has not heard the secret of %s", name)
		}
	}
	hidden := 0
	for where, text := range told {
		if text == "" && !strings.Contains(where, "lock") {
			t.Errorf("%s says nothing", where)
		}
		hidden += strings.Count(text, "•••")
		for _, part := range []string{"7q1w", "9e-mark", base64.StdEncoding.EncodeToString([]byte(mark))[2:12]} {
			if i := strings.Index(text, part); i >= 0 {
				t.Errorf("%s tells a secret: …%s…", where, text[max(i-200, 0):min(i+100, len(text))])
				break
			}
		}
	}
	if hidden < 20 {
		t.Errorf("%d times is something masked; that cannot be all", hidden)
	}
}
