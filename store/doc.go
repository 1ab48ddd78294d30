// Package store is the contract of what keeps events: a [Saver] that joins them
// into what it has, and a [Reader] that answers what was measured, or why nothing
// was.
//
// Save is a join: events in any order, any number of times, from any number of
// writers at once, give the same answers.
//
//	refused, err := s.Save(ctx, events)       // err: save them all again
//	page, err := s.Measurements(ctx, store.Query{Monitor: "shop", From: from, To: to})
//	for err == nil && page.Next != "" { … }   // with After: page.Next
//	sum, err := s.Summary(ctx, store.Query{Monitor: "shop", From: from})
//
// Instants are in UTC; durations are exact to the microsecond, but quantiles of a
// [Histogram] to 2 %.
//
// # A store of one's own
//
// The suite in storetest is the contract in executable form, and every
// implementation passes it: memory and postgres do. Most of what a Reader answers
// can be made of lists of events by the functions of this package, so that all
// stores count alike: [Decide], [Shares], [IncidentsOf], [Rollup], [Coarsen], and
// [Since.Pieces] for ranges of which a part has expired.
package store
