package heartbeat

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/monitorink/monitorink/data"
)

// Compare names what differs between two definitions of a monitor as they are written
// in a file: every, headers.Accept, expect.status. It names no values.
func Compare(a, b *data.Monitor) []string {
	x, y := fields(a), fields(b)
	differ := map[string]bool{}
	for name, v := range x {
		if w, ok := y[name]; !ok || v != w {
			differ[name] = true
		}
	}
	for name := range y {
		if _, ok := x[name]; !ok {
			differ[name] = true
		}
	}
	return slices.Sorted(maps.Keys(differ))
}

// fields are the JSON forms of what m says, by name.
func fields(m *data.Monitor) map[string]string {
	b, err := json.Marshal(m)
	if err != nil { // a Monitor holds nothing that JSON cannot express
		panic(err)
	}
	all := map[string]string{}
	flatten("", b, all)
	return all
}

func flatten(name string, raw json.RawMessage, all map[string]string) {
	var parts map[string]json.RawMessage
	if json.Unmarshal(raw, &parts) != nil || parts == nil {
		all[strings.TrimPrefix(name, "schedule.")] = string(raw)
		return
	}
	for part, v := range parts {
		if name != "" {
			part = name + "." + part
		}
		flatten(part, v, all)
	}
}
