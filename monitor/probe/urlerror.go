package probe

import "fmt"

// A URLError says why the URL of a monitor cannot be probed.
type URLError struct {
	// Reason is what is wrong, and what to write instead. It repeats nothing of the URL,
	// which may hold what is not to be seen.
	Reason string

	text string
}

func (e *URLError) Error() string { return e.text }

func wrongURL(shown, what, detail, instead string) *URLError {
	return &URLError{what + "; " + instead, fmt.Sprintf("url: %q %s%s; %s", bounded(shown), what, bounded(detail), instead)}
}
