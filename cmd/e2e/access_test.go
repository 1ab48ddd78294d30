package e2e_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secrets are all that a daemon can be configured with; each ends with mark.
func secrets(t *testing.T) (env []string, tokens []string) {
	file := filepath.Join(t.TempDir(), "token")
	mustWrite(t, file, "read-token-"+mark+"\n")
	return []string{
		"MONITORINK_TOKEN=admin-token-" + mark, "MONITORINK_READ_TOKEN_FILE=" + file,
		"MONITORINK_KAFKA_USERNAME=user-" + mark, "MONITORINK_KAFKA_PASSWORD=password-" + mark,
		"MONITORINK_POSTGRES_URL=postgres://joe:postgres-" + mark + "@db.invalid/d",
	}, []string{"admin-token-" + mark, "read-token-" + mark}
}

// knock sends a request with headers, and returns the code, and all of the answer.
func knock(t *testing.T, method, address string, body io.Reader, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	var head strings.Builder
	res.Header.Write(&head)
	return res.StatusCode, fmt.Sprint(head.String(), "\n", string(b))
}

// carriers are the ways in which a request can hold a token, wherever it does not belong.
func carriers(t *testing.T, base, path, token string) (answers map[string]string) {
	t.Helper()
	answers = map[string]string{}
	q := url.QueryEscape(token)
	for _, shown := range []string{"", "admin-token-" + mark, "read-token-" + mark} {
		header := func(more ...string) []string {
			if shown == "" {
				return more
			}
			return append(more, "Authorization", "Bearer "+shown)
		}
		for _, address := range []string{path, path + "?token=" + q, path + "?" + q, strings.TrimSuffix(path, "/") + "/" + q, path + "?limit=" + q, path + "?after=%" + fmt.Sprintf("%x", token[0]) + q[1:], "/" + q + strings.TrimSuffix(path, "/")} {
			_, text := knock(t, "GET", base+address, nil, header("Accept", []string{"text/html", "application/json"}[len(answers)%2])...)
			answers["GET "+address+" shown "+shown] = text
		}
		for name, h := range map[string][]string{
			"a cookie": {"Cookie", "monitorink=" + token}, "a referrer": {"Referer", base + "/" + token}, "an origin": {"Origin", "http://" + token}, "a type": {"Content-Type", token}, "a name": {"X-Forwarded-Host", token},
		} {
			for _, method := range []string{"GET", "POST"} {
				_, text := knock(t, method, base+path, nil, header(h...)...)
				answers[method+" "+path+" with "+name+" shown "+shown] = text
			}
		}
	}
	return answers
}

func TestNoConfiguredSecretIsInAnyAnswer(t *testing.T) {
	t.Parallel()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	t.Cleanup(target.Close)
	dir, addr, profiles := t.TempDir(), freeAddr(t), freeAddr(t)
	mustWrite(t, filepath.Join(dir, "monitors.yaml"), "monitors:\n  - { id: shop, url: '"+target.URL+"', every: 200ms, timeout: 100ms, labels: { public: 'yes' } }\n")
	env, tokens := secrets(t)
	p := start(t, "monitorink", append(env, "MONITORINK_MONITORS="+filepath.Join(dir, "monitors.yaml"), "MONITORINK_QUEUE=disk", "MONITORINK_DATA_DIR="+filepath.Join(dir, "state"),
		"MONITORINK_COLLECTOR_ADDR="+addr, "MONITORINK_PPROF_ADDR="+profiles, "MONITORINK_STATUS_LABELS=public:yes", "MONITORINK_LOG_LEVEL=debug"), "run")
	base := "http://" + addr
	admin := []string{"Authorization", "Bearer " + tokens[0]}
	eventually(t, 20*time.Second, "a measurement", func() bool {
		res, err := http.Get(base + "/livez")
		if err != nil {
			return false
		}
		res.Body.Close()
		_, text := knock(t, "GET", base+"/api/v1/monitors", nil, admin...)
		return strings.Contains(text, `"state":"up"`)
	})
	told := map[string]string{}
	paths := []string{
		"/", "/login", "/logout", "/livez", "/readyz", "/metrics", "/status", "/status.json", "/public.css", "/badge/shop.svg", "/badge/other.svg", "/-/reload", "/nothing",
		"/api/v1/monitors", "/api/v1/monitors/shop", "/api/v1/monitors/shop/measurements", "/api/v1/monitors/shop/gaps", "/api/v1/monitors/shop/summary", "/api/v1/openapi.json",
	}
	for _, path := range paths {
		for _, token := range tokens {
			for what, text := range carriers(t, base, path, token) {
				told[what] = text
			}
		}
	}
	for _, token := range append(tokens, "wrong") {
		code, text := knock(t, "POST", base+"/login", strings.NewReader("token="+token), "Content-Type", "application/x-www-form-urlencoded")
		if want := map[bool]int{true: 401, false: 303}[token == "wrong"]; code != want {
			t.Errorf("signing in with %s: %d, want %d", token, code, want)
		}
		told["POST /login with "+token] = text
		_, told["POST /login in JSON with "+token] = knock(t, "POST", base+"/login", strings.NewReader(`{"token":"`+token+`"}`), "Content-Type", "application/json")
	}
	for _, path := range []string{"/", "/cmdline", "/heap?debug=1", "/goroutine?debug=2", "/symbol?" + tokens[0]} {
		code, text := knock(t, "GET", "http://"+profiles+"/debug/pprof"+path, nil)
		if told["pprof "+path] = text; (code == 200) != (path != "/cmdline") {
			t.Errorf("pprof %s: %d", path, code)
		}
	}
	if code, _ := knock(t, "GET", base+"/debug/pprof/", nil, admin...); code != http.StatusNotFound {
		t.Errorf("pprof is on the daemon's own listener: %d", code)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	told["the log"] = p.out.String()
	if len(told) < 1000 {
		t.Errorf("%d answers; that cannot be all", len(told))
	}
	hidden := base64.StdEncoding.EncodeToString([]byte(mark))[2:12]
	for where, text := range told {
		for _, part := range []string{mark, url.QueryEscape(mark), hidden} {
			if i := strings.Index(text, part); i >= 0 {
				t.Errorf("%s tells a secret: …%s…", where, text[max(i-200, 0):min(i+100, len(text))])
				break
			}
		}
	}
}

func TestProfilesAreOnAListenerOfTheirOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, program := range []string{"heartbeat", "collector"} {
		addr, profiles := freeAddr(t), freeAddr(t)
		env := []string{"MONITORINK_URLS=http://127.0.0.1:1/", "MONITORINK_DATA_DIR=" + filepath.Join(dir, program), "MONITORINK_HEARTBEAT_ADDR=" + addr, "MONITORINK_COLLECTOR_ADDR=" + addr}
		p := start(t, program, append(env, "MONITORINK_PPROF_ADDR="+profiles), "run")
		eventually(t, 10*time.Second, program+" answers", func() bool { return get("http://"+addr+"/livez", nil) == 200 })
		if code, text := knock(t, "GET", "http://"+profiles+"/debug/pprof/", nil); code != 200 || !strings.Contains(text, "goroutine") {
			t.Errorf("%s: %d, %s", program, code, text)
		}
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+profiles+"/debug/pprof/heap", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		if res, err := http.DefaultClient.Do(r); err != nil || res.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s: under another name: %v, %v", program, res, err)
		} else {
			res.Body.Close()
		}
		if code, _ := knock(t, "GET", "http://"+addr+"/debug/pprof/", nil); code == 200 {
			t.Errorf("%s has it on its own listener", program)
		}
		if code := p.stop(); code != 0 {
			t.Errorf("%s: exit code %d", program, code)
		}
		says(t, append(env, "MONITORINK_PPROF_ADDR=0.0.0.0:6060"), 2, program+" run", `MONITORINK_PPROF_ADDR is "0.0.0.0:6060"`, "a loopback address")
		says(t, append(env, "MONITORINK_PPROF_ADDR="+addr), 1, program+" run", "the port is taken", "MONITORINK_PPROF_ADDR")
	}
}

func TestAQueueWithoutATokenIsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	addr := freeAddr(t)
	p := start(t, "heartbeat", []string{"MONITORINK_URLS=http://127.0.0.1:1/", "MONITORINK_HEARTBEAT_ADDR=" + addr, "MONITORINK_HOSTS=here.example", "MONITORINK_DATA_DIR=" + t.TempDir()}, "run")
	eventually(t, 10*time.Second, "heartbeat answers", func() bool { return get("http://"+addr+"/livez", nil) == 200 })
	for host, will := range map[string]bool{"evil.example": false, "here.example": true, addr: true} {
		for _, path := range []string{"/queue/sessions", "/metrics"} {
			r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if res.Body.Close(); (res.StatusCode != http.StatusMisdirectedRequest) != will {
				t.Errorf("%s at %s: %s", path, host, res.Status)
			}
		}
	}
	if code, _ := knock(t, "POST", "http://"+addr+"/queue/sessions", nil, "Origin", "http://evil.example"); code != http.StatusForbidden {
		t.Errorf("another site takes the queue: %d", code)
	}
	p.stop()
}
