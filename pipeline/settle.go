package pipeline

import "sync/atomic"

// A Verdict is how a value ended. Verdicts are ordered from the worst to the best, and where a value ended more than
// once, in several branches, the worst one counts.
type Verdict uint8

const (
	// Undecided: nobody can say whether the value is safe, so it must come again. It is the zero Verdict, because
	// nothing is safe until somebody has said so.
	Undecided Verdict = iota
	// Refused: the value itself is at fault, and would be refused again.
	Refused
	// Accepted: each sink that the value reached has promised that it is safe, or a stage skipped it on purpose.
	Accepted
)

// String returns the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case Undecided:
		return "undecided"
	case Refused:
		return "refused"
	case Accepted:
		return "accepted"
	}
	return "unknown verdict"
}

// An Outcome is a verdict with its reason. It is a value: nothing has to be dug out of an error chain to branch on it.
type Outcome struct {
	Verdict Verdict
	Err     error // why; nil if and only if the verdict is Accepted
}

// String returns the verdict and, where there is one, the reason.
func (o Outcome) String() string {
	if o.Err == nil {
		return o.Verdict.String()
	}
	return o.Verdict.String() + ": " + o.Err.Error()
}

var accepted = Outcome{Verdict: Accepted}

// A receipt travels with a value, and is settled exactly once by whoever ends that value.
type receipt interface{ settle(Outcome) }

// A packet is what the channels carry.
type packet[T any] struct {
	value   T
	receipt receipt
}

// A ticket is the receipt of a value whose source wants to be told.
type ticket[S any] struct {
	origin *origin[S]
	value  S
}

func (t *ticket[S]) settle(o Outcome) {
	v := t.value
	var zero S
	t.value = zero // the ticket shares its allocation with others, and must not keep v alive for them
	t.origin.stage.tally(o)
	t.origin.settler.Settle(v, o)
}

// A tally is the receipt of a value whose source does not want to be told: it only counts.
type tally struct{ stage *stage }

func (t *tally) settle(o Outcome) { t.stage.tally(o) }

// A bundle is the receipt of a batch: those of its elements, in their order. It does not change once it is made.
type bundle struct{ receipts []receipt }

func (b *bundle) settle(o Outcome) {
	for _, r := range b.receipts {
		r.settle(o)
	}
}

// A fork is the receipt of a value that went several ways. It is settled once for each of them, and settles the
// receipt that it stands for when the last way has ended, with the worst outcome.
type fork struct {
	receipt receipt
	worst   atomic.Pointer[Outcome] // nil while all were accepted
	open    atomic.Int32
}

func (f *fork) settle(o Outcome) {
	if o.Verdict != Accepted {
		f.worsen(o)
	}
	if f.open.Add(-1) > 0 {
		return
	}
	if worst := f.worst.Load(); worst != nil {
		f.receipt.settle(*worst)
		return
	}
	f.receipt.settle(accepted)
}

func (f *fork) worsen(o Outcome) {
	for {
		worst := f.worst.Load()
		if worst != nil && worst.Verdict <= o.Verdict {
			return
		}
		if f.worst.CompareAndSwap(worst, &o) {
			return
		}
	}
}

// share returns a receipt that stands for r and is settled n times. A batch is shared element by element, so that one
// branch may refuse an element that another accepts.
func share(r receipt, n int) receipt {
	if n == 1 {
		return r
	}
	b, ok := r.(*bundle)
	if !ok {
		f := &fork{receipt: r}
		f.open.Store(int32(n))
		return f
	}
	shared := &bundle{receipts: make([]receipt, len(b.receipts))}
	for i, r := range b.receipts {
		shared.receipts[i] = share(r, n)
	}
	return shared
}
