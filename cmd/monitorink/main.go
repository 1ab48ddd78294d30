// Monitorink is heartbeat and collector in one process.
package main

import (
	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/cli"
)

func main() { app.Main(cli.Monitorink()) }
