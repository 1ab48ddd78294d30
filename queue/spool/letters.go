package spool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

// Refused messages are lines of JSON, so that a person can read them.
const (
	lettersName = "dead-letters.ndjson"
	lettersOld  = "dead-letters.1.ndjson"
)

// A DeadLetter is a message that was refused, and why.
type DeadLetter struct {
	At      time.Time
	Reason  string
	Message queue.Message
}

type line struct {
	At     time.Time       `json:"at"`
	Reason string          `json:"reason"`
	Kind   data.Kind       `json:"kind"`
	Key    string          `json:"key"`
	Value  json.RawMessage `json:"value,omitempty"`
	Base64 []byte          `json:"value_base64,omitempty"` // when it is not JSON of one line
}

type letters struct {
	f    File
	size int64
}

// bury writes the dead letters that wait, and finishes them once they are fsynced.
func (s *Spool) bury() error {
	s.mu.Lock()
	waiting := s.burying
	s.burying = nil
	s.mu.Unlock()
	if len(waiting) == 0 {
		return nil
	}
	err := s.spend(func() error { return s.writeLetters(waiting) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		err = fmt.Errorf("write %d dead letters: %w", len(waiting), err)
		s.err = err
		s.burying = append(waiting, s.burying...)
		return err
	}
	s.dead += int64(len(waiting))
	for _, e := range waiting {
		s.finish(e)
	}
	return nil
}

func (s *Spool) writeLetters(entries []*entry) error {
	var b bytes.Buffer
	for _, e := range entries {
		if err := appendLetter(&b, e); err != nil {
			return err
		}
	}
	if s.letters != nil && s.letters.size+int64(b.Len()) > s.o.DeadLetterSize && s.letters.size > 0 {
		_ = s.letters.f.Close() // what counts has been fsynced
		s.letters = nil
		if err := s.o.FS.Rename(s.path(lettersName), s.path(lettersOld)); err != nil {
			return err
		}
	}
	if s.letters == nil {
		if err := s.openLetters(); err != nil {
			return err
		}
	}
	l := s.letters
	_, err := l.f.WriteAt(b.Bytes(), l.size)
	if err == nil {
		err = l.f.Sync()
	}
	if err != nil {
		_ = l.f.Truncate(l.size) // else the tries would pile up
		_ = l.f.Close()          // the error tells more
		s.letters = nil
		return err
	}
	l.size += int64(b.Len())
	return nil
}

// openLetters opens the file to append to it. A last line that is torn is ended.
func (s *Spool) openLetters() error {
	name := s.path(lettersName)
	f, err := s.o.FS.Edit(name)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = s.o.FS.Create(name)
	}
	if err != nil {
		return err
	}
	size, err := f.Size()
	if err == nil && size > 0 {
		var last [1]byte
		if _, err = f.ReadAt(last[:], size-1); err == nil && last[0] != '\n' {
			_, err = f.WriteAt([]byte("\n"), size)
			size++
		}
	}
	if err == nil {
		err = s.o.FS.SyncDir(s.o.Dir)
	}
	if err != nil {
		_ = f.Close() // the error tells more
		return err
	}
	s.letters = &letters{f: f, size: size}
	return nil
}

func appendLetter(b *bytes.Buffer, e *entry) error {
	l := line{At: time.Now().UTC(), Kind: e.message.Kind, Key: e.message.Key}
	if e.reason != nil {
		l.Reason = e.reason.Error()
	}
	v := e.message.Value
	plain := json.Valid(v)
	if plain {
		var compact bytes.Buffer
		plain = json.Compact(&compact, v) == nil && bytes.Equal(compact.Bytes(), v)
	}
	if plain {
		l.Value = v
	} else {
		l.Base64 = v
	}
	enc := json.NewEncoder(b) // ends with a line feed
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		return fmt.Errorf("encode a dead letter: %w", err)
	}
	return nil
}

// DeadLetters reads the dead letters in the folder of a spool, from the oldest
// that is kept; the spool may be open or not. Lines that are damaged are skipped,
// and counted.
func DeadLetters(dir string, each func(DeadLetter) error) (damaged int, err error) {
	return readLetters(osFS{}, dir, each)
}

func readLetters(files FS, dir string, each func(DeadLetter) error) (damaged int, err error) {
	for _, name := range []string{lettersOld, lettersName} {
		b, err := readAll(files, filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return damaged, fmt.Errorf("read the dead letters: %w", err)
		}
		for text := range bytes.Lines(b) {
			var l line
			if json.Unmarshal(text, &l) != nil {
				damaged++
				continue
			}
			value := []byte(l.Value)
			if l.Value == nil {
				value = l.Base64
			}
			m := queue.Message{Key: l.Key, Kind: l.Kind, Value: value}
			if err := each(DeadLetter{At: l.At, Reason: l.Reason, Message: m}); err != nil {
				return damaged, err
			}
		}
	}
	return damaged, nil
}

func readAll(files FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, size)
	n, err := f.ReadAt(b, 0)
	if int64(n) == size {
		err = nil
	}
	return b[:n], err
}
