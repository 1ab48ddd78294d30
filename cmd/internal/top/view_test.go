package top

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/terminal"
)

const overview = `{"at":"2026-11-28T14:00:01.204Z","cursor":"MTc2","rows":4,"columns":{
 "monitor":["api","shop","shop","old"],"location":{"values":["ber1","nyc1"],"index":[0,0,1,0]},
 "state":{"values":["up","down","removed"],"index":[0,0,1,2]},"last_ms":[1790000090000,1790000090120,1790000090120,1],
 "total_us":[8120,15236,5000143,null],"status":{"values":[200,null],"index":[0,0,1,1]},
 "error":{"values":[null,{"kind":"timeout","phase":"connect","message":"no answer within 5s"}],"index":[0,0,1,0]},
 "url":["https://api.example/","https://shop.example/health","https://shop.example/health","https://old.example"],
 "labels":{"values":[{"team":"web"},null],"index":[0,1,1,1]},"gap":{"values":[null],"index":[0,0,0,0]},
 "expires_ms":[1790100000000,1798761600000,null,null],"every_us":[1,2,3,null],"new":[1,2,3,4]}}`

func read(t *testing.T, text string) *board {
	t.Helper()
	b, err := readOverview([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestATableSaysWhatIsDownFirst(t *testing.T) {
	v := &view{url: "http://c.example", order: "state"}
	got := strings.Join(v.frame(read(t, overview), 100, 8, time.UnixMilli(1790000097000), terminal.Plain()), "\n")
	want := `monitorink  http://c.example  1 down, 2 up

STATE    MONITOR  LOCATION    LATENCY  TREND           LAST  CODE
down     shop     nyc1         5.00 s             ×     6 s     -  timeout: no answer within 5s
up       api      ber1         8.1 ms             █     7 s   200  the certificate ends in 27 h
up       shop     ber1        15.2 ms             █     6 s   200

1-3 of 3 by state   q quit  / filter  s sort  r reverse  ↑ ↓ scroll`
	if got = regexp.MustCompile(` +\n`).ReplaceAllString(got+"\n", "\n"); got != want+"\n" {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestKeysSortFilterAndScroll(t *testing.T) {
	b := read(t, overview)
	for _, tc := range []struct{ keys, want string }{
		{"", "shop@nyc1 api@ber1 shop@ber1"},
		{"s", "api@ber1 shop@ber1 shop@nyc1"},
		{"sr", "shop@ber1 shop@nyc1 api@ber1"},
		{"ss", "shop@nyc1 shop@ber1 api@ber1"},
		{"sss", "api@ber1 shop@ber1 shop@nyc1"},
		{"/BER1 up\r", "api@ber1 shop@ber1"},
		{"/team=web\r", "api@ber1"},
		{"/answer", "shop@nyc1"},
		{"/qr\x1b", "shop@nyc1 api@ber1 shop@ber1"},
		{"/shx\x7fop\rs", "shop@ber1 shop@nyc1"},
		{"/nothing\x15\r", "shop@nyc1 api@ber1 shop@ber1"},
		{"/ap\x1b[D\x00\xffi\r\x1b[B\x1b[A", "api@ber1"},
	} {
		v := &view{order: "state"}
		if v.press([]byte(tc.keys)) {
			t.Errorf("%q ends", tc.keys)
		}
		var got []string
		for _, r := range v.choose(b) {
			got = append(got, r.Monitor+"@"+r.Location)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%q shows %v, want %s", tc.keys, got, tc.want)
		}
	}
	for _, keys := range []string{"q", "\x03", "/x\x03", "sQ", "/x\rq"} {
		if !(&view{order: "state"}).press([]byte(keys)) {
			t.Errorf("%q does not end", keys)
		}
	}
	v := &view{order: "state"}
	v.press([]byte("Gj"))
	if v.frame(b, 80, 6, time.Now(), terminal.Plain()); v.top != 1 {
		t.Errorf("the end is at %d, want 1: two of three rows have room", v.top)
	}
	v.press([]byte("kkk"))
	if v.frame(b, 80, 6, time.Now(), terminal.Plain()); v.top != 0 {
		t.Errorf("the beginning is at %d", v.top)
	}
}

func TestAFrameNeverTakesMoreThanTheTerminal(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	letters := []rune("ab é東京🚀👍🏽e\u0301\x1b[31m\u202eﾃ")
	text := func() string {
		var out strings.Builder
		for range rng.IntN(60) {
			out.WriteRune(letters[rng.IntN(len(letters))])
		}
		return out.String()
	}
	for range 300 {
		b := &board{rows: map[key]*row{}}
		for i := range rng.IntN(30) {
			r := &row{
				Monitor: text() + fmt.Sprint(i), Location: text(), State: []string{"up", "down", "unknown", "paused"}[rng.IntN(4)],
				LastMs: rng.Int64N(2e12), TotalUs: rng.Int64N(1e8), Status: rng.IntN(600), Error: &failure{Kind: "timeout", Message: text()}, past: []int64{0, 5, 1 << 40},
			}
			b.rows[key{r.Monitor, r.Location}] = r
		}
		v := &view{url: "http://" + text(), order: Orders[rng.IntN(4)], top: rng.IntN(40) - 5, filter: text(), editing: rng.IntN(2) == 0, problem: text()}
		if rng.IntN(2) == 0 {
			v.filter = ""
		}
		width, height := 1+rng.IntN(140), 1+rng.IntN(30)
		lines := v.frame(b, width, height, time.Now(), terminal.Plain())
		if len(lines) > height {
			t.Fatalf("%d lines in a height of %d", len(lines), height)
		}
		for _, l := range lines {
			if terminal.Width(l) > width || strings.ContainsAny(l, "\x1b\u202e\n") {
				t.Fatalf("%q takes %d of %d", l, terminal.Width(l), width)
			}
		}
	}
}

func TestAChangeBringsOnlyWhatIsInIt(t *testing.T) {
	b := read(t, overview)
	err := b.change([]byte(`[{"monitor":"shop","location":"nyc1","state":"up","error":null,"status":200,"last_ms":1790000100120,"total_us":900},
		{"monitor":"shop","location":"ber1","status":null,"labels":{"a":"b"}},{"monitor":"new","location":"x","state":"unknown","last_ms":null}]`))
	if err != nil {
		t.Fatal(err)
	}
	r := b.rows[key{"shop", "nyc1"}]
	if r.State != "up" || r.Error != nil || r.Status != 200 || r.URL != "https://shop.example/health" || fmt.Sprint(r.past) != "[0 900]" {
		t.Errorf("%+v", r)
	}
	if r = b.rows[key{"shop", "ber1"}]; r.Status != 0 || r.Labels["a"] != "b" || r.TotalUs != 15236 || len(r.past) != 1 {
		t.Errorf("%+v", r)
	}
	if r = b.rows[key{"new", "x"}]; r == nil || r.State != "unknown" {
		t.Errorf("%+v", r)
	}
}

func TestABrokenOverviewIsAnErrorThatNamesThePlace(t *testing.T) {
	for text, want := range map[string]string{
		`{`: "the overview: ", `{"rows":1,"columns":{"monitor":[]}}`: "column monitor: 0 values for 1 rows",
		`{"rows":1,"columns":{"state":{"values":["up"],"index":[1]}}}`: "column state: there is no value 1",
		`{"rows":1,"columns":{"monitor":[5],"location":["x"]}}`:        "a row: ", `{"rows":1,"columns":{"monitor":7}}`: "column monitor: ",
	} {
		if _, err := readOverview([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// BenchmarkFrame is what it takes to draw one of 10,000 monitors.
func BenchmarkFrame(b *testing.B) {
	all := &board{rows: map[key]*row{}}
	for i := range 10_000 {
		r := &row{Monitor: fmt.Sprintf("shop-%05d", i), Location: "ber1", State: "up", LastMs: int64(i), TotalUs: int64(i%977) * 1000, Status: 200, URL: "https://shop.example/"}
		all.rows[key{r.Monitor, r.Location}] = r
	}
	for name, v := range map[string]*view{"all": {order: "latency"}, "filtered": {order: "state", filter: "shop 99"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				v.frame(all, 120, 40, time.Now(), terminal.Plain())
			}
		})
	}
}
