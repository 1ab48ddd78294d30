package postgres

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// badURL says what is wrong with a URL, and shows nothing of it that may be
// secret.
func badURL(raw string, err error) error {
	if u, parseErr := url.Parse(raw); parseErr != nil && strings.Contains(raw, "://") {
		var reason *url.Error
		if errors.As(parseErr, &reason) {
			return fmt.Errorf("postgres URL: %s (a password with reserved characters must be percent-encoded)", hide(reason.Err.Error(), raw, ""))
		}
	} else if parseErr == nil && u.Scheme != "" && u.Scheme != "postgres" && u.Scheme != "postgresql" && strings.Contains(raw, "://") {
		return fmt.Errorf("postgres URL: the scheme %q is neither postgres nor postgresql", u.Scheme)
	} else if parseErr == nil && u.User != nil {
		password, _ := u.User.Password()
		return fmt.Errorf("postgres URL: %s", hide(reason(err), raw, password))
	}
	return fmt.Errorf("postgres URL: %s", hide(reason(err), raw, ""))
}

// reason is what the driver says behind its copy of the URL.
func reason(err error) string {
	s := err.Error()
	if i := strings.LastIndex(s, "`: "); i >= 0 {
		s = s[i+3:]
	}
	return s
}

// hide leaves out secrets that a message may repeat.
func hide(message, raw, password string) string {
	secrets := []string{raw, password, url.QueryEscape(password)}
	if _, rest, ok := strings.Cut(raw, "://"); ok {
		if at := strings.LastIndex(rest, "@"); at >= 0 {
			userinfo := rest[:at]
			secrets = append(secrets, userinfo)
			if _, p, ok := strings.Cut(userinfo, ":"); ok {
				secrets = append(secrets, p)
				// A parser that stops early takes the start of a password for a port.
				for _, part := range strings.FieldsFunc(p, func(r rune) bool { return strings.ContainsRune("/?#@:%", r) }) {
					if len(part) > 2 {
						secrets = append(secrets, part)
					}
				}
			}
		}
	}
	for _, secret := range secrets {
		if secret != "" {
			message = strings.ReplaceAll(message, secret, "…")
		}
	}
	return message
}
