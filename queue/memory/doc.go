// Package memory is a queue in this process's memory. It holds a bounded number
// of messages, gives each out until it is settled, and blocks Publish while it
// is full. What is in it ends with the process.
package memory
