package config

import (
	"bytes"
	"cmp"
	"fmt"
)

// The settings of an installed service that are not the defaults of the programs. The
// units set those that are not set in the file.
var (
	setForUnits = map[string]string{"MONITORINK_QUEUE": QueueDisk}
	setByUnits  = map[string]string{"MONITORINK_MONITORS": "/etc/monitorink/monitors.yaml", "MONITORINK_DATA_DIR": "/var/lib/monitorink"}
)

// EnvFile returns deploy/systemd/monitorink.env, in the form of systemd's EnvironmentFile.
func EnvFile() []byte {
	var b bytes.Buffer
	b.WriteString(`# The settings of the services monitorink, monitorink-heartbeat and monitorink-collector.
# What a commented line says is the default. After a change: systemctl restart monitorink
# Written by "make env".
`)
	for _, v := range Variables() {
		fmt.Fprintf(&b, "\n# %s\n", v.Help)
		if v.Secret {
			fmt.Fprintf(&b, "# A secret: give it here, or in a file that %s names, as secrets.conf shows.\n", v.Twin())
		}
		if set, ok := setForUnits[v.Name]; ok {
			fmt.Fprintf(&b, "%s=%s\n", v.Name, set)
			continue
		}
		fmt.Fprintf(&b, "#%s=%s\n", v.Name, cmp.Or(setByUnits[v.Name], v.Default))
	}
	return b.Bytes()
}
