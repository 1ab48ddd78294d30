// Heartbeat probes URLs on schedules and puts what it finds on a queue.
package main

import (
	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/cli"
)

func main() { app.Main(cli.Heartbeat()) }
