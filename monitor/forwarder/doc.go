// Package forwarder assembles the way from heartbeat's local queue to a queue
// elsewhere: messages are gathered into batches and published; a message leaves
// the local queue once the other one has it.
//
//	subscribe ─► batch ─► publish ─► queue elsewhere
//	                         │ too large for it
//	                         └─► dead letters of the local queue
//
// While the other queue is down it is tried again for as long as it takes, and
// the local one holds what comes. What was published and not yet settled when
// the process ended is published again: an event twice is an event once.
package forwarder
