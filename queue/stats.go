package queue

import "time"

// Stats are what a queue that lives in this process holds now, and what has
// happened to it since it was opened.
type Stats struct {
	Depth    int64         // messages that are not settled, in flight included
	Bytes    int64         // what they take: in memory, or the files on disk
	Capacity int64         // the most it holds: messages in memory, bytes on disk
	Full     bool          // a Publish is waiting for room
	Oldest   time.Duration // age of the oldest message that is not settled, about

	DeadLetters int64 // refused since the start
	TornBytes   int64 // cut off the end of the spool when it was opened
	Corrupt     int64 // damaged records that were skipped
	Err         error // what keeps a spool from writing; nil while all is well
	Stuck       error // what keeps a spool from recording what is settled, so that it hands that out again after a start; nil while all is well
	Unread      error // what keeps a spool from handing out what it holds, since a read failed; nil while all is well
}
