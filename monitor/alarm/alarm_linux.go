package alarm

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// An Alarm goes off once after each Reset. One goroutine uses it.
type Alarm struct {
	file *os.File
	conn syscall.RawConn
	c    chan time.Time // never closed
	done chan struct{}  // closed when ring has ended
}

// New returns an alarm that is not set. It needs a file descriptor.
func New() (*Alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("timerfd_create: %w", err)
	}
	a := &Alarm{file: os.NewFile(uintptr(fd), "timerfd"), c: make(chan time.Time, 1), done: make(chan struct{})}
	if a.conn, err = pollable(a.file); err != nil {
		_ = a.file.Close()
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	go a.ring() // Close waits for it
	return a, nil
}

// pollable returns the connection to a file, unless the runtime cannot wait for it, as
// where the user watches too many files already: its reads would fail at once, and the
// alarm be silent for ever.
func pollable(f *os.File) (syscall.RawConn, error) {
	if err := f.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return f.SyscallConn()
}

func (a *Alarm) ring() {
	defer close(a.done)
	expirations := make([]byte, 8)
	for {
		if _, err := a.file.Read(expirations); err != nil {
			return
		}
		select {
		case a.c <- time.Now():
		default: // one waits there already
		}
	}
}

// C has a value when the alarm has gone off.
func (a *Alarm) C() <-chan time.Time { return a.c }

// Reset sets the alarm to go off after d, and no longer when it was to before. What it
// went off for at this very moment may yet come.
func (a *Alarm) Reset(d time.Duration) {
	select {
	case <-a.c:
	default:
	}
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(d, 1).Nanoseconds())} // 0 would stop it
	_ = a.conn.Control(func(fd uintptr) {                                      // only Close makes this fail
		_ = unix.TimerfdSettime(int(fd), 0, &at, nil) // nor this, for such a time
	})
}

// Close ends the alarm, which never goes off again.
func (a *Alarm) Close() {
	_ = a.file.Close()
	<-a.done
}
