package monitors

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
)

var (
	authKeys   = []string{"basic", "bearer", "oauth2"}
	basicKeys  = []string{"username", "password"}
	oauth2Keys = []string{"token_url", "client_id", "client_secret", "scopes", "params", "style"}
	// tokenParams are what a token request has of itself.
	tokenParams = []string{"grant_type", "scope", "client_id", "client_secret"}
)

// setAuth reads who asks. No value of it is in any message.
func (d *draft) setAuth(v *yaml.Node) {
	const example = "one of { basic: { username: …, password: … } }, { bearer: … } and { oauth2: { token_url: …, client_id: …, client_secret: … } }"
	before := len(d.errs)
	a := &data.Auth{}
	var first *yaml.Node
	d.mapping("auth", v, example, func(key, v *yaml.Node) {
		if first != nil {
			d.tell(key, "auth has %s and %s; write one of them", first.Value, clip(key.Value))
			return
		}
		first = key
		switch key.Value {
		case "basic":
			a.Basic = d.basic(v)
		case "bearer":
			a.Bearer = d.secret("auth.bearer", v)
			d.checkBearer(a.Bearer, v)
		case "oauth2":
			a.OAuth2 = d.oauth2(v)
		default:
			d.tell(key, "the key %q of auth is unknown%s", key.Value, instead(key.Value, authKeys...))
		}
	})
	if first == nil && len(d.errs) == before {
		d.tell(v, "auth is empty; write %s", example)
	}
	d.Auth = a
}

// refers reports whether a text has a reference in it, so that it cannot be judged
// before what it stands for is known.
func refers(s string) bool { return strings.Contains(s, references.Begin) }

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func (d *draft) checkBearer(token string, v *yaml.Node) {
	visible := func(r rune) bool { return r > ' ' && r < 0x7f }
	switch {
	case v.Kind != yaml.ScalarNode || v.Tag == "!!null" || refers(token):
	case token == "":
		d.tell(v, "auth.bearer is empty; write the token")
	case strings.HasPrefix(token, "Bearer "):
		d.tell(v, "auth.bearer begins with Bearer, which is added to it; write the token alone")
	case strings.Trim(token, "\n") != token:
		d.tell(v, "auth.bearer ends or begins with the end of a line; write it on one line")
	case strings.ContainsFunc(token, func(r rune) bool { return !visible(r) }):
		d.tell(v, "auth.bearer has a space or another character that no token has; write the token alone")
	}
}

func (d *draft) basic(v *yaml.Node) *data.Basic {
	b := &data.Basic{}
	d.mapping("auth.basic", v, "{ username: …, password: … }", func(key, v *yaml.Node) {
		switch key.Value {
		case "username":
			b.Username = d.secret("auth.basic.username", v)
			if strings.Contains(b.Username, ":") && !refers(b.Username) {
				d.tell(v, "auth.basic.username has a colon, where the password would begin; write another")
			}
			d.oneLine("auth.basic.username", b.Username, v)
		case "password":
			b.Password = d.secret("auth.basic.password", v)
			d.oneLine("auth.basic.password", b.Password, v)
		default:
			d.tell(key, "the key %q of auth.basic is unknown%s", key.Value, instead(key.Value, basicKeys...))
		}
	})
	if v.Kind == yaml.MappingNode && b.Username == "" && b.Password == "" {
		d.tell(v, "auth.basic has neither a username nor a password; write { username: …, password: … }")
	}
	return b
}

func (d *draft) oneLine(what, value string, v *yaml.Node) {
	if strings.ContainsFunc(value, isControl) {
		d.tell(v, "%s has a control character, such as the end of a line; write it on one line", what)
	}
}

func (d *draft) oauth2(v *yaml.Node) *data.OAuth2 {
	o := &data.OAuth2{}
	seen := map[string]bool{}
	d.mapping("auth.oauth2", v, "{ token_url: …, client_id: …, client_secret: … }", func(key, v *yaml.Node) {
		what := "auth.oauth2." + key.Value
		seen[key.Value] = true
		switch key.Value {
		case "token_url":
			o.TokenURL = d.text(what, v)
			if o.TokenURL != "" && !refers(o.TokenURL) {
				if wrong := checkURL(o.TokenURL); wrong != "" {
					d.tell(v, "%s: %s", what, wrong)
				}
			}
		case "client_id":
			o.ClientID = d.text(what, v)
			d.oneLine(what, o.ClientID, v)
		case "client_secret":
			o.ClientSecret = d.secret(what, v)
			d.oneLine(what, o.ClientSecret, v)
		case "scopes":
			o.Scopes = d.scopes(what, v)
		case "params":
			o.Params = d.params(what, v)
		case "style":
			switch o.Style = d.text(what, v); o.Style {
			case "header":
				o.Style = data.OAuth2Header
			case data.OAuth2Body, "":
			default:
				d.tell(v, "%s is %s; write header or body", what, kind(v))
			}
		default:
			d.tell(key, "the key %q of auth.oauth2 is unknown%s", key.Value, instead(key.Value, oauth2Keys...))
		}
	})
	for _, name := range oauth2Keys[:2] {
		if v.Kind == yaml.MappingNode && !seen[name] {
			d.tell(v, "auth.oauth2 has no %s; write { token_url: …, client_id: …, client_secret: … }", name)
		}
	}
	return o
}

func (d *draft) scopes(what string, v *yaml.Node) []string {
	list := itemsOf(v)
	var scopes []string
	for _, n := range list {
		n = d.follow(n)
		s := d.text(what, n)
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) && !refers(s) {
			d.tell(n, "%s: %q has a space in it; write a list, such as [read, write]", what, clip(s))
		}
		scopes = append(scopes, s)
	}
	return scopes
}

func (d *draft) params(what string, v *yaml.Node) map[string]string {
	params := map[string]string{}
	d.mapping(what, v, "names and values, such as { audience: shop }", func(key, v *yaml.Node) {
		for _, own := range tokenParams {
			if key.Value == own {
				d.tell(key, "%s: %s follows from the other keys; leave it out", what, own)
				return
			}
		}
		params[key.Value] = d.secret(what+"."+clip(key.Value), v)
	})
	return params
}
