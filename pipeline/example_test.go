package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// words returns a source of the words of s.
func words(s string) pipeline.Source[string] {
	rest := strings.Fields(s)
	return pipeline.SourceFunc[string](func(context.Context) (string, error) {
		if len(rest) == 0 {
			return "", io.EOF
		}
		word := rest[0]
		rest = rest[1:]
		return word, nil
	})
}

func Example() {
	shout := func(_ context.Context, s string) (string, error) { return strings.ToUpper(s), nil }

	p := pipeline.New(pipeline.Options{})
	f := pipeline.From(p, "read", words("every value ends"))
	f = pipeline.Map(f, "shout", shout)
	pipeline.To(f, "print", 1, func(_ context.Context, s string) error {
		fmt.Println(s)
		return nil
	})
	if err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// EVERY
	// VALUE
	// ENDS
}

// An inbox is a source that is told how its messages ended.
type inbox struct{ messages []string }

func (b *inbox) Next(context.Context) (string, error) {
	if len(b.messages) == 0 {
		return "", io.EOF
	}
	m := b.messages[0]
	b.messages = b.messages[1:]
	return m, nil
}

func (b *inbox) Settle(m string, o pipeline.Outcome) {
	switch o.Verdict {
	case pipeline.Accepted:
		fmt.Printf("forget %q\n", m)
	case pipeline.Refused:
		fmt.Printf("dead letter %q: %v\n", m, o.Err)
	case pipeline.Undecided:
		fmt.Printf("deliver %q again\n", m)
	}
}

func ExampleSettler() {
	parse := func(_ context.Context, s string) (int, error) {
		n, err := strconv.Atoi(s)
		return n, pipeline.Reject(err) // nil if err is
	}
	save := func(context.Context, int) error { return nil }

	p := pipeline.New(pipeline.Options{})
	f := pipeline.From(p, "inbox", &inbox{messages: []string{"1", "two", "3"}})
	numbers := pipeline.Map(f, "parse", parse)
	pipeline.To(numbers, "save", 1, save)
	if err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// forget "1"
	// dead letter "two": strconv.Atoi: parsing "two": invalid syntax
	// forget "3"
}

func ExampleToBatch() {
	// A database that takes a batch at once, and says which rows it does not want.
	insert := func(_ context.Context, rows []string) (refused []pipeline.Refusal, err error) {
		for i, row := range rows {
			if len(row) > 5 {
				refused = append(refused, pipeline.Refusal{Index: i, Err: errors.New("longer than 5")})
			}
		}
		return refused, nil
	}

	p := pipeline.New(pipeline.Options{})
	rows := pipeline.From(p, "inbox", &inbox{messages: []string{"short", "much longer", "fine"}})
	pipeline.ToBatch(pipeline.Batch(rows, "batch", 1000, 100*time.Millisecond), "insert", 1, insert)
	if err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// forget "short"
	// dead letter "much longer": longer than 5
	// forget "fine"
}

func ExampleBatch() {
	length := func(_ context.Context, s string) (int, error) { return len(s), nil }

	p := pipeline.New(pipeline.Options{})
	lengths := pipeline.Map(pipeline.From(p, "read", words("five words of various lengths")), "measure", length)
	pipeline.To(pipeline.Batch(lengths, "batch", 2, time.Minute), "print", 1, func(_ context.Context, batch []int) error {
		fmt.Println(batch)
		return nil
	})
	if err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// [4 5]
	// [2 7]
	// [7]
}

// The error of a function says whether it is this value that is at fault, or something that concerns them all.
func ExampleReject() {
	for _, full := range []bool{false, true} {
		save := func(_ context.Context, s string) error {
			switch {
			case full:
				return errors.New("disk is full") // no value can be saved: stop, and take them all back
			case s == "bad":
				return pipeline.Reject(errors.New("not a good one")) // this one never will
			}
			return nil
		}

		p := pipeline.New(pipeline.Options{})
		pipeline.To(pipeline.From(p, "inbox", &inbox{messages: []string{"bad"}}), "save", 1, save)
		fmt.Println(p.Run(context.Background()))
	}
	// Output:
	// dead letter "bad": not a good one
	// <nil>
	// deliver "bad" again
	// stage save: disk is full (values left undecided: 1)
}

func ExampleBroadcast() {
	var letters, longest int

	p := pipeline.New(pipeline.Options{})
	branches := pipeline.Broadcast(pipeline.From(p, "read", words("one value goes both ways")), "both", 2)
	pipeline.To(branches[0], "count letters", 1, func(_ context.Context, s string) error {
		letters += len(s)
		return nil
	})
	pipeline.To(branches[1], "find the longest", 1, func(_ context.Context, s string) error {
		longest = max(longest, len(s))
		return nil
	})
	if err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(letters, "letters, at most", longest, "in a word")
	// Output:
	// 20 letters, at most 5 in a word
}

func ExampleUpTo() {
	// What takes longer for shorter words still leaves in their order.
	look := func(_ context.Context, s string) (string, error) {
		time.Sleep(time.Duration(10-len(s)) * time.Millisecond)
		return s + ".", nil
	}

	p := pipeline.New(pipeline.Options{})
	f := pipeline.From(p, "read", words("a pool that is dynamic"))
	f = pipeline.Map(f, "look up", look, pipeline.UpTo(8), pipeline.Ordered())
	pipeline.To(f, "print", 1, func(_ context.Context, s string) error {
		fmt.Print(s, " ")
		return nil
	})
	if err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// a. pool. that. is. dynamic.
}

func ExampleRecover() {
	third := func(_ context.Context, s string) (string, error) { return s[2:3], nil }

	p := pipeline.New(pipeline.Options{Hooks: pipeline.Hooks{OnRefused: func(stage string, err error) {
		fmt.Printf("%s: %v\n", stage, err)
	}}})
	f := pipeline.From(p, "read", words("abc no def"))
	f = pipeline.Map(f, "third", pipeline.Recover(third))
	pipeline.To(f, "sink", 1, func(context.Context, string) error { return nil })
	fmt.Println(p.Run(context.Background()))
	// Output:
	// third: panic: runtime error: slice bounds out of range [:3] with length 2
	// <nil>
}

func ExampleThen() {
	trim := func(_ context.Context, s string) (string, error) { return strings.Trim(s, ",."), nil }
	short := func(_ context.Context, s string) (string, error) {
		if len(s) > 4 {
			return "", pipeline.ErrSkip
		}
		return s, nil
	}

	p := pipeline.New(pipeline.Options{})
	f := pipeline.Map(pipeline.From(p, "read", words("Short words, only.")), "short words", pipeline.Then(trim, short))
	pipeline.To(f, "print", 1, func(_ context.Context, s string) error {
		fmt.Println(s)
		return nil
	})
	fmt.Println(p.Run(context.Background()))
	fmt.Println("skipped:", p.Stats()[1].Skipped)
	// Output:
	// only
	// <nil>
	// skipped: 2
}
