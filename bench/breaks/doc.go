// Command breaks breaks the code on purpose, at the places where the promises of
// docs/guarantees.md hang, and sees to it that a test notices each time.
//
//	go run ./bench/breaks            # all, about a minute
//	go run ./bench/breaks -only sync # those whose name holds "sync"
//
// Those whose test needs Postgres are left out, and counted, unless the test servers run:
//
//	deploy/local/test-servers.sh start && eval "$(deploy/local/test-servers.sh env)"
//
// A break is a replacement in one file. The tree stays as it is: the broken file
// is laid over it with go's -overlay. A break that does not build, and a test
// that passes in spite of it, end the command with 1.
package main
