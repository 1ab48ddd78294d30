package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/terminal"
)

// are is "1 monitor is", or "2 monitors are".
func are(n int, word string) string {
	if n == 1 {
		return plural(n, word) + " is"
	}
	return plural(n, word) + " are"
}

// plural is "1 monitor", or "2 monitors".
func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

// oneLine is what a terminal shows of a value: no characters that would steer it, and at
// most n of the others.
func oneLine(s string, n int) string {
	runes := []rune(terminal.Clean(strings.Join(strings.Fields(s), " ")))
	if len(runes) > n {
		return string(runes[:n]) + "…"
	}
	return string(runes)
}

// round is d in four digits or so.
func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}

// stamp is an instant as events have it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// sizeOf is a number of bytes, in short.
func sizeOf(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1fM", float64(n)/(1<<20))
	case n >= 10_000:
		return fmt.Sprintf("%dk", n>>10)
	}
	return fmt.Sprint(n)
}

// percent never says 100 of less than all, nor 0 of more than none.
func percent(n, of int64) string {
	switch p := 100 * float64(n) / float64(of); {
	case n == of:
		return "100 %"
	case n == 0:
		return "0 %"
	default:
		return fmt.Sprintf("%.2f %%", min(max(p, 0.01), 99.99))
	}
}

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "FAIL"
}

// encoder writes JSON as people read it: < stays <.
func encoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}

// printJSON prints v as one object of several lines.
func printJSON(w io.Writer, v any) error {
	enc := encoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
