// Package schedule turns definitions into slots, in time order.
//
// The one idea: a monitor's slots are a pure function of the history of its
// definitions. [Slots] lists them for anyone; the [Runner] releases the very same
// ones as their instants come, and says of each that it does not run why.
//
// What is due and not yet given is ready: one slot of each monitor at most, the
// newest. When there is not room for all, the Runner gives every monitor the same
// share of its slots. What its host has no room for is held: it keeps its place in the
// order of becoming ready, and keeps none of the others waiting. A slot may be given
// again, as a later attempt, with what room is left; while it waits for that it is no
// burden, and gives way to the monitor's next slot.
//
// The wall clock may be set while it runs. What a step forward jumps over is held for
// a minute: it runs after all when the clock is set back before, and is skipped
// otherwise. After a step back nothing that was given comes again.
//
// An interval gives phase + k·interval since the Unix epoch, with the FNV-1a hash
// of the monitor's id for a phase: load is spread evenly, a restart keeps the
// phases, and nothing can drift. A cron expression is read in its time zone. Where
// the zone's offset changes, a job at a fixed time (neither its minute nor its hour
// field holds *, ? or /) runs exactly once a day: at the end of the gap when its
// minute is missing, at the first of the two when it comes twice. Any other job
// runs at every instant whose local minute matches. When both day fields are
// restricted, one of them is enough; */2 restricts, * and ? do not.
//
// Expressions are parsed by robfig/cron; the walk over its fields is our own,
// because the library's loses and repeats runs where offsets change. The time-zone
// database is part of the binary.
package schedule
