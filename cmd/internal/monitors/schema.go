package monitors

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/monitorink/monitorink/data"
)

// SchemaURL is where editors find the schema.
const SchemaURL = "https://raw.githubusercontent.com/monitorink/monitorink/main/docs/monitors.schema.json"

// Schema returns the JSON Schema of the files that are read here, for editors that
// complete and check them. It takes all that is read, and refuses what it can tell of.
func Schema() []byte {
	monitor := fields(identityFields)
	for _, k := range defaultFields {
		monitor["properties"].(object)[k.name] = object{"$ref": "#/$defs/defaults/properties/" + k.name}
	}
	monitor["required"] = []string{"id", "url"}
	s := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     SchemaURL,
		"title":   "Monitors of Monitorink",
		"description": "What to probe, when, and what to expect. ${env:NAME} and ${file:PATH} stand for a variable, or a file, " +
			"and ${each} for an item of for_each.",
		"type":                 "object",
		"additionalProperties": false,
		"properties": object{
			"defaults": described("What all monitors of this file get that say nothing themselves; in a file defaults.yaml, those of its folder and below.",
				object{"$ref": "#/$defs/defaults"}),
			"monitors": described("What is probed.", object{"type": "array", "minItems": 1, "items": object{"$ref": "#/$defs/monitor"}}),
		},
		"anyOf": []object{{"required": []string{"monitors"}}, {"required": []string{"defaults"}}},
		"$defs": object{
			"monitor": monitor, "defaults": fields(defaultFields),
			"duration": durationSchema, "text": textSchema, "any_text": anyTextSchema, "truth": truthSchema, "reference": referenceSchema,
			"expression": expressionSchema, "expressions": oneOrMore(ref("expression")), "pattern": fields(patternFields),
		},
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil { // it holds nothing that JSON cannot express
		panic(err)
	}
	return b.Bytes()
}

type object = map[string]any

// A key is one that may stand in a mapping.
type key struct {
	name        string
	description string
	schema      object
	example     any
}

// fields is a mapping with these keys and no others; << merges another into it.
func fields(keys []key) object {
	properties := object{"<<": object{}}
	for _, k := range keys {
		s := described(k.description, k.schema)
		if k.example != nil {
			s["examples"] = []any{k.example}
		}
		properties[k.name] = s
	}
	return object{"type": "object", "additionalProperties": false, "properties": properties}
}

func described(description string, schema object) object {
	s := object{"description": description}
	for k, v := range schema {
		s[k] = v
	}
	return s
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func oneOrMore(s object) object {
	return object{"anyOf": []object{s, {"type": "array", "minItems": 1, "items": s}}}
}

// mapOf is a mapping of names to s.
func mapOf(s object) object { return object{"type": "object", "additionalProperties": s} }

// oneOf is one of the values, or a reference.
func oneOf(values ...any) object {
	return object{"anyOf": []object{{"enum": values}, ref("reference")}}
}

// integer is a whole number, or a reference.
func integer(least, most int) object {
	return object{"anyOf": []object{
		{"type": "integer", "minimum": least, "maximum": most},
		{"type": "string", "pattern": "^[0-9]+$"}, ref("reference"),
	}}
}

var (
	// Numbers and truth values are texts where a text is asked for.
	textSchema      = object{"anyOf": []object{{"type": "string", "minLength": 1}, {"type": []string{"number", "boolean"}}}}
	anyTextSchema   = object{"type": []string{"string", "number", "boolean"}}
	referenceSchema = object{"type": "string", "pattern": `\$\{(env:|each)`}
	truthSchema     = object{"anyOf": []object{{"type": "boolean"}, ref("reference")}}
	durationSchema  = object{"anyOf": []object{
		{"type": "string", "pattern": `^\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$|^[0-9]+d$`}, ref("reference"),
	}}
	expressionSchema = described("A regular expression in RE2 syntax.", object{"type": []string{"string", "number", "boolean"}})
)

var identityFields = []key{
	{"id", "What the monitor is called: part of every measurement's identity, so a new id is a new monitor.", described("", ref("text")), "shop"},
	{"url", "What is probed, by http or https, without user and password.", object{"type": "string", "minLength": 1, "maxLength": maxURL}, "https://shop.example/health"},
	{"for_each", "Makes a monitor of each item: of a list of texts (${each}), of a list of mappings (${each.name}), or of each combination of several lists. The id must have it.",
		object{"anyOf": []object{
			{"type": "array", "minItems": 1, "maxItems": maxEach, "items": object{"anyOf": []object{anyTextSchema, withOne(mapOf(anyTextSchema))}}},
			withOne(mapOf(object{"type": "array", "minItems": 1, "maxItems": maxEach, "items": anyTextSchema})),
		}}, []any{"de", "fr"}},
}

func withOne(s object) object {
	s["minProperties"] = 1
	return s
}

var defaultFields = slices.Concat(scheduleFields, requestFields, wayFields, []key{
	{"connection", "Whether each probe connects afresh, or an idle connection may serve. new if left out.", oneOf("new", "reuse"), "reuse"},
	{"labels", "What is shown with the monitor: names and values.", object{"type": "object", "maxProperties": maxLabels, "additionalProperties": ref("any_text")}, object{"team": "web"}},
	{"paused", "Keeps the monitor, whose slots become gaps with the reason paused.", ref("truth"), true},
	{"expect", "What the response must be. Without status, 200-299 is expected.", fields(expectFields), object{"status": []any{"200-299"}, "latency": "800ms"}},
	{"capture", "What a measurement that is down keeps of the answer: true is 2KiB of its body.", object{"anyOf": []object{ref("truth"), fields(captureFields)}}, object{"body": "2KiB", "headers": true}},
})

var scheduleFields = []key{
	{"every", "The interval between two probes, at least 100ms; in place of cron.", ref("duration"), "10s"},
	{"cron", "Five fields, or a descriptor such as @daily; in place of every.", ref("text"), "0 6 * * mon-fri"},
	{"timezone", "A name of the time-zone database that cron is read in; UTC if left out.", ref("text"), "Europe/Berlin"},
	{"timeout", "How long a probe may take in all, at most the interval.", ref("duration"), "5s"},
	{"attempts", "How many probes a slot gets at most, until one is up; 1 if left out. Each has a measurement.", integer(1, data.MaxAttempts), 3},
	{"attempt_delay", "The time between the end of an attempt and the next; 1s if left out.", ref("duration"), "2s"},
}

var values = mapOf(object{"anyOf": []object{anyTextSchema, {"type": "array", "minItems": 1, "items": anyTextSchema}}})

var requestFields = []key{
	{"method", "The method, in capitals; GET if left out, POST with form.", object{"type": "string", "minLength": 1, "not": object{"const": "CONNECT"}}, "POST"},
	{"headers", "Names and values.", object{"type": "object", "additionalProperties": ref("any_text")}, object{"accept": "application/json"}},
	{"query", "Names and values, or lists of them, that are added to the URL's query, and are not in events.", values, object{"q": "shoes"}},
	{"body", "What is sent: a text, or a file, whose path is relative to the folder of the monitors.",
		object{"anyOf": []object{anyTextSchema, fields([]key{{"file", "The file whose content is sent, up to 1 MiB.", ref("text"), "request.json"}})}}, `{"dry_run":true}`},
	{"form", "Names and values, or lists of them, that are sent URL-encoded, in place of a body.", values, object{"user": "probe"}},
	{"auth", "Who asks.", object{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": fields(authFields)["properties"]}, object{"bearer": "${file:token}"}},
	{"redirects", "How many redirects are followed; 5 if left out, 0 judges the first answer.",
		object{"anyOf": []object{integer(0, maxRedirects), fields([]key{
			{"limit", "How many are followed.", integer(0, maxRedirects), 3},
			{"to", "Where they may lead.", oneOf("any", "same_host", "https"), "same_host"},
		})}}, 0},
	{"cookies", "Keeps the cookies of a probe across its redirects.", ref("truth"), true},
	{"compression", "Whether compression is asked for; true if left out.", ref("truth"), false},
	{"traceparent", "Sends a W3C trace context of its own with each probe.", ref("truth"), true},
}

var authFields = []key{
	{"basic", "A user and a password.", fields([]key{
		{"username", "Without a colon.", ref("any_text"), "probe"},
		{"password", "Best a reference.", ref("any_text"), "${env:PASSWORD}"},
	}), object{"username": "probe", "password": "${env:PASSWORD}"}},
	{"bearer", "A token, without the word Bearer.", ref("text"), "${file:token}"},
	{"oauth2", "How a token is had by client credentials.", required(fields([]key{
		{"token_url", "Where tokens are given.", ref("text"), "https://id.example/token"},
		{"client_id", "Who asks.", ref("text"), "probe"},
		{"client_secret", "Best a reference.", ref("any_text"), "${env:CLIENT_SECRET}"},
		{"scopes", "What is asked for.", oneOrMore(ref("text")), []any{"read"}},
		{"params", "What else is sent.", mapOf(ref("any_text")), object{"audience": "shop"}},
		{"style", "Where id and secret are sent; header if left out.", oneOf("header", "body"), "body"},
	}), "token_url", "client_id"), object{"token_url": "https://id.example/token", "client_id": "probe", "client_secret": "${env:CLIENT_SECRET}"}},
}

func required(s object, names ...string) object {
	s["required"] = names
	return s
}

var wayFields = []key{
	{"tls", "How the target is greeted.", fields(tlsFields), object{"ca": "ca.pem"}},
	{"protocol", "Which HTTP is spoken; auto, if left out, is HTTP/2 where TLS negotiates it.", oneOf("auto", "http1", "http2"), "http2"},
	{"proxy", "An HTTP, HTTPS or SOCKS5 proxy; none takes back what defaults say.", ref("text"), "http://proxy.example:3128"},
	{"resolver", "A DNS server; system takes back what defaults say.", ref("text"), "10.0.0.53:53"},
	{"ip", "Which versions of IP are used; any if left out.", oneOf("any", 4, 6, "4", "6", "prefer4", "prefer6"), "prefer6"},
	{"addresses", "Whether all addresses of the name are probed, or the first that can be connected to.", oneOf("first", "all"), "all"},
	{"source", "The address of this machine to connect from; any takes back what defaults say.", ref("text"), "192.0.2.7"},
}

var versions = oneOf("1.0", "1.1", "1.2", "1.3", 1.0, 1.1, 1.2, 1.3)

var tlsFields = []key{
	{"ca", "A file of PEM: whom to trust, instead of whom the system trusts.", ref("text"), "ca.pem"},
	{"cert", "A file of PEM: what to show when the server asks for a certificate.", ref("text"), "client.pem"},
	{"key", "A file of PEM: the key of cert.", ref("text"), "client-key.pem"},
	{"server_name", "What the server is asked for and verified as; the URL's host if left out.", ref("text"), "shop.internal"},
	{"insecure_skip_verify", "Takes any certificate, be it expired, forged or another host's.", ref("truth"), true},
	{"min_version", "The oldest version of TLS; 1.2 if left out.", versions, "1.3"},
}
