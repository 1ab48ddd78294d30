package kafka_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/monitorink/monitorink/queue/kafka"
)

// lines are the changes of a plan as text.
func lines(plan []kafka.Change) string {
	var b strings.Builder
	for _, c := range plan {
		b.WriteString(c.String() + "\n")
	}
	return b.String()
}

func plan(t *testing.T, o kafka.Options, specs ...kafka.TopicSpec) []kafka.Change {
	t.Helper()
	p, err := kafka.Plan(t.Context(), o, specs...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func apply(t *testing.T, o kafka.Options, p []kafka.Change) {
	t.Helper()
	told := 0
	if err := kafka.Apply(t.Context(), o, p, func(kafka.Change) { told++ }); err != nil {
		t.Fatal(err)
	}
	for _, c := range p {
		if c.Kind == kafka.Cannot {
			told++
		}
	}
	if told != len(p) {
		t.Errorf("%d of %d changes were told of", told, len(p))
	}
}

func TestApplyMakesTheTopicsOfAPlanAndThenHasNothingToDo(t *testing.T) {
	_, o := fake(t, kfake.NumBrokers(3))
	o.Topic, o.DeadLetterTopic = "new.events", "new.dlq"
	events, letters := o.Topics()
	p := plan(t, o, events, letters)
	want := `create new.events: 12 partitions, replication 3, cleanup.policy=delete, retention.ms=604800000 (7 days), min.insync.replicas=2
create new.dlq: 3 partitions, replication 3, cleanup.policy=delete, retention.ms=2592000000 (30 days), min.insync.replicas=2
`
	if got := lines(p); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	apply(t, o, p)
	if again := plan(t, o, events, letters); len(again) != 0 {
		t.Errorf("there is still to do\n%s", lines(again))
	}
	apply(t, o, p) // somebody was faster
}

func TestPlanLeavesAloneWhatWasNotAskedFor(t *testing.T) {
	_, o := fake(t)
	apply(t, o, plan(t, o, kafka.TopicSpec{Name: "mine", Partitions: 20, Replication: 1, Retention: 90 * 24 * time.Hour}))
	if p := plan(t, o, kafka.TopicSpec{Name: "mine"}); len(p) != 0 {
		t.Errorf("got\n%s", lines(p))
	}
}

func TestPlanSaysWhatChangesAndWhatCannot(t *testing.T) {
	_, o := fake(t)
	apply(t, o, plan(t, o, kafka.TopicSpec{Name: "mine", Partitions: 4, Replication: 1}))
	p := plan(t, o, kafka.TopicSpec{Name: "mine", Partitions: 6, Replication: 1, Retention: 36 * time.Hour, MaxMessageBytes: 2 << 20})
	want := `change mine: partitions from 4 to 6
change mine: retention.ms from 604800000 (7 days) to 129600000 (36h0m0s)
change mine: max.message.bytes from 1048588 to 2097152
`
	if got := lines(p); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	apply(t, o, p)
	p = plan(t, o, kafka.TopicSpec{Name: "mine", Partitions: 3, Replication: 2})
	if got := lines(p); len(p) != 2 || p[0].Kind != kafka.Cannot || p[1].Kind != kafka.Cannot ||
		!strings.Contains(got, "partitions from 6 to 3; Kafka takes no partition away") || !strings.Contains(got, "replication from 1 to 2") {
		t.Errorf("got\n%s", got)
	}
	apply(t, o, p) // which does nothing
}

func TestPlanTouchesNoCompactedTopic(t *testing.T) {
	c, o := fake(t)
	compact := "compact"
	if err := setTopicConfig(t, c, "events", "cleanup.policy", &compact); err != nil {
		t.Fatal(err)
	}
	p := plan(t, o, kafka.TopicSpec{Name: "events", Partitions: 50, Retention: time.Hour})
	if len(p) != 1 || p[0].Kind != kafka.Cannot || !strings.Contains(lines(p), "cleanup.policy from compact to delete") {
		t.Errorf("got\n%s", lines(p))
	}
}

func TestPlanMendsATopicThatTakesNothing(t *testing.T) {
	c, o := fake(t)
	apply(t, o, plan(t, o, kafka.TopicSpec{Name: "mine", Replication: 1}))
	two := "2"
	if err := setTopicConfig(t, c, "mine", "min.insync.replicas", &two); err != nil {
		t.Fatal(err)
	}
	if got, want := lines(plan(t, o, kafka.TopicSpec{Name: "mine"})), "change mine: min.insync.replicas from 2 to 1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlanSaysThatNoBrokerIsThere(t *testing.T) {
	o := kafka.Options{Brokers: []string{"127.0.0.1:1"}, Topic: "events"}
	_, err := kafka.Plan(t.Context(), o, kafka.TopicSpec{Name: "events"})
	if err == nil || !strings.Contains(err.Error(), "nothing listens at 127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}
