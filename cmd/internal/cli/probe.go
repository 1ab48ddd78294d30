package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
)

func probeCommand() *cobra.Command {
	var asJSON, watching bool
	var every time.Duration
	cmd := &cobra.Command{
		Use: "probe URL|ID", Short: "Probe a URL, or a monitor of the configuration, and show every phase",
		Long: `Probe a URL, or a monitor of the configuration with all its expectations, and show
where the time went. The exit code is 0 when it is up and 1 when it is down.

With --watch it probes again and again, a line each, with what has changed, and
Ctrl-C ends it with a summary; the exit code is then 1 when any probe was down. A
phase that did not happen is -.`,
		Example: `  heartbeat probe https://shop.example/health
  heartbeat probe shop --json
  heartbeat probe shop --watch --every 500ms`,
		Args: one("a URL, or the id of a monitor"), ValidArgsFunction: ids,
		RunE: func(cmd *cobra.Command, args []string) error {
			if every < leastWatch {
				return &app.UsageError{Err: fmt.Errorf("--every %v: at least %v is needed", every, leastWatch)}
			}
			if cmd.Flags().Changed("every") && !watching {
				return &app.UsageError{Err: errors.New("--every goes with --watch")}
			}
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			refs := daemon.References(cfg)
			m, err := find(cfg, refs, args[0])
			if err != nil {
				return &app.UsageError{Err: err}
			}
			o, err := daemon.ProbeOptions(cfg)
			if err != nil {
				return &app.UsageError{Err: err}
			}
			p := probe.New(o)
			defer p.Close()
			once := func() (*data.Measurement, error) {
				got, err := heartbeat.Once(cmd.Context(), p, refs.Expand, m, "terminal", "probe")
				if err != nil {
					return nil, &app.UsageError{Err: err}
				}
				return got, nil
			}
			if watching {
				return watchMonitor(cmd.Context(), cmd.OutOrStdout(), m, every, asJSON, once)
			}
			return showOnce(cmd.OutOrStdout(), args[0], asJSON, once)
		},
	}
	cmd.Flags().BoolVar(&watching, "watch", false, "probe again and again, until Ctrl-C")
	cmd.Flags().DurationVar(&every, "every", time.Second, "with --watch: the time from one probe to the next")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the measurement as the event it would be")
	return cmd
}

func showOnce(out io.Writer, name string, asJSON bool, once func() (*data.Measurement, error)) error {
	got, err := once()
	if err != nil {
		return err
	}
	if asJSON {
		if err := printEvent(out, got); err != nil {
			return err
		}
	} else {
		printMeasurement(out, got)
	}
	if got.State == data.Down {
		return fmt.Errorf("%s is down: %s", name, got.Error.Kind)
	}
	return nil
}

func printEvent(out io.Writer, e data.Event) error {
	b, err := data.Encode(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", b)
	return err
}

// find returns the monitor that arg names: a URL, or an id of the configuration.
func find(cfg *config.Config, refs *references.Resolver, arg string) (*data.Monitor, error) {
	if strings.Contains(arg, "://") {
		// A comma would part the list that FromURLs reads; %2C says the same.
		list, err := monitors.FromURLs(strings.ReplaceAll(arg, ",", "%2C"), daemon.Defaults(cfg))
		if err != nil {
			return nil, err
		}
		return &list[0], nil
	}
	list, err := daemon.AllMonitors(cfg, refs, nil)
	return pick(list, arg, err)
}

// pick returns the monitor of an id among those that are good. What is wrong with
// others, err, matters only when it is not there.
func pick(list []data.Monitor, id string, err error) (*data.Monitor, error) {
	var ids []string
	for i := range list {
		if list[i].ID == id {
			return &list[i], nil
		}
		ids = append(ids, list[i].ID)
	}
	if err != nil && len(ids) == 0 {
		return nil, err
	}
	known := fmt.Sprintf("none of the %d monitors has it", len(list))
	if len(ids) <= 20 {
		known = "the monitors are " + strings.Join(ids, ", ")
	}
	if len(ids) == 0 {
		known = "there are no monitors"
	}
	if strings.ContainsAny(id, ":/.") {
		known += "; a URL begins with http:// or https://"
	}
	unknown := fmt.Errorf("%q is no monitor's id: %s", id, known)
	if err != nil {
		return nil, fmt.Errorf("%w; this is wrong with the others:\n%w", unknown, err)
	}
	return nil, unknown
}

// printMeasurement draws the phases to scale, one under the other.
func printMeasurement(w io.Writer, m *data.Measurement) {
	fmt.Fprintf(w, "%s %s\n", m.Method, m.URL)
	if h := m.HTTP; h != nil {
		line := fmt.Sprintf("%s %d from %s", h.Protocol, h.Status, h.Remote)
		if h.Redirects > 0 {
			line += " after " + plural(h.Redirects, "redirect")
		}
		if h.BodyBytes >= 0 {
			line += fmt.Sprintf(", %d bytes of body", h.BodyBytes)
		}
		fmt.Fprintln(w, line)
	}
	if t := m.TLS; t != nil {
		line := t.Version
		if !t.Expires.IsZero() {
			line += fmt.Sprintf(", certificate valid until %s (%d days)", t.Expires.Format("2006-01-02"), int(t.Expires.Sub(m.Started).Hours()/24))
		}
		fmt.Fprintln(w, line)
	}
	if m.Trace != "" {
		fmt.Fprintf(w, "trace %s\n", m.Trace)
	}
	if m.Phases.Total.Measured() {
		fmt.Fprintln(w)
		printPhases(w, m.Phases)
	}
	if len(m.Hops) > 0 {
		fmt.Fprintln(w)
	}
	for i, h := range m.Hops {
		fmt.Fprintf(w, "  hop %d  %3d  %10s  %s\n", i+1, h.Status, round(h.Phases.Total.D()), h.URL)
	}
	printAddresses(w, m)
	printExpectations(w, m.Expectations)
	fmt.Fprintln(w)
	printCaptured(w, m.Captured)
	if m.Error != nil {
		where := ""
		if m.Error.Phase != "" {
			where = " in " + m.Error.Phase
		}
		fmt.Fprintf(w, "down: %s%s: %s\n", m.Error.Kind, where, oneLine(m.Error.Message, 300))
		return
	}
	fmt.Fprintln(w, "up")
}

// printExpectations lists what was judged.
func printExpectations(w io.Writer, all []data.Expectation) {
	if len(all) > 0 {
		fmt.Fprintln(w)
	}
	width := 0
	for _, e := range all {
		width = max(width, len(e.Name))
	}
	for _, e := range all {
		mark := "ok  "
		if !e.OK {
			mark = "FAIL"
		}
		switch {
		case e.Seen != "":
			fmt.Fprintf(w, "  %s  %-*s  saw %s\n", mark, width, e.Name, oneLine(e.Seen, 80))
		case e.OK: // there is nothing to see in what is not there
			fmt.Fprintf(w, "  %s  %s\n", mark, e.Name)
		default:
			fmt.Fprintf(w, "  %s  %-*s  saw nothing\n", mark, width, e.Name)
		}
	}
}

// printAddresses lists what was found at each address.
func printAddresses(w io.Writer, m *data.Measurement) {
	if len(m.Addresses) == 0 {
		return
	}
	fmt.Fprintln(w)
	for _, a := range m.Addresses {
		fmt.Fprintf(w, "  %-4s  %3d  %10s  %s", a.State, a.Status, round(a.Phases.Total.D()), a.Remote)
		if a.Error != nil {
			fmt.Fprintf(w, "  %s: %s", a.Error.Kind, oneLine(a.Error.Message, 80))
		}
		fmt.Fprintln(w)
	}
	if m.Unprobed > 0 {
		fmt.Fprintf(w, "  and %d more, not probed\n", m.Unprobed)
	}
}

// oneLine is what a terminal shows of a value: no control characters, and at most
// n characters.
func oneLine(s string, n int) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	for i, r := range runes {
		if unicode.IsControl(r) {
			runes[i] = '\uFFFD'
		}
	}
	if len(runes) > n {
		return string(runes[:n]) + "…"
	}
	return string(runes)
}

func printPhases(w io.Writer, p data.Phases) {
	const width = 40
	total := max(p.Total.D(), 1)
	at := time.Duration(0)
	for _, part := range []struct {
		name string
		span data.Span
	}{
		{"dns", p.DNS}, {"connect", p.Connect}, {"tls", p.TLS}, {"request", p.Request},
		{"first byte", p.FirstByte}, {"transfer", p.Transfer},
	} {
		if !part.span.Measured() {
			continue
		}
		d := part.span.D()
		from := min(int(at*width/total), width-1)
		to := min(max(int((at+d)*width/total), from+1), width)
		fmt.Fprintf(w, "  %-10s %10s  %s%s\n", part.name, round(d), strings.Repeat(" ", from), strings.Repeat("█", to-from))
		at += d
	}
	fmt.Fprintf(w, "  %-10s %10s\n", "total", round(p.Total.D()))
}

func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}
