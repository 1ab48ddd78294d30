// Package collector assembles the way from the queue to the store: messages are
// decoded, gathered into batches and saved; a message counts as done once the
// store has it.
//
//	subscribe ─► decode ─► batch ─► save ─► store
//	                │ refused         │ refused
//	                └─► dead letters ◄┘
//
// What cannot be decoded, or what the store refuses, is settled as refused, and
// the subscription sets it aside with the reason. A store that fails is tried
// again for as long as it takes: nothing of that reaches the dead letters, and
// meanwhile the queue holds what comes.
package collector
