// Collector takes events off a queue, keeps them in a store and serves them.
package main

import (
	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/cli"
)

func main() { app.Main(cli.Collector()) }
