package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/cmd/internal/progress"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/queue/spool"
)

func dlq() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dlq", Short: "Look at the events that the collector could not keep, and send them again",
		Long: `Look at the dead letters: messages that the collector could not decode, or that
the store will never take. They are in the topic MONITORINK_KAFKA_DLQ_TOPIC, each
with its reason and the place that it came from. With MONITORINK_QUEUE=disk they
are in files of MONITORINK_DATA_DIR, and with memory only in the log.`,
		Args: app.NoArguments,
	}
	cmd.AddCommand(dlqList(), dlqReplay())
	return cmd
}

func dlqList() *cobra.Command {
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the dead letters, the newest last", Args: app.NoArguments,
		Example: "  collector dlq list\n  collector dlq list --limit 0 --json | jq -r .reason | sort | uniq -c",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if limit < 0 {
				return &app.UsageError{Err: fmt.Errorf("--limit %d: write a number of letters, or 0 for all", limit)}
			}
			n := &newest{limit: limit, values: asJSON}
			if err := readLetters(cmd.Context(), cfg, cmd.ErrOrStderr(), n.add); err != nil {
				return err
			}
			if asJSON {
				return printLettersJSON(cmd.OutOrStdout(), n.list())
			}
			printLetters(cmd.OutOrStdout(), n.list(), n.seen, cfg.Kafka.Topic)
			return nil
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "how many of the newest; 0: all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line, with the value")
	return cmd
}

// A letterLine is a dead letter as --json shows it.
type letterLine struct {
	Partition       int32           `json:"partition"`
	Offset          int64           `json:"offset"`
	At              time.Time       `json:"failed_at"`
	Kind            data.Kind       `json:"kind,omitempty"`
	Monitor         string          `json:"monitor"`
	SourceTopic     string          `json:"source_topic,omitempty"`
	SourcePartition int32           `json:"source_partition"`
	SourceOffset    int64           `json:"source_offset"`
	Size            int             `json:"size"`
	Cut             bool            `json:"cut,omitempty"`
	Reason          string          `json:"reason"`
	Value           json.RawMessage `json:"value,omitempty"`
	Base64          []byte          `json:"value_base64,omitempty"` // when it is not JSON
}

func lineOf(d kafka.DeadLetter) letterLine {
	l := letterLine{
		Partition: d.Partition, Offset: d.Offset, At: d.At, Kind: d.Kind, Monitor: d.Key,
		SourceTopic: d.SourceTopic, SourcePartition: d.SourcePartition, SourceOffset: d.SourceOffset,
		Size: d.Size, Cut: d.Cut, Reason: d.Reason,
	}
	if json.Valid(d.Value) {
		l.Value = d.Value
	} else {
		l.Base64 = d.Value
	}
	return l
}

// A newest keeps the newest letters, in bounded memory when there is a limit.
type newest struct {
	limit  int
	values bool
	seen   int
	kept   []kafka.DeadLetter
}

func (n *newest) add(d kafka.DeadLetter) error {
	n.seen++
	if !n.values {
		d.Value = nil
	}
	n.kept = append(n.kept, d)
	if n.limit > 0 && len(n.kept) >= 2*n.limit {
		n.kept = n.list()
	}
	return nil
}

func (n *newest) list() []kafka.DeadLetter {
	slices.SortStableFunc(n.kept, func(a, b kafka.DeadLetter) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	if n.limit > 0 && len(n.kept) > n.limit {
		return slices.Clone(n.kept[len(n.kept)-n.limit:])
	}
	return n.kept
}

var errNoLetters = errors.New("MONITORINK_QUEUE=memory keeps no dead letters: each is a warning in the log; write disk or kafka to keep them")

// readLetters hands out the dead letters of the queue that cfg chose.
func readLetters(ctx context.Context, cfg *config.Config, stderr io.Writer, each func(kafka.DeadLetter) error) error {
	switch cfg.Queue {
	case config.QueueKafka:
		return withVariables(kafka.DeadLetters(ctx, daemon.KafkaOptions(cfg, nil), each))
	case config.QueueDisk:
		dir := filepath.Join(cfg.DataDir, "spool")
		line := int64(0)
		damaged, err := spool.DeadLetters(dir, func(d spool.DeadLetter) error {
			line++
			return each(kafka.DeadLetter{
				Offset: line, At: d.At, Kind: d.Message.Kind, Key: d.Message.Key,
				Value: d.Message.Value, Size: len(d.Message.Value), Reason: d.Reason,
			})
		})
		if damaged > 0 {
			fmt.Fprintf(stderr, "warning: %s of the dead letters in %s cannot be read\n", plural(damaged, "line"), dir)
		}
		return err
	}
	return &app.UsageError{Err: errNoLetters}
}

func printLettersJSON(w io.Writer, list []kafka.DeadLetter) error {
	enc := encoder(w)
	for _, d := range list {
		if err := enc.Encode(lineOf(d)); err != nil {
			return err
		}
	}
	return nil
}

// columns is how wide the table is.
const columns = 120

// printLetters prints a table. A source is topic:partition:offset, without the
// topic when it is the one of events.
func printLetters(w io.Writer, list []kafka.DeadLetter, seen int, topic string) {
	if len(list) == 0 {
		fmt.Fprintln(w, "there are no dead letters")
		return
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "LETTER\tFAILED AT (UTC)\tKIND\tMONITOR\tSOURCE\tSIZE\t")
	for _, d := range list {
		source := "-"
		if d.SourceTopic != "" {
			source = fmt.Sprintf("%d:%d", d.SourcePartition, d.SourceOffset)
			if d.SourceTopic != topic {
				source = oneLine(d.SourceTopic, 24) + ":" + source
			}
		}
		size := sizeOf(d.Size)
		if d.Cut {
			size += " cut"
		}
		fmt.Fprintf(t, "%d:%d\t%s\t%s\t%s\t%s\t%s\t\n", d.Partition, d.Offset, d.At.UTC().Format("01-02 15:04:05"),
			cmp.Or(oneLine(string(d.Kind), 12), "-"), cmp.Or(oneLine(d.Key, 16), "-"), source, size)
	}
	_ = t.Flush() // a strings.Builder takes everything
	short := false
	for i, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		reason := "REASON"
		if i > 0 {
			reason = cmp.Or(list[i-1].Reason, "-")
		}
		text := oneLine(reason, max(columns-utf8.RuneCountInString(line)-1, 30))
		short = short || strings.HasSuffix(text, "…")
		fmt.Fprintln(w, line+text)
	}
	if short {
		fmt.Fprintln(w, "\n--json shows reasons and values whole")
	}
	if seen > len(list) {
		fmt.Fprintf(w, "\nthe newest %d of %d; --limit 0 shows all\n", len(list), seen)
	}
}

func dlqReplay() *cobra.Command {
	var how kafka.ReplayOptions
	var quiet bool
	cmd := &cobra.Command{
		Use: "replay", Short: "Send the dead letters once more, those that were not yet", Args: app.NoArguments,
		Long: `Send the dead letters of MONITORINK_KAFKA_TOPIC to it, as they were, once the
cause is gone. One that came from another topic is named and skipped. The offsets of
the consumer group MONITORINK_KAFKA_GROUP with -dlq-replay at its end say which have
been sent; an event that arrives twice is one event, so an interrupted replay can
simply be run again. A letter that was too large to keep whole is read anew from
where it came from; when it is gone there, it is named and skipped. What is refused
once more becomes a new dead letter.`,
		Example: "  collector dlq replay --dry-run\n  collector dlq replay",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if err := onlyKafka(cfg); err != nil {
				return &app.UsageError{Err: err}
			}
			return replay(cmd, cfg, how, quiet)
		},
	}
	cmd.Flags().BoolVar(&how.DryRun, "dry-run", false, "send nothing, and only say what would be sent")
	cmd.Flags().BoolVar(&quiet, "quiet", false, "do not tell how far it is")
	cmd.Flags().BoolVar(&how.All, "all", false, "send those again that have been sent before, too")
	return cmd
}

// onlyKafka says why no other queue's letters can be replayed, and what to do.
func onlyKafka(cfg *config.Config) error {
	switch cfg.Queue {
	case config.QueueDisk:
		return fmt.Errorf("with MONITORINK_QUEUE=disk dead letters cannot be sent again: heartbeat alone writes its spool; collector dlq list --json shows each with its value, from %s",
			filepath.Join(cfg.DataDir, "spool"))
	case config.QueueMemory:
		return errNoLetters
	}
	return nil
}

func replay(cmd *cobra.Command, cfg *config.Config, how kafka.ReplayOptions, quiet bool) error {
	did := "replayed"
	if how.DryRun {
		did = "would replay"
	}
	bar := progress.Start(cmd.ErrOrStderr(), progress.Options{Verb: "gone through", Noun: "dead letters", Quiet: quiet})
	defer bar.Stop()
	out := bar.Around(cmd.OutOrStdout())
	how.Begin = bar.SetTotal
	how.Each = func(d kafka.DeadLetter, skipped error) {
		bar.Add(1)
		switch {
		case skipped != nil:
			fmt.Fprintf(out, "skipped %d:%d of %s: %v\n", d.Partition, d.Offset, cmp.Or(oneLine(d.Key, 40), "nobody"), withVariables(skipped))
		case how.DryRun:
			fmt.Fprintf(out, "would replay %d:%d of %s to %s\n", d.Partition, d.Offset, cmp.Or(oneLine(d.Key, 40), "nobody"), d.SourceTopic)
		}
	}
	got, err := kafka.Replay(cmd.Context(), daemon.KafkaOptions(cfg, nil), how)
	bar.Stop()
	line := fmt.Sprintf("%s %s, skipped %d", did, plural(got.Replayed, "dead letter"), got.Skipped)
	if got.Fetched > 0 {
		line += fmt.Sprintf("; %d had been cut and were read anew from their source", got.Fetched)
	}
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(out, line)
		return errors.New("interrupted: run it again for the others")
	case err != nil && got != (kafka.ReplayResult{}):
		fmt.Fprintln(out, line)
		return withVariables(err)
	case err != nil:
		return withVariables(err)
	case got == (kafka.ReplayResult{}) && !how.All:
		fmt.Fprintln(out, "there is nothing to replay; --all sends those again that have been sent before")
	default:
		fmt.Fprintln(out, line)
		if got.Replayed > 0 && !how.DryRun {
			fmt.Fprintln(out, "what is refused once more comes back as a new dead letter")
		}
	}
	return nil
}
