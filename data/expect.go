package data

// ExpectBody says what a response's body must be. Its zero value expects nothing,
// and then the body is not read.
type ExpectBody struct {
	Pattern
}

// IsZero reports whether b asks for nothing.
func (b ExpectBody) IsZero() bool { return b.Pattern.IsZero() }
