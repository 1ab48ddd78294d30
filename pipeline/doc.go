// Package pipeline moves values through stages that run at once, and tells their source how each of them ended.
//
// A collector in five lines:
//
//	p := pipeline.New(pipeline.Options{Grace: 30 * time.Second})
//	messages := pipeline.From(p, "receive", subscription)
//	events := pipeline.Map(messages, "decode", pipeline.Recover(decode), pipeline.Workers(2))
//	pipeline.ToBatch(pipeline.Batch(events, "batch", 5000, 100*time.Millisecond), "save", 2, save)
//	err := p.Run(ctx)
//
// # What always holds
//
//  1. Nobody abandons an input. A stage receives until its input is closed, after an abort too: then it no longer
//     works, but only settles. So a plain send never hangs, nothing is lost between two stages, and every goroutine
//     ends.
//  2. The acknowledgement is the source's own value. A channel carries a value together with its receipt; a batch
//     collects the receipts of its elements, a broadcast counts them, and the worst outcome wins: undecided before
//     refused before accepted. A source that is a [Settler] is told exactly once for each value that Next returned,
//     before [Pipeline.Run] returns.
//  3. A sink is synchronous, and its nil is a promise that the value is safe. Throughput comes from [Batch] and from
//     several sinks at once.
//  4. The function decides by its error: nil forwards, [ErrSkip] and [Reject] end this value, anything else stops the
//     pipeline. Outcomes are values, and are never looked for in an error chain.
//  5. Nil from Run means that nothing is undecided.
//
// # How it ends
//
// A drain begins when ctx is done, or when all sources have ended. Next is called no more, batches are flushed, what
// is in flight goes on to its end, and Run returns nil. The contexts of the stages do not end with ctx: work in flight
// has a budget of its own, Options.Grace. When it runs out the contexts of the stages are cancelled, the rest settles as
// undecided, and Run returns an error that says how many values that were.
//
// An abort begins when a function, a sink or a source returns an error. The contexts of all stages and sources are
// cancelled with it as their cause, the rest settles as undecided, and Run returns the error with the stage's name.
//
// A panic crashes the program, and the crash names the stage; under [Recover] it refuses the value. A function that
// ignores its context delays Run.
//
// # The classic vocabulary
//
// Chapter 7 of Hands-On Software Engineering with Golang taught many the words for this. They are said so here:
//
//	source               From, with a Source; io.EOF ends it
//	FIFO stage           Map
//	fixed worker pool    Map with Workers(n)
//	dynamic worker pool  Map with UpTo(n); Ordered and KeyedBy(key) keep an order in either pool
//	broadcast            Broadcast; the branches are stages of their own, and share the value instead of cloning it
//	sink                 To, or ToBatch
//	payload              any type: values are typed, and need no method
//	MarkAsProcessed      Settler.Settle, which also says how the value ended
//
// # What it costs
//
// A hop to another stage is a send on a buffered channel, some tens of nanoseconds, without an allocation. A value
// waits nowhere but in channels and in a Batch, and there no longer than it was told to. DESIGN.md has the figures and
// the reasons.
//
// # What it is not
//
// It has no cycles and does not merge flows: a graph is a tree for each source. It does not retry: that belongs inside
// the function, which knows what may be retried. It keeps nothing on disk: whoever needs that gives it a source that
// does, and forgets a value when it settles. It does not log: see [Hooks] and [Pipeline.Stats].
package pipeline
