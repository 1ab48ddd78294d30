package web_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// signIn sends the form, and returns the answer and the cookie in it.
func signIn(t testing.TB, h http.Handler, token string, header ...string) (*http.Response, *http.Cookie) {
	t.Helper()
	r := httptest.NewRequest("POST", "/login", strings.NewReader(url.Values{"token": {token}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if c := w.Result().Cookies(); len(c) > 0 {
		return w.Result(), c[0]
	}
	return w.Result(), nil
}

func TestAPersonSignsInByAForm(t *testing.T) {
	h, refused := guarded(t)
	r := ask(t, h, "GET", "/", "Accept", "text/html,*/*;q=0.8")
	if b := body(t, r); r.StatusCode != http.StatusUnauthorized || !strings.Contains(b, `action="./login"`) || strings.Contains(strings.Join(r.Header["Www-Authenticate"], ""), "Basic") {
		t.Fatalf("%s, %v: %s", r.Status, r.Header, b)
	}
	for _, path := range []string{"/public.css", "/mark.svg"} {
		if r := ask(t, h, "GET", path); r.StatusCode != http.StatusOK {
			t.Errorf("the form needs %s: %s", path, r.Status)
		}
	}
	if r, c := signIn(t, h, "wrong"); r.StatusCode != http.StatusUnauthorized || c != nil || !strings.Contains(body(t, r), "not the token") || refused["token"] != 1 {
		t.Errorf("with a wrong token: %s, %v", r.Status, c)
	}
	for range 30 { // nothing is no guess
		if r, _ := signIn(t, h, " "); r.StatusCode != http.StatusUnauthorized || !strings.Contains(body(t, r), "Write the token") {
			t.Fatalf("without a token: %s", r.Status)
		}
	}
	for _, v := range []struct {
		token, said, role string
		reload            int
	}{{readToken, "to read", "reader", 403}, {" " + adminToken + "\n", "for everything", "admin", 200}} {
		r, c := signIn(t, h, v.token)
		if r.StatusCode != http.StatusSeeOther || c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.MaxAge != 7*24*3600 || c.Path != "/" {
			t.Fatalf("%s, %v", r.Status, c)
		}
		if strings.Contains(c.Value, strings.TrimSpace(v.token)) {
			t.Error("the cookie holds the token")
		}
		cookie := c.Name + "=" + c.Value
		for _, path := range []string{"/", "/api/v1/monitors", "/metrics"} {
			if r := ask(t, h, "GET", path, "Cookie", cookie); r.StatusCode != http.StatusOK || r.Header.Get("Monitorink-Session") != v.role {
				t.Errorf("%s with the cookie: %s, %v", path, r.Status, r.Header)
			}
			if r := ask(t, h, "GET", path, "Authorization", "Bearer "+strings.TrimSpace(v.token)); r.Header.Get("Monitorink-Session") != "" {
				t.Errorf("%s: there is nobody to sign out: %v", path, r.Header)
			}
		}
		if r := ask(t, h, "POST", "/-/reload", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"); r.StatusCode != v.reload {
			t.Errorf("a reload with the cookie: %s", r.Status)
		}
		if b := body(t, ask(t, h, "GET", "/login", "Cookie", cookie)); !strings.Contains(b, v.said) || !strings.Contains(b, `action="./logout"`) {
			t.Errorf("/login does not say who is signed in: %s", b)
		}
		out := ask(t, h, "POST", "/logout", "Cookie", cookie)
		if got := out.Cookies(); out.StatusCode != http.StatusSeeOther || len(got) != 1 || got[0].MaxAge >= 0 || got[0].Name != c.Name {
			t.Errorf("signed out: %s, %v", out.Status, got)
		}
	}
	_, c := signIn(t, h, adminToken, "X-Forwarded-Proto", "https")
	if c == nil || !c.Secure || !strings.HasPrefix(c.Name, "__Host-") {
		t.Errorf("over https: %v", c)
	}
}

func TestSignedInOneIsBackWhereOneWas(t *testing.T) {
	h, _ := guarded(t)
	for referer, want := range map[string]string{
		"http://example.com/m/shop?range=7d": "/m/shop?range=7d", "http://example.com/login": "./", "": "./",
		"https://evil.example/x": "./", "http://example.com//evil.example/": "./", "javascript:alert(1)": "./",
	} {
		if r, _ := signIn(t, h, adminToken, "Referer", referer); r.Header.Get("Location") != want {
			t.Errorf("from %s one is led to %s, want %s", referer, r.Header.Get("Location"), want)
		}
	}
}

func TestAWrongTokenDoesNotForgetWhereOneWas(t *testing.T) {
	h, _ := guarded(t)
	for from, want := range map[string]string{
		"/tools/?monitor=a%2Fb&range=7d": "/tools/?monitor=a%2Fb&range=7d", "": "./", "./": "./", "/login": "./",
		"//evil.example/x": "./", "https://evil.example/x": "./", "javascript:alert(1)": "./", `/\evil.example/`: "/%5Cevil.example/", "%zz": "./",
	} {
		form := url.Values{"token": {"wrong-token-1234"}}
		referer := "http://example.com" + from
		if want == "./" {
			referer = ""
		}
		post := func() *http.Response {
			r := httptest.NewRequest("POST", "/login", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Referer", referer)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Result()
		}
		if b := body(t, post()); !strings.Contains(b, `name="from" value="`+html.EscapeString(want)+`"`) {
			t.Errorf("from %q the form is %s", from, b)
		}
		referer, form = "http://example.com/login", url.Values{"token": {adminToken}, "from": {from}}
		if got := post().Header.Get("Location"); got != want {
			t.Errorf("from %q one is led to %s, want %s", from, got, want)
		}
	}
	r := httptest.NewRequest("POST", "/login", strings.NewReader("token=wrong-token-1234"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Referer", "http://example.com/"+adminToken)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); strings.Contains(w.Body.String(), adminToken) {
		t.Error("the form repeats a path with a token in it")
	}
}

func TestASessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := guarded(t)
		_, c := signIn(t, h, adminToken)
		code := func(h http.Handler, value string) int {
			return ask(t, h, "GET", "/api/v1/monitors", "Cookie", c.Name+"="+value).StatusCode
		}
		for name, value := range map[string]string{
			"empty": "", "cut": c.Value[:len(c.Value)-1], "none": "x", "changed": "B" + c.Value[1:], "other end": c.Value[:10] + "z" + c.Value[11:],
			"a reader's as an admin's": "Ag" + c.Value[2:10] + "AAAA" + c.Value[14:],
		} {
			if got := code(h, value); got != http.StatusUnauthorized {
				t.Errorf("a cookie that is %s: %d", name, got)
			}
		}
		time.Sleep(7*24*time.Hour - time.Minute)
		if got := code(h, c.Value); got != http.StatusOK {
			t.Errorf("before its end: %d", got)
		}
		other := web.New(web.Options{Store: memory.New(memory.Options{}), Token: "another-token-1234"})
		if got := code(other, c.Value); got != http.StatusUnauthorized {
			t.Errorf("with another token: %d", got)
		}
		time.Sleep(2 * time.Minute)
		if got := code(h, c.Value); got != http.StatusUnauthorized {
			t.Errorf("after its end: %d", got)
		}
	})
}
