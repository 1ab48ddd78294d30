package monitors

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

// Variable is the file that problems of FromURLs name.
const Variable = "MONITORINK_URLS"

// FromURLs is URLs of a Reader that knows no references.
func FromURLs(list string, d Defaults) ([]data.Monitor, error) {
	r := Reader{Defaults: d}
	return r.URLs(list)
}

// URLs makes a monitor of each URL of a comma-separated list. Its id is the
// URL's host, port, path and query, with :80 after a host that is asked for by
// http without a port: it depends on nothing but the URL.
func (r *Reader) URLs(list string) ([]data.Monitor, error) {
	d := r.Defaults.orBuiltIn()
	var monitors []data.Monitor
	var errs Errors
	seen := map[string]int{}
	parts := strings.Split(list, ",")
	for i, raw := range parts {
		raw = strings.TrimSpace(raw)
		if raw == "" && (len(parts) == 1 || i < len(parts)-1) {
			errs = append(errs, whole(Variable, "URL %d is empty; write URLs with commas between them", i+1))
			continue
		} else if raw == "" {
			continue // after a last comma
		}
		wrong := ""
		if !strings.Contains(raw, references.Begin) {
			wrong = checkURL(raw)
		}
		if wrong != "" {
			errs = append(errs, whole(Variable, "URL %d: %s", i+1, wrong))
			continue
		}
		id := urlID(raw)
		if first, ok := seen[id]; ok {
			errs = append(errs, Problem{File: Variable, Index: -1, Monitor: id,
				Message: fmt.Sprintf("URL %d is URL %d again; write it once", i+1, first)})
			continue
		}
		seen[id] = i + 1
		m := data.Monitor{
			ID: id, URL: raw, Schedule: d.Schedule, Timeout: data.Duration(d.Timeout),
			Method: "GET", Connection: data.ConnectionNew, Redirects: defaultRedirects,
		}
		if every := m.Schedule.Every; every > 0 {
			m.Timeout = min(m.Timeout, every)
		}
		if r.References != nil && strings.Contains(raw, references.Begin) {
			if err := heartbeat.Check(&m, r.References.Expand); err != nil {
				errs = append(errs, Problem{File: Variable, Index: -1, Monitor: id, Message: fmt.Sprintf("URL %d: %v", i+1, err)})
				continue
			}
		}
		monitors = append(monitors, m)
	}
	return monitors, errs.orNil()
}

func urlID(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw // checkURL has parsed it
	}
	id := strings.ToLower(u.Host)
	if u.Scheme == "http" && u.Port() == "" {
		id = strings.TrimSuffix(id, ":") + ":80"
	}
	id += strings.TrimRight(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		id += "?" + u.RawQuery
	}
	if len(id) > data.MaxID || data.CheckID(id) != nil {
		sum := sha256.Sum256([]byte(raw))
		const hashed = 17 // a dash and 16 digits
		id = strings.ToValidUTF8(id[:min(len(id), data.MaxID-hashed)], "") + "-" + hex.EncodeToString(sum[:8])
	}
	return id
}
