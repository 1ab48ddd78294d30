package monitors_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/match"
)

func TestExpectationsAreReadAsTheyAreJudged(t *testing.T) {
	got, err := monitors.Load("testdata/expect.yaml", monitors.Defaults{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"strict": `{"body":{"matches":["up"],"json":[{"path":"$.status","is":"ok"},` +
			`{"path":"$.queues[*].depth","below":1000.5,"at_least":0,"count":{"from":1,"to":9}},` +
			`{"path":"$.big","is":12345678901234567890,"is_not":16},` +
			`{"path":"$.list","is":["a",1.0,null,true,{"b":"\u003c\u0026\u003e"},{"1":2}]},` +
			`{"path":"$.error","exists":false},{"path":"$.name","matches":["^a"],"not_matches":["b","c"],"count":{"from":1,"to":1}}],` +
			`"size":{"from":1024,"to":65536},"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},` +
			`"redirect":{"matches":["^https://www"]},"protocol":["HTTP/1.0","HTTP/1.1","HTTP/2.0"],"tls":"1.2",` +
			`"issuer":{"matches":["O=Let's Encrypt"],"not_matches":["STAGING"]},"names":["shop.example","203.0.113.7"],` +
			`"phases":{"dns":"50ms","connect":"100ms","tls":"200ms","request":"10ms","first_byte":"500ms","transfer":"1s"}}`,
		"empty": `{"body":{"json":[{"path":"$","exists":true}],"size":{"from":0,"to":0}},"protocol":["HTTP/2.0"],"tls":"1.3","names":["empty.example"]}`,
		"open":  `{"body":{"size":{"from":100,"to":-1}}}`,
	}
	for _, m := range got {
		b, err := json.Marshal(m.Expect)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[m.ID], string(b)); diff != "" {
			t.Errorf("%s: %s", m.ID, diff)
		}
		if _, err := match.Compile(&m); err != nil {
			t.Errorf("%s: what was taken here is refused there: %v", m.ID, err)
		}
		// As it is persisted, and read again.
		var again data.Expect
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if c, err := json.Marshal(again); err != nil || string(c) != string(b) {
			t.Errorf("%s becomes %s (%v)", b, c, err)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d monitors", len(got))
	}
}
