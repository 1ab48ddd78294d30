package heartbeat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
)

const (
	stateName  = "definitions.json"
	damagedTag = ".damaged-"
)

type stateFile struct {
	Form        int               `json:"form"`
	Location    string            `json:"location"`
	Definitions []json.RawMessage `json:"definitions"`
}

// A persisted is a Definition in a stateFile.
type persisted struct {
	ID      string        `json:"id"`
	From    time.Time     `json:"from"`
	Until   time.Time     `json:"until,omitzero"`
	Monitor *data.Monitor `json:"monitor,omitempty"` // nil: it is removed
}

// encode returns d as it is in a stateFile.
func (d *Definition) encode() ([]byte, error) {
	b, err := json.Marshal(&persisted{ID: d.ID, From: d.From, Until: d.Until})
	if err != nil || d.Removed() {
		return b, err
	}
	b = append(b[:len(b)-1], `,"monitor":`...)
	return append(append(b, d.JSON()...), '}'), nil
}

// A parsedState is what can be read of a file.
type parsedState struct {
	form     int
	location string
	good     []Definition
	bad      []json.RawMessage
	reasons  []string // what is wrong with each that is bad; with none that is bad: with the whole
}

func parseState(b []byte) parsedState {
	var f stateFile
	err := json.Unmarshal(b, &f)
	p := parsedState{form: f.Form, location: f.Location}
	if err != nil {
		p.form, p.location = peek(b)
	}
	if data.CheckID(p.location) != nil {
		p.location = ""
	}
	switch {
	case err != nil:
		p.reasons = append(p.reasons, err.Error())
	case f.Form != stateForm:
		p.reasons = append(p.reasons, fmt.Sprintf("form %d, and this version reads form %d", f.Form, stateForm))
	case p.location == "":
		p.reasons = append(p.reasons, fmt.Sprintf("%q is no location", f.Location))
	default:
		for _, raw := range f.Definitions {
			d, err := parseDefinition(raw, f.Location)
			if err != nil {
				p.bad = append(p.bad, raw)
				p.reasons = append(p.reasons, fmt.Sprintf("%q: %v", d.ID, err))
				continue
			}
			p.good = append(p.good, d)
		}
	}
	return p
}

func parseDefinition(raw []byte, location string) (d Definition, err error) {
	var p persisted
	err = json.Unmarshal(raw, &p)
	d = Remove(p.ID, p.From)
	if err != nil {
		return d, err
	}
	if m := p.Monitor; m != nil {
		if m.ID != p.ID {
			return d, fmt.Errorf("it holds %q", m.ID)
		}
		if !bytes.Contains(raw, []byte(reference)) { // what has one is judged when it is known what that stands for
			judged := *m
			judged.TLS.CA, judged.TLS.Cert, judged.TLS.Key = "", "", "" // files are another matter: one that is away is no damage
			if _, err := newCompiler(nil).bare(&judged); err != nil {
				return d, err
			}
		}
		d = Define(m, p.From)
	}
	d.Until = p.Until
	return d, data.Validate(d.registration(location, "i"))
}

// peek reads form and location of a file that is damaged further behind.
func peek(b []byte) (form int, location string) {
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return 0, ""
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			break
		}
		var into any = new(json.RawMessage)
		switch key {
		case "form":
			into = &form
		case "location":
			into = &location
		}
		if dec.Decode(into) != nil {
			break
		}
	}
	return form, location
}

// read reads what is persisted. Whatever is damaged is copied to a file beside it by
// copyTo, since the next Save takes its place; nil: it is only told of.
func (s *State) read(copyTo func(name string, b []byte) error) error {
	b, err := os.ReadFile(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		s.unsure = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the persisted definitions: %w (it must be a file that this user may read: mend that, or move it away)", err)
	}
	p := parseState(b)
	if p.form > stateForm {
		return fmt.Errorf("%s has form %d, and this version reads form %d: a later version wrote it, so start that one, or give this one a directory of its own with MONITORINK_DATA_DIR", s.path(), p.form, stateForm)
	}
	s.location, s.set = p.location, p.good
	if len(p.reasons) == 0 {
		return nil
	}
	s.unsure = true
	s.SetAside = len(p.reasons)
	if len(p.bad) > 0 {
		if b, err = json.MarshalIndent(p.bad, "", "  "); err != nil {
			return err
		}
	}
	if copyTo == nil {
		s.Notes = append(s.Notes, fmt.Sprintf("%s is damaged: %s", s.path(), strings.Join(p.reasons[:min(3, len(p.reasons))], "; ")))
		return nil
	}
	sum := sha256.Sum256(b) // so that one damage makes one file, however many starts do not get further
	aside := s.path() + damagedTag + hex.EncodeToString(sum[:4])
	if err := copyTo(aside, b); err != nil {
		return fmt.Errorf("%s is damaged (%s), and cannot be set aside: %w", s.path(), p.reasons[0], err)
	}
	what := fmt.Sprintf("%d definitions of %s are damaged and are set aside", len(p.bad), s.path())
	if len(p.bad) == 0 {
		what = s.path() + " is damaged and is set aside whole"
	}
	s.Notes = append(s.Notes, fmt.Sprintf("%s, in %s: %s", what, aside, strings.Join(p.reasons[:min(3, len(p.reasons))], "; ")))
	return nil
}

// tidy removes what a crash has left of a Save, and takes note of what is not ours.
func (s *State) tidy() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("read the data directory: %w (make it readable for this user, or choose another with MONITORINK_DATA_DIR)", err)
	}
	for _, e := range entries {
		name := e.Name()
		rest, ours := strings.CutPrefix(name, stateName)
		switch {
		case ours && rest != "" && strings.Trim(rest[1:], "0123456789") == "" && rest[0] == '.' && e.Type().IsRegular():
			if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
				return fmt.Errorf("remove what is left of an earlier write: %w", err)
			}
		case ours && (rest == "" || strings.HasPrefix(rest, damagedTag)), name == lockName, name == "spool":
		default:
			s.Foreign = append(s.Foreign, name)
		}
	}
	return nil
}
