package rig

import (
	"fmt"
	"syscall"
	"time"
)

// Name returns a name that nothing on a server has yet.
func Name(what string) string { return fmt.Sprintf("bench_%s_%x", what, time.Now().UnixMicro()) }

// Processor is what this process has used so far.
func Processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
