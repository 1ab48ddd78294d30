// Package feed is what the pipelines that take from a queue have in common: the
// subscription as a source, and patience with what is down.
package feed
