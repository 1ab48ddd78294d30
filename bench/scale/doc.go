// Command scale measures what many monitors cost, by the built heartbeat with its queue
// on disk and expectations, beside the pinned bare loop in the same run.
//
//	go run ./bench/scale -run cpu,few,many,hostile
//
// cpu is the processor time of a probe at a fixed rate, and what is completed flat out.
// few is 10,000 monitors every 10 s, many 100,000 every minute: how soon they begin, how
// late they run, how even their load is where it arrives, and what is resident. hostile
// is 1,000 targets that never end properly beside 1,000 good ones.
//
// The target is in this process, heartbeat and the bare loop are in their own, so that
// their processor time and memory are theirs alone. All of it is on loopback and bounded:
// the whole takes some seven minutes. What misses its aim is marked, and is no error: the
// machine may be busy.
package main
