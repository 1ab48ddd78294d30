// Package memory is the store that lives in the process: it joins events as every
// store does, keeps the newest of each monitor, and is gone when the process ends.
//
// What it forgets, it forgets by the events' own order and never by that of their
// arrival, so that Save stays a join: a list shows the newest so many of all that
// ever came. How many monitors there are is not bounded here.
package memory
