package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Settings returns docs/settings.md: every variable in the words of the table.
func Settings() []byte {
	var b bytes.Buffer
	b.WriteString(`# Every setting

The environment configures all three programs. [env.sh](../env.sh) has the same variables as a shell file: edit what you need, and ` + "`. ./env.sh`" + `; ` + "`heartbeat help environment`" + `, and that of the other two, has them in a terminal. A variable that is set to nothing counts as not set. A wrong value ends the program before it begins, with exit code 2; all that is wrong is told at once, and a name that is not here is warned of, with the nearest one that is. [commands.md](commands.md) has the commands and their flags.

| form | |
|---|---|
| duration | a number and a unit: ` + "`500ms`, `10s`, `5m`, `12h`, `14d`" + ` |
| size | a number of bytes with a unit: ` + "`64MiB`, `1.5GiB`, `500MB`, `4096`" + ` |
| list | values with commas between them |
| switch | ` + "`on` or `off`" + ` |
| secret | the value, or in its place a file that holds it, whose name stands in the variable with ` + "`_FILE`" + ` at its end. Only one of the two may be set. No log and no message shows it |

*Read by*: **h** is heartbeat, **c** collector, **m** monitorink.
`)
	for _, v := range Variables() {
		if v.Section != "" {
			fmt.Fprintf(&b, "\n## %s\n\n| variable | default | | read by |\n|---|---|---|---|\n", v.Section)
		}
		name := code(v.Name)
		if v.Secret {
			name += "<br>" + code(v.Twin())
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, code(v.Default), v.sentence(), v.readers())
	}
	b.WriteString("\nWritten by `make env` from the table in [cmd/internal/config](../cmd/internal/config/config.go).\n")
	return b.Bytes()
}

// sentence is what there is to say of a variable, beside its default.
func (v Variable) sentence() string {
	parts := []string{strings.ReplaceAll(v.Help, "|", `\|`)}
	var what []string
	if form := v.Form; form != "" && v.Allowed == nil && form != "switch" {
		what = append(what, form)
	}
	if v.Secret {
		what = append(what, "secret")
	}
	switch {
	case v.Least != "" && v.Most != "":
		what = append(what, "from "+code(v.Least)+" to "+code(v.Most))
	case v.Least != "":
		what = append(what, "at least "+code(v.Least))
	case v.Most != "":
		what = append(what, "at most "+code(v.Most))
	}
	if len(what) > 0 {
		parts = append(parts, "*"+strings.Join(what, ", ")+"*")
	}
	if v.Example != "" {
		parts = append(parts, "e.g. "+code(v.Example))
	}
	return strings.Join(parts, ". ")
}

func (v Variable) readers() string {
	var letters []string
	for _, program := range []string{"heartbeat", "collector", "monitorink"} {
		if slices.Contains(v.Read, program) {
			letters = append(letters, program[:1])
		}
	}
	return strings.Join(letters, " ")
}

// code marks what is written as it stands.
func code(s string) string {
	if s == "" {
		return "–"
	}
	return "`" + s + "`"
}
