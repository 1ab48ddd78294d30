// Command view measures what people look at: the API over a year of rollups, how these
// keep up with what is measured, and those who listen to changes.
//
//	make run-infra migrate
//	go run ./bench/view -run read,live
//
// read fills a fresh database with up to 20 million rows: 50 monitors with 30 days of
// measurements each 30 s, through the store's own Save and Roll; then a year of hours of
// 1,000 monitors and a year of days of 10,000, copied from those that were rolled up.
// The collector as it is shipped is asked over HTTP: one request at a time, then 50 at
// once, without and with 1,000 measurements a second that come through Kafka.
//
// live lets 10,000 monitors be measured every 10 s, through Kafka. In turns, another
// session holds the lock of the rollups, so that the collector leaves them alone; what
// collector and Postgres use more, with the lock free, is what rollups cost. Then
// 1,000 listeners and some that do not read open /api/v1/events, and last a burst of
// 500,000 measurements of three hours ago comes on top.
//
// Listeners are in a process of their own. Everything is on loopback and bounded; the
// whole takes some 14 minutes, and -short three and a half. What misses its aim is
// marked, and is no error: the machine may be busy.
package main
