package monitors

import (
	"slices"

	"github.com/monitorink/monitorink/data"
)

var patternFields = []key{
	{"matches", "All of these regular expressions (RE2) must be found.", ref("expressions"), "ok"},
	{"not_matches", "None of these regular expressions (RE2) may be found.", ref("expressions"), "(?i)exception"},
}

var statusSchema = object{"anyOf": []object{
	{"type": "integer", "minimum": 100, "maximum": 599},
	{"type": "string", "pattern": `^ *[1-5][0-9][0-9] *(- *[1-5][0-9][0-9] *)?$`}, ref("reference"),
}}

var expectFields = []key{
	{"status", "Codes and ranges of them; 200-299 if left out.", oneOrMore(statusSchema), []any{"200-299", 404}},
	{"protocol", "What must be spoken: any of these.", oneOrMore(ref("text")), []any{"HTTP/2.0"}},
	{"latency", "The longest that the probe may take in all.", ref("duration"), "800ms"},
	{"phases", "The longest that each phase may take.", phasesSchema(), object{"connect": "100ms"}},
	{"certificate", "How long the certificate must still be valid.", ref("duration"), "14d"},
	{"tls", "The least version of TLS.", versions, "1.3"},
	{"issuer", "The name of who signed the certificate.", ref("pattern"), object{"matches": "Let's Encrypt"}},
	{"names", "Hosts that the certificate must be valid for.", oneOrMore(ref("text")), []any{"shop.example"}},
	{"redirect", "Where the answer leads.", ref("pattern"), object{"matches": "^https://www"}},
	{"headers", "What headers must hold: names and patterns.", mapOf(ref("pattern")), object{"content-type": object{"matches": "json"}}},
	{"body", "What the body must be.", fields(slices.Concat(patternFields, bodyFields)), object{"matches": "ok"}},
}

var captureFields = []key{
	{"body", "How many bytes of the body's beginning, at most 16KiB.",
		object{"anyOf": []object{integer(0, data.MaxCapture), {"type": "string", "pattern": `^[0-9.]+ *[kKM]?i?B?$`}, ref("reference")}}, "2KiB"},
	{"headers", "Whether the headers, too.", ref("truth"), true},
}

func phasesSchema() object {
	var keys []key
	for _, name := range []string{"dns", "connect", "tls", "request", "first_byte", "transfer"} {
		keys = append(keys, key{name, "The longest that it may take.", ref("duration"), "100ms"})
	}
	return withOne(fields(keys))
}

var bodyFields = []key{
	{"json", "What paths (RFC 9535) must find in it.", oneOrMore(required(fields(slices.Concat(jsonFields, patternFields)), "path")), []any{object{"path": "$.status", "is": "ok"}}},
	{"size", "Bytes after decompression: a number, or a range.",
		object{"anyOf": []object{{"type": "integer", "minimum": 0}, {"type": "string", "pattern": `^[0-9. ]*[kKMGT]?i?B? *(- *[0-9. ]*[kKMGT]?i?B?)?$`, "minLength": 1}, ref("reference")}}, "1KiB-64KiB"},
	{"sha256", "64 hexadecimal digits, of what the body is after decompression.",
		object{"anyOf": []object{{"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}, {"type": "number"}, ref("reference")}}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
}

var limit = object{"anyOf": []object{{"type": "number"}, {"type": "string", "pattern": `^[-+0-9.eE]+$`}, ref("reference")}}

var jsonFields = []key{
	{"path", "A JSON path of RFC 9535.", ref("text"), "$.status"},
	{"is", "What each value that is found must be.", object{}, "ok"},
	{"is_not", "What none may be.", object{}, "broken"},
	{"above", "What each must be above.", limit, 0},
	{"below", "What each must be below.", limit, 100},
	{"at_least", "The least that each may be.", limit, 1},
	{"at_most", "The most that each may be.", limit, 99},
	{"exists", "Whether anything must be found, or nothing.", ref("truth"), true},
	{"count", "How many must be found.", object{"anyOf": []object{integer(0, maxCount), withOne(fields([]key{
		{"above", "More than so many.", integer(0, maxCount), 0},
		{"below", "Fewer than so many.", integer(1, maxCount), 10},
		{"at_least", "So many at least.", integer(0, maxCount), 1},
		{"at_most", "So many at most.", integer(0, maxCount), 9},
	}))}}, 3},
}
