package pipeline

import (
	"context"
	"errors"
)

// ErrSkip, returned by a function or a sink, ends the value there on purpose: it is not forwarded, and as far as this
// stage is concerned it settles as accepted. Return it as it is: an error that wraps it aborts, as any other does.
var ErrSkip = errors.New("skip this value")

// ErrGrace is in the chain of the error that Run returns when Options.Grace ran out with values undecided, and it is
// in the chain of the cause of the stages' contexts then.
var ErrGrace = errors.New("grace ran out")

// rejection is what Reject returns.
type rejection struct{ err error }

func (r *rejection) Error() string { return "rejected: " + r.err.Error() }
func (r *rejection) Unwrap() error { return r.err }

// Reject makes an error that refuses one value and stops nothing else: the value settles as refused with err. Return
// it as it is: an error that wraps it aborts, as any other does. Reject(nil) is nil.
func Reject(err error) error {
	if err == nil {
		return nil
	}
	return &rejection{err}
}

// isCancellation reports whether err is how a function says that its context is done.
func isCancellation(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
