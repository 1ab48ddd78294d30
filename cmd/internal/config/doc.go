// Package config reads the environment, once, into a [Config].
//
// The one idea: the struct is the table. Each field's tags hold the variable's
// name, its default, what is allowed and one line of help; [Variables] lists
// them, env.sh and docs/settings.md are written from them, and [Load] obeys them. All that is wrong is told at once, each in an [Error] that names
// the variable, what it was and what is allowed. The value of a secret is never
// in a message.
//
// A secret may instead stand in a file that the variable with _FILE at its end
// names. A variable that is set to nothing counts as not set.
package config

//go:generate go test -run TestWhatIsWrittenFromTheTableIsCurrent -update .
