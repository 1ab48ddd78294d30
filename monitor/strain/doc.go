// Package strain tells by how much a measurement of time may be too long because
// this process was starved, and not because what it measured was slow.
//
// The one idea: who sleeps for 10 ms again and again, and looks how late it wakes
// up, sees all that keeps this process from running: other processes on the
// processors, a garbage collection, SIGSTOP. A [Pulse] does that. A [Watch] goes
// with one probe. It takes the stalls during the probe, which are certain; and while
// processors are contended, what the probe took beyond what is usual for its
// [Target], as far as waiting for a processor can explain it.
//
// The result is an estimate. What it is measured by is in docs/reliability.md.
package strain
