package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/schedule"
)

func plan() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "plan [FILE...]", Short: "Show what a reload would start, stop and change",
		Long: `Show what a reload, or a start, would start, stop and change: of the files that are
named, or else of those that MONITORINK_MONITORS or MONITORINK_URLS names.

It compares with the definitions that are persisted in MONITORINK_DATA_DIR, whether a
heartbeat runs there or not, and changes nothing. Without any, everything starts. Fields
are named, and no values shown: they may be secret.`,
		Example: "  heartbeat plan\n  heartbeat plan new.yaml --json | jq .changes",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			list, wrong := planned(cfg, args)
			state, err := heartbeat.Peek(cfg.DataDir)
			if err != nil {
				return err
			}
			list, kept := daemon.LastGood(list, state.Definitions(), wrong)
			p := newPlan(heartbeat.Differ(state.Definitions(), list), time.Now())
			p.Kept = kept
			if _, err := os.Stat(cfg.DataDir); err == nil && len(state.Definitions()) > 0 {
				p.ComparedWith = cfg.DataDir
			}
			show := p.print
			if asJSON {
				show = p.printJSON
			}
			if err := show(cmd.OutOrStdout()); err != nil || wrong == nil {
				return err
			}
			return &app.UsageError{Err: fmt.Errorf("there is something wrong with the monitors; what it concerns keeps its last good definition, if there is one:\n%w", wrong)}
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	return cmd
}

// planned reads the monitors of files, or those that cfg names.
func planned(cfg *config.Config, files []string) ([]data.Monitor, error) {
	if len(files) == 0 {
		return daemon.Monitors(cfg, daemon.References(cfg), nil)
	}
	var all []data.Monitor
	var wrong monitors.Errors
	seen := map[string]string{}
	for _, file := range files {
		list, err := monitors.Load(file, daemon.Defaults(cfg))
		var more monitors.Errors
		if err != nil && !errors.As(err, &more) {
			return nil, err
		}
		wrong = append(wrong, more...)
		for _, m := range daemon.Mine(cfg, list) {
			if first, ok := seen[m.ID]; ok {
				wrong = append(wrong, monitors.Problem{File: file, Index: -1, Monitor: m.ID, Message: "it is in " + first + " as well; give one of them another id"})
				continue
			}
			seen[m.ID] = file
			all = append(all, m)
		}
	}
	if len(wrong) > 0 {
		return all, wrong
	}
	return all, nil
}

// A planReport is what a reload would do.
type planReport struct {
	ComparedWith string       `json:"compared_with,omitempty"` // the data directory; empty: with nothing
	Starts       []planStart  `json:"starts"`
	Stops        []planStop   `json:"stops"`
	Changes      []planChange `json:"changes"`
	Unchanged    int          `json:"unchanged"`
	Kept         int          `json:"kept,omitempty"` // of those, last good definitions
}

type planStart struct {
	Monitor string `json:"monitor"`
	Next    string `json:"next,omitempty"` // slot; none while it is paused, or when there is no more
}

type planStop struct {
	Monitor string `json:"monitor"`
}

type planChange struct {
	Monitor    string   `json:"monitor"`
	Fields     []string `json:"fields"`
	KeepsPhase bool     `json:"keeps_phase"`
	Before     string   `json:"next_before,omitempty"`
	After      string   `json:"next_after,omitempty"`
}

func newPlan(d heartbeat.Difference, now time.Time) *planReport {
	p := &planReport{Starts: []planStart{}, Stops: []planStop{}, Changes: []planChange{}, Unchanged: d.Unchanged}
	for _, m := range d.Started {
		p.Starts = append(p.Starts, planStart{m.ID, nextSlot(m, now)})
	}
	for _, m := range d.Stopped {
		p.Stops = append(p.Stops, planStop{m.ID})
	}
	for i := range d.Changed {
		c := &d.Changed[i]
		p.Changes = append(p.Changes, planChange{c.After.ID, c.Fields, c.KeepsPhase(), nextSlot(c.Before, now), nextSlot(c.After, now)})
	}
	return p
}

// nextSlot is the first slot of m after now that is to be probed, "" when there is none.
func nextSlot(m *data.Monitor, now time.Time) string {
	s, err := schedule.Parse(m.ID, m.Schedule)
	if err != nil || m.Paused {
		return ""
	}
	at := s.Next(now)
	if at.IsZero() {
		return ""
	}
	return stamp(at)
}

func (p *planReport) printJSON(w io.Writer) error {
	return printJSON(w, p)
}

func (p *planReport) print(w io.Writer) error {
	b := &strings.Builder{}
	if p.ComparedWith == "" {
		fmt.Fprintln(b, "no definitions are persisted, so everything starts (MONITORINK_DATA_DIR says where they would be; with MONITORINK_QUEUE=memory there are none)")
	}
	for _, s := range p.Starts {
		fmt.Fprintf(b, "+ %s starts%s\n", oneLine(s.Monitor, 100), slot(", next slot ", s.Next))
	}
	for _, s := range p.Stops {
		fmt.Fprintf(b, "- %s stops\n", oneLine(s.Monitor, 100))
	}
	keep := 0
	for _, c := range p.Changes {
		fmt.Fprintf(b, "~ %s changes: %s", oneLine(c.Monitor, 100), strings.Join(c.Fields, ", "))
		switch {
		case c.Before == c.After && c.KeepsPhase:
			fmt.Fprintln(b, "; keeps its phase")
		case c.Before == c.After:
			fmt.Fprintf(b, "; next slot %s, as before\n", slot("", c.After))
		case c.Before == "":
			fmt.Fprintf(b, "; next slot %s, where there was none\n", c.After)
		default:
			fmt.Fprintf(b, "; next slot %s, and not %s\n", slot("", c.After), c.Before)
		}
		if c.KeepsPhase {
			keep++
		}
	}
	fmt.Fprintf(b, "%d start, %d stop, %d change (%d keep their phase), %d stay as they are", len(p.Starts), len(p.Stops), len(p.Changes), keep, p.Unchanged)
	if p.Kept > 0 {
		fmt.Fprintf(b, " (%d of them for what is wrong)", p.Kept)
	}
	fmt.Fprintln(b)
	_, err := io.WriteString(w, b.String())
	return err
}

// slot is a slot after some words, or that there is none.
func slot(words, at string) string {
	switch {
	case at != "":
		return words + at
	case words != "":
		return ""
	}
	return "none"
}
