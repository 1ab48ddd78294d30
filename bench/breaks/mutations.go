package main

// What the promises hang on, in the order of the way from slot to row.
var mutations = []mutation{
	{
		name: "identity changed: the phase of a monitor",
		file: "monitor/schedule/schedule.go",
		old:  "h.Sum64() % uint64(interval.Milliseconds())", new: "(h.Sum64() + 1) % uint64(interval.Milliseconds())",
		pkg: "./monitor/schedule", run: "TestPhaseIsPinned",
	},
	{
		name: "identity changed: the version of a definition",
		file: "data/monitor.go",
		old:  "hex.EncodeToString(sum[:4])", new: "hex.EncodeToString(sum[1:5])",
		pkg: "./data", run: "TestVersionIsPinned",
	},
	{
		name: "checkpoint before its results",
		file: "monitor/heartbeat/ledger.go",
		old:  "for _, w := range l.windows {\n\t\thold(w.oldest)\n\t}", new: "",
		pkg: "./monitor/heartbeat", run: "TestCheckpointIsNeverAheadOfWhatIsSafe",
	},
	{
		name: "checkpoint before its gaps",
		file: "monitor/heartbeat/ledger.go",
		old:  "for _, g := range l.writing {\n\t\thold(g.First)\n\t}", new: "",
		pkg: "./monitor/heartbeat", run: "TestCheckpointIsNeverAheadOfWhatIsSafe",
	},
	{
		name: "a slot settled although its result may be lost",
		file: "monitor/heartbeat/source.go",
		old:  "s.h.counts.undecided.Add(1)\n\t\treturn", new: "s.h.counts.undecided.Add(1)",
		pkg: "./monitor/heartbeat", run: "TestASlotWhoseResultMayBeLostHoldsTheCheckpointBack",
	},
	{
		name: "no fsync of the spool",
		file: "queue/spool/commit.go",
		old:  "err = s.file.Sync()", new: "err = nil",
		pkg: "./queue/spool", run: "TestCrash",
	},
	{
		name: "no fsync of the folder of a new segment",
		file: "queue/spool/commit.go",
		old:  "err = s.o.FS.SyncDir(s.o.Dir)", new: "err = nil",
		pkg: "./queue/spool", run: "TestCrash",
	},
	{
		name: "segments deleted before the checkpoint is behind them",
		file: "queue/spool/retain.go",
		old:  "return seg.number < s.newest.segment && (pressed || !seg.lastAt.After(s.newest.at))", new: "return true",
		pkg: "./queue/spool", run: "Test",
	},
	{
		name: "segments deleted that the cursor on disk does not cover",
		file: "queue/spool/retain.go",
		old:  "if seg == s.active || !seg.within(safe) {", new: "if seg == s.active || !seg.within(s.cursor) {",
		pkg: "./queue/spool", run: "TestWhatIsSettledWhileTheCursorIsWritten",
	},
	{
		name: "settle before save: the sink's values settled first",
		file: "pipeline/sink.go",
		old:  "refused, err := sink(ctx, pk.value)\n\t\t\tswitch {", new: "pk.receipt.settle(accepted)\n\t\t\trefused, err := sink(ctx, pk.value)\n\t\t\tswitch {\n\t\t\tcase true:\n\t\t\t\t_, _ = refused, err",
		pkg: "./pipeline", run: "Test",
	},
	{
		name: "settle before save: a store that fails is taken for one that saved",
		file: "monitor/collector/collector.go",
		old:  "refusals, err = c.o.Store.Save(ctx, batch)\n\t\treturn err", new: "refusals, err = c.o.Store.Save(ctx, batch)\n\t\treturn nil",
		pkg: "./monitor/collector", run: "TestCollectorWaitsForTheStore",
	},
	{
		name: "out of the spool before the broker has it",
		file: "monitor/forwarder/forwarder.go",
		old:  "tooLarge = err\n\t\t\treturn nil\n\t\t}\n\t\treturn err", new: "tooLarge = err\n\t\t\treturn nil\n\t\t}\n\t\treturn nil",
		pkg: "./monitor/forwarder", run: "TestForwarderWaits",
	},
	{
		name: "acknowledged by no broker",
		file: "queue/kafka/config.go",
		old:  "c.Producer.RequiredAcks = sarama.WaitForAll", new: "c.Producer.RequiredAcks = sarama.NoResponse\n\tc.Producer.Idempotent = false",
		pkg: "./queue/kafka", run: "TestConfigIsSafe",
	},
	{
		name: "offset before COMMIT: finished when taken",
		file: "queue/kafka/claim.go",
		old:  "chunk[i], sizes[i] = &all[i], size(m)", new: "chunk[i], sizes[i] = &all[i], size(m)\n\t\tc.tracker.finish(all[i].number)",
		pkg: "./queue/kafka", run: "TestOffsetsStayBelowWhatIsOpen",
	},
	{
		name: "a tracker that skips a hole",
		file: "queue/kafka/tracker.go",
		old:  "for t.head < t.tail && t.ring[t.head&mask] < 0 {\n\t\tt.next = ^t.ring[t.head&mask] + 1", new: "for t.head <= number {\n\t\tt.next = max(t.ring[t.head&mask], ^t.ring[t.head&mask]) + 1",
		pkg: "./queue/kafka", run: "TestTracker|TestOffsetsStayBelowWhatIsOpen",
	},
	{
		name: "a message passed before its dead letter is safe",
		file: "queue/kafka/subscription.go",
		old:  "s.burial.add(p, reason)", new: "s.burial.add(p, reason)\n\t\tp.claim.finish(p)",
		pkg: "./queue/kafka", run: "TestOffsetsWaitForTheDeadLetter",
	},
	{
		name: "a gap beats a measurement",
		file: "data/join.go",
		old:  "case *Measurement:\n\t\treturn 0", new: "case *Measurement:\n\t\treturn 2",
		pkg: "./data", run: "TestMeasurementWinsOverGap",
	},
	{
		name: "a gap counts what was measured",
		file: "store/share.go",
		old:  "shares = append(shares, Share{g, lo, hi, slotsBefore(g, hi) - slotsBefore(g, lo)})", new: "shares = append(shares, Share{g, hi, hi, slotsBefore(g, hi) - slotsBefore(g, lo)})",
		pkg: "./store/memory", run: "Test",
	},
	{
		name: "of two measurements of a slot the later stays",
		file: "data/join.go",
		old:  "c = a.Started.Compare(b.(*Measurement).Started)", new: "c = b.(*Measurement).Started.Compare(a.Started)",
		pkg: "./store/memory", run: "Test",
	},
	{
		name: "recovery forgets what was missed",
		file: "monitor/heartbeat/recover.go",
		old:  "add(schedule.Span(history, from, start))", new: "_ = schedule.Span(history, from, start)",
		pkg: "./monitor/heartbeat", run: "Test",
	},
	{
		name: "recovery takes what the spool holds for missed",
		file: "monitor/heartbeat/recover.go",
		old:  "if k.has(s.Scheduled) {", new: "if false {",
		pkg: "./monitor/heartbeat", run: "TestStartCountsWhatWasMissed",
	},
}
