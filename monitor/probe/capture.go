package probe

import "io"

// CaptureWhen says which answers failed, though no error says so: of those, as of all
// that end with an error, the monitor captures the beginning of the body. It is to be
// called before the first probe.
func (t *Target) CaptureWhen(failed func(*Response) bool) { t.failed = failed }

// keep keeps the beginning of b, which could not be read to its end.
func (r *run) keep(b []byte) {
	if r.Body == nil && r.t.capture > 0 && len(b) > 0 {
		r.Beginning = &Beginning{b[:min(int64(len(b)), r.t.capture)], true}
	}
}

// capture reads the beginning of the body of an answer that failed, when it was not
// read already. It takes none of the phases' time, and changes nothing of what was
// found. It returns why the connection is of no more use, if that is so.
func (r *run) capture(v *visit) error {
	if r.Body != nil || r.Beginning != nil || r.Err == nil && (r.t.failed == nil || !r.t.failed(r.Response)) {
		return nil
	}
	from, _, err := v.open()
	if err != nil {
		return err
	}
	defer closeBody(from)
	b, err := io.ReadAll(io.LimitReader(from, r.t.capture+1))
	part := b[:min(int64(len(b)), r.t.capture)]
	r.Beginning = &Beginning{part, err != nil || len(part) < len(b)}
	return err
}
