// Package spool is a queue on disk: what Publish has acknowledged survives the
// process, the machine's crash, and a disk that is full for a while.
//
//	s, found, err := spool.Open(spool.Options{Dir: "data/spool"})
//	err = s.Publish(ctx, messages) // nil: written, and fsynced
//	sub, err := s.Subscribe()      // goes on where the last process was
//
// # On disk
//
// Records stand one after another in segments, files named by their number. A
// record is magic, length, CRC-32C and payload; the checksum covers the
// segment's number and the offset too, so that nothing is taken for a record but
// what was written as one, there. A small file holds the cursor: up to where
// everything is settled. It is written once a second, so that a crash repeats a
// little, and never behind the back of what is not settled.
//
// When it is opened, what stands torn at the end of the last segment is cut, and
// damaged records elsewhere are skipped: both are counted, and neither keeps the
// spool from working.
//
// # Checkpoints
//
// A checkpoint says that every slot up to an instant is above it. It is written
// after what it covers was fsynced, so that it never survives without that.
// A segment is deleted only when all of it is settled, which the cursor on disk must
// know unless room is short, when it lies before the
// segment with the newest checkpoint, and when its last message was written at
// or before that checkpoint's instant; so whoever replays the spool finds every
// slot after the checkpoint that is accounted for. When that would keep a full
// spool full for ever, the newest checkpoint is written again at the end, and
// settled segments before it go whatever their time: the price is a gap that
// covers a slot which was measured, and there the measurement wins. Without any
// checkpoint settled segments stay until the spool is full.
//
// # Damage
//
// A segment begins with where the last message before it ends, so that a segment
// that is missing or cut short is noticed. When damage may have taken messages that
// were not settled, Intact is the newest checkpoint before it: whoever accounts for
// slots begins there. The cursor remembers the checkpoint before it, for the case
// that the damage is at the very front.
//
// # A full disk
//
// The file reserve, part of Size, is room that is given up when the disk is full,
// and only for what makes room: the cursor, dead letters, and the checkpoint behind
// which settled segments go. So a disk that the spool itself has filled goes on by
// itself once the spool is emptied.
//
// [Look] reads a spool that nobody has open, and changes nothing.
//
// # What it is not
//
// It does not lock its folder: one process at a time may open it. It has one
// subscription at a time, and no index but the order of writing.
//
// # Files
//
//	open.go          finds what is there, and repairs its end
//	record.go        a record, byte by byte
//	segment.go       a file of them, and scan.go what is intact in it
//	commit.go        Publish and Checkpoint: many share a write and its fsync
//	subscription.go  what Next hands out and Settle takes
//	letters.go       … dead letters
//	cursor.go        … up to where all is settled
//	retain.go        which segments go, and when
//	reserve.go       … on a disk that is full
//	damage.go        what may be lost, and since when
//	replay.go        all that is kept, for who accounts for slots
//	look.go          the same of a spool that nobody has open
//	fs.go            the file system, as tests replace it
//	spool.go         the rest: options, figures, the end
package spool
