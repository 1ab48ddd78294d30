package data

// Values are names, each with its values, as queries and forms have them.
type Values map[string][]string

// The values of Monitor.RedirectTo.
const (
	RedirectAny      = ""          // any host, by http or https
	RedirectSameHost = "same_host" // the host of the monitor's URL, at whatever port
	RedirectHTTPS    = "https"     // any host, by https
)

// Auth says who asks. Exactly one of its fields is set.
type Auth struct {
	Basic  *Basic  `json:"basic,omitempty"`
	Bearer string  `json:"bearer,omitempty"` // a token
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`
}

// Basic is a user and a password: RFC 7617.
type Basic struct {
	Username string `json:"username"` // without a colon
	Password string `json:"password,omitempty"`
}

// OAuth2 is how a token is had by client credentials: RFC 6749, 4.4.
type OAuth2 struct {
	TokenURL     string   `json:"token_url"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret,omitempty"`
	Scopes       []string `json:"scopes,omitempty"`
	// Params are sent to the token endpoint with what OAuth2 itself asks for.
	Params map[string]string `json:"params,omitempty"`
	// Style is OAuth2Header or OAuth2Body.
	Style string `json:"style,omitempty"`
}

// The values of OAuth2.Style: where the client's id and secret stand.
const (
	OAuth2Header = ""     // in Authorization, as each server must take them
	OAuth2Body   = "body" // in the form, as some servers want them
)
