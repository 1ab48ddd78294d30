package heartbeat

import "github.com/monitorink/monitorink/data"

// Mask hides secrets in m.
func Mask(secrets []string, m *data.Measurement) { newMask(secrets).measurement(m) }

// MaskText hides secrets in s.
func MaskText(secrets []string, s string) string { return newMask(secrets).text(s) }
