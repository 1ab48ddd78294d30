package config

import (
	"bytes"
	"fmt"
)

// EnvSh returns env.sh: a shell file that lists every variable with its default.
// What is set already stays when it is sourced.
func EnvSh() []byte {
	var b bytes.Buffer
	b.WriteString(`# Every variable of Monitorink, with its default. Edit what you need, then:
#   . ./env.sh
# What is set already stays as it is. Written by "go generate ./cmd/internal/config".
`)
	for _, v := range Variables() {
		fmt.Fprintf(&b, "\n# %s\n", v.Help)
		switch {
		case v.Secret:
			fmt.Fprintf(&b, "# A secret: give it here, or in a file that %s names.\n", v.Twin())
			fmt.Fprintf(&b, "# export %s='%s'\n", v.Name, v.Default)
		case v.Default == "":
			fmt.Fprintf(&b, "# export %s=''\n", v.Name)
		default:
			fmt.Fprintf(&b, "export %s=\"${%s:-%s}\"\n", v.Name, v.Name, v.Default)
		}
	}
	return b.Bytes()
}
