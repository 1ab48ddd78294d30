// Command latency measures how long it takes from the end of a probe until its
// row can be read, with heartbeat and collector as they are shipped, each in a
// process of its own, over real Kafka and Postgres.
//
//	make run-infra migrate
//	go run ./bench/latency
//
// 1,000 monitors are probed once a second against a server in this process, first
// with the defaults and then with the settings for low latency. Only what the last
// part of each run brought is counted; its beginning is warm-up.
//
// Every 5 ms another connection asks for its snapshot, that is, for which
// transactions it would see, and notes the clock. When all is over, each row's
// transaction tells in which snapshot the row could first be seen; its own columns
// tell when the probe ended. So the measurement takes next to nothing from what it
// measures, errs by 5 ms at most, and on the side of too long.
package main
