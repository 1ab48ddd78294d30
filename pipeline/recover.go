package pipeline

import (
	"context"
	"fmt"
	"runtime/debug"
)

// A PanicError is a panic that Recover turned into a refusal. It wraps the panic's value where that is an error.
type PanicError struct {
	Value any
	Stack []byte // as debug.Stack gives it, of the goroutine that panicked
}

// Error returns the panic's value, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value where it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Recover returns fn, except that a panic refuses the value with a *PanicError. It is for functions that work on what
// strangers sent; elsewhere a panic had better crash. It cannot recover what the runtime does not let it, such as
// concurrent writes to a map.
func Recover[In, Out any](fn Func[In, Out]) Func[In, Out] {
	if fn == nil {
		return nil // which Map reports with the stage's name
	}
	return func(ctx context.Context, in In) (out Out, err error) {
		defer func() {
			if v := recover(); v != nil {
				var zero Out
				out, err = zero, Reject(&PanicError{v, debug.Stack()})
			}
		}()
		return fn(ctx, in)
	}
}
