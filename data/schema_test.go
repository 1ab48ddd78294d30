package data_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/monitorink/monitorink/data"
)

// published is the JSON Schema that other programs read events by.
func published(t *testing.T) func(event []byte) error {
	t.Helper()
	text, err := os.ReadFile("../docs/events.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(event []byte) error {
		var v any
		d := json.NewDecoder(bytes.NewReader(event))
		if err := d.Decode(&v); err != nil {
			return err
		}
		return resolved.Validate(v)
	}
}

func TestPublishedSchemaTakesWhatIsEncoded(t *testing.T) {
	valid, r := published(t), random(t)
	events := []data.Event{}
	for _, e := range goldens() {
		events = append(events, e)
	}
	for range 300 {
		events = append(events, measurement(r), gap(r), registration(r))
	}
	for _, e := range events {
		b, err := data.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(b); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
	}
}

func TestPublishedSchemaRefusesWhatDecodeRefuses(t *testing.T) {
	valid := published(t)
	for _, edit := range []struct{ golden, from, to string }{
		{"measurement", `"schema":"measurement/1"`, `"schema":"measurement/2"`},
		{"measurement", `"state":"down"`, `"state":"sideways"`},
		{"measurement", `"state":"down"`, `"state":"up"`},
		{"measurement", `"kind":"expectation"`, `"kind":"mood"`},
		{"measurement", `"attempt":1`, `"attempt":0`},
		{"measurement", `"monitor":"shop"`, `"monitor":""`},
		{"measurement", `"status":200`, `"status":"ok"`},
		{"gap", `"reason":"stopped"`, `"reason":"lunch"`},
		{"gap", `"slots":60`, `"slots":0`},
		{"registration", `"every_us":10000000`, `"every_us":1000`},
		{"registration", `"from":`, `"since":`},
	} {
		b, err := data.Encode(goldens()[edit.golden])
		if err != nil {
			t.Fatal(err)
		}
		wrong := strings.Replace(string(b), edit.from, edit.to, 1)
		if wrong == string(b) {
			t.Fatalf("%s has no %s", b, edit.from)
		}
		if _, err := data.Decode([]byte(wrong)); err == nil {
			t.Errorf("Decode takes %s", edit.to)
		}
		if valid([]byte(wrong)) == nil {
			t.Errorf("the schema takes %s in place of %s", edit.to, edit.from)
		}
	}
}

func TestPublishedSchemaNamesEveryKindOfErrorAndReason(t *testing.T) {
	text, err := os.ReadFile("../docs/events.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range data.ErrorKinds() {
		if !bytes.Contains(text, []byte(`"`+string(k)+`"`)) {
			t.Errorf("it does not name the kind %q", k)
		}
	}
	for _, r := range data.Reasons() {
		if !bytes.Contains(text, []byte(`"`+string(r)+`"`)) {
			t.Errorf("it does not name the reason %q", r)
		}
	}
}
