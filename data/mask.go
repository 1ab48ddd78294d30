package data

import (
	"regexp"
	"slices"
	"strings"
)

// userinfo is what stands before a host: all up to the last @ of the authority, or,
// where a password is not encoded as it should be, of all that has no space. Such a
// one shows by a port that is no number.
var userinfo = regexp.MustCompile("//(?:[^/?#\\\\\\s\"'<>`]*|[^/?#\\\\\\s\"'<>`\\[]+:[0-9]*[^0-9/?#\\\\\\s\"'<>`][^\\s\"'<>`]*)@")

// MaskCredentials returns text with … in place of the user and the password of every
// URL in it.
func MaskCredentials(text string) string { return userinfo.ReplaceAllString(text, "//…@") }

// SecretHeader reports whether a header, by its name, is there to prove something.
func SecretHeader(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "signature"}, func(part string) bool {
		return strings.Contains(name, part)
	})
}
