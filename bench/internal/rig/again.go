package rig

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Again is this program with other arguments; what it complains of goes to standard
// error.
func Again(args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.Command(self, args...)
	c.Stderr = os.Stderr
	return c, nil
}

// Target runs this program with -serve, in a process of its own, and returns the URL
// that it prints. It has to end when its standard input does: by stop, or with this
// process, however that ends.
func Target() (url string, stop func(), err error) {
	c, err := Again("-serve")
	if err != nil {
		return "", nil, err
	}
	in, err := c.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { in.Close(); c.Wait() }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("start the target: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}
