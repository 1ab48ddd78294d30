package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue/kafka"
)

// A topicFlags holds the flags of topics plan and apply.
type topicFlags struct {
	partitions, replication, maxBytes int
	retention                         data.Duration
}

func topics() *cobra.Command {
	f := &topicFlags{retention: data.Duration(kafka.DefaultRetention)}
	cmd := &cobra.Command{
		Use: "topics", Short: "Make the Kafka topics, or show what is to do about them",
		Long: fmt.Sprintf(`Make the two topics that Monitorink needs, or show what is to do about them:
MONITORINK_KAFKA_TOPIC for events, and MONITORINK_KAFKA_DLQ_TOPIC for dead
letters (%d partitions, kept %d days). The daemons create nothing by themselves.

A flag that is not given is a default for a topic that does not exist, and leaves
one that does alone. No other topic is looked at.`, kafka.DefaultLettersPartitions, kafka.DefaultLettersRetention/(24*time.Hour)),
		Example: "  heartbeat topics plan\n  heartbeat topics apply\n  heartbeat topics apply --partitions 24 --retention 14d",
		Args:    app.NoArguments,
	}
	cmd.PersistentFlags().IntVar(&f.partitions, "partitions", kafka.DefaultPartitions, "partitions of the topic of events: the most collectors that can share it")
	cmd.PersistentFlags().IntVar(&f.replication, "replication", 0, fmt.Sprintf("replicas of both topics (default: %d, or as many as there are brokers)", kafka.DefaultReplication))
	cmd.PersistentFlags().Var(&durationFlag{&f.retention}, "retention", "how long the topic keeps events")
	cmd.PersistentFlags().IntVar(&f.maxBytes, "max-bytes", 0, "the largest batch of messages that both topics take (default: what the brokers take)")
	cmd.AddCommand(&cobra.Command{
		Use: "plan", Short: "Show what apply would do; the exit code is 0 unless that cannot be told", Args: app.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return planTopics(cmd, f) },
	}, &cobra.Command{
		Use: "apply", Short: "Make the topics, or change them; twice is harmless", Args: app.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return applyTopics(cmd, f) },
	})
	return cmd
}

// A durationFlag is a duration of at least a second that may be in days.
type durationFlag struct{ d *data.Duration }

// String is empty for nil, which pflag asks for.
func (f *durationFlag) String() string {
	if f.d == nil {
		return ""
	}
	if day := 24 * time.Hour; f.d.D() >= day && f.d.D()%day == 0 {
		return fmt.Sprintf("%dd", f.d.D()/day)
	}
	return f.d.String()
}

// Set parses s.
func (f *durationFlag) Set(s string) error {
	d, err := data.ParseDuration(s)
	if err != nil || d < time.Second {
		return errors.New("write " + f.Form())
	}
	*f.d = data.Duration(d)
	return nil
}

// Form is how it is written, for who has not.
func (f *durationFlag) Form() string { return "a number and a unit, such as 12h or 14d" }

// Type is what the help calls the value.
func (f *durationFlag) Type() string { return "duration" }

// specs are the topics as the flags want them.
func (f *topicFlags) specs(cmd *cobra.Command, o kafka.Options) ([]kafka.TopicSpec, error) {
	events, letters := o.Topics()
	given := cmd.Flags().Changed
	for _, n := range []struct {
		name       string
		value, max int
	}{{"partitions", f.partitions, 10_000}, {"replication", f.replication, math.MaxInt16}, {"max-bytes", f.maxBytes, math.MaxInt32}} {
		if given(n.name) && (n.value < 1 || n.value > n.max) {
			return nil, &app.UsageError{Err: fmt.Errorf("--%s %d: write a number from 1 to %d", n.name, n.value, n.max)}
		}
	}
	if given("partitions") {
		events.Partitions = int32(f.partitions) //nolint:gosec // checked above
	}
	if given("retention") {
		events.Retention = f.retention.D()
	}
	for _, s := range []*kafka.TopicSpec{&events, &letters} {
		s.Replication, s.MaxMessageBytes = int16(f.replication), f.maxBytes //nolint:gosec // checked above
	}
	return []kafka.TopicSpec{events, letters}, nil
}

// plan asks Kafka what is to do. It takes half a minute at most.
func (f *topicFlags) plan(cmd *cobra.Command) (kafka.Options, []kafka.Change, error) {
	cfg, err := app.Config(cmd.ErrOrStderr())
	if err != nil {
		return kafka.Options{}, nil, err
	}
	o := daemon.KafkaOptions(cfg, nil)
	specs, err := f.specs(cmd, o)
	if err != nil {
		return o, nil, err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 30*time.Second)
	defer cancel()
	plan, err := kafka.Plan(ctx, o, specs...)
	if err != nil {
		return o, nil, withVariables(err)
	}
	if len(plan) == 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%s and %s are as they should be\n", o.Topic, o.DeadLetterTopic)
	}
	return o, plan, nil
}

func planTopics(cmd *cobra.Command, f *topicFlags) error {
	_, plan, err := f.plan(cmd)
	if err != nil {
		return err
	}
	todo := 0
	for _, c := range plan {
		fmt.Fprintln(cmd.OutOrStdout(), c)
		if c.Kind != kafka.Cannot {
			todo++
		}
	}
	if todo > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "\n%s apply, with the same flags, does it\n", cmd.Parent().CommandPath())
	}
	return nil
}

func applyTopics(cmd *cobra.Command, f *topicFlags) error {
	o, plan, err := f.plan(cmd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
	defer cancel()
	if err := kafka.Apply(ctx, o, plan, func(c kafka.Change) { fmt.Fprintln(cmd.OutOrStdout(), c) }); err != nil {
		return withVariables(err)
	}
	cannot := 0
	for _, c := range plan {
		if c.Kind == kafka.Cannot {
			fmt.Fprintln(cmd.ErrOrStderr(), c)
			cannot++
		}
	}
	if cannot > 0 {
		return fmt.Errorf("%s cannot be made, see above", plural(cannot, "change"))
	}
	if len(plan) > 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "done: every partition has a leader")
	}
	return nil
}
