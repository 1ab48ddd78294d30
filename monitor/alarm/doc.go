// Package alarm wakes a goroutine at its time, also while garbage is collected.
//
// The one idea: the runtime collects on every processor that would be idle, and a
// worker that does so looks for network events, and not for timers, which then fire 10
// to 20 ms late. On Linux an [Alarm] is a timerfd, and so a network event; elsewhere it
// is a timer.
package alarm
