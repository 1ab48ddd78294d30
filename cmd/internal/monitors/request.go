package monitors

import (
	"maps"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/data"
)

var (
	requestKeys  = []string{"method", "headers", "query", "body", "form", "auth", "redirects", "cookies", "compression", "traceparent"}
	redirectKeys = []string{"limit", "to"}
)

// asked is where a definition's own values of a request stand, as far as they go with
// others or do not.
type asked struct{ method, authorization, body, form, auth *yaml.Node }

// setRequest sets one of requestKeys.
func (d *draft) setRequest(key, v *yaml.Node) {
	switch key.Value {
	case "method":
		d.own.method = v
		d.Method = d.text("method", v)
		d.checkMethod(v)
	case "headers":
		d.setHeaders(v)
	case "query":
		d.Query = d.values("query", v, d.Query)
	case "body":
		d.own.body = key
		d.setBody(v)
	case "form":
		d.own.form = key
		d.Body, d.BodyFile = "", ""
		d.Form = d.values("form", v, d.Form)
	case "auth":
		d.own.auth = key
		d.setAuth(v)
	case "redirects":
		d.setRedirects(v)
	case "cookies":
		d.Cookies = d.truth("cookies", v)
	case "compression":
		d.Uncompressed = !d.truth("compression", v)
	case "traceparent":
		d.Traceparent = d.truth("traceparent", v)
	}
}

func (d *draft) truth(what string, v *yaml.Node) bool {
	if v.Tag != "!!bool" {
		d.tell(v, "%s is %s; write true or false", what, kind(v))
	}
	return v.Tag == "!!bool" && strings.EqualFold(v.Value, "true")
}

// values are names, each with a text or a list of them. Those of the defaults stay
// that are not named here.
func (d *draft) values(what string, v *yaml.Node, base data.Values) data.Values {
	all := maps.Clone(base)
	if all == nil {
		all = data.Values{}
	}
	d.mapping(what, v, "names and values, such as { q: shoes }", func(key, v *yaml.Node) {
		if key.Value == "" {
			d.tell(key, "%s has a name that is empty; write one", what)
			return
		}
		name := what + "." + clip(key.Value)
		list := itemsOf(v)
		if len(list) == 0 {
			d.tell(v, "%s is an empty list; write a value, or leave the key out", name)
		}
		var texts []string
		for _, n := range list {
			n = d.follow(n)
			texts = append(texts, d.secret(name, n))
		}
		all[key.Value] = texts
	})
	return all
}

// secret returns the text of a scalar, which may be empty, and is in no message.
func (d *draft) secret(what string, v *yaml.Node) string {
	if v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
		d.tell(v, "%s is %s; write a text, \"\" for an empty one", what, shape(v))
		return ""
	}
	return v.Value
}

func (d *draft) setBody(v *yaml.Node) {
	d.Body, d.BodyFile, d.Form = "", "", nil
	if v.Kind != yaml.MappingNode {
		d.Body = d.text("body", v)
		return
	}
	file := v
	d.mapping("body", v, "a text, or { file: request.json }", func(key, v *yaml.Node) {
		if key.Value != "file" {
			d.tell(key, "the key %q of body is unknown%s", key.Value, instead(key.Value, "file"))
			return
		}
		file = v
		d.BodyFile = d.text("body.file", v)
	})
	if d.BodyFile == "" && file == v {
		d.tell(v, "body is a mapping without file; write a text, or { file: request.json }")
	}
}

// setRedirects reads how many redirects are followed, or that and where they may lead.
// A number leaves where as the defaults have it.
func (d *draft) setRedirects(v *yaml.Node) {
	if v.Kind != yaml.MappingNode {
		d.Redirects = d.whole("redirects", v, 0, maxRedirects)
		return
	}
	d.mapping("redirects", v, "a number, or { limit: 5, to: same_host }", func(key, v *yaml.Node) {
		switch key.Value {
		case "limit":
			d.Redirects = d.whole("redirects.limit", v, 0, maxRedirects)
		case "to":
			d.RedirectTo = d.text("redirects.to", v)
			switch d.RedirectTo {
			case "any":
				d.RedirectTo = data.RedirectAny
			case "", data.RedirectSameHost, data.RedirectHTTPS:
			default:
				d.tell(v, "redirects.to is %s; write any, same_host or https", kind(v))
			}
		default:
			d.tell(key, "the key %q of redirects is unknown%s", key.Value, instead(key.Value, redirectKeys...))
		}
	})
}

// checkRequest judges what goes with what. A definition's own values take the place of
// those of the defaults that they do not go with.
func (d *draft) checkRequest() {
	own := &d.own
	if own.body != nil && own.form != nil {
		d.tell(later(own.body, own.form), "body and form are both there; write one of them")
	}
	switch {
	case own.auth != nil && own.authorization != nil:
		d.tell(later(own.auth, own.authorization), "auth and the header Authorization are both there; write one of them")
	case own.auth != nil:
		d.Headers = maps.Clone(d.Headers)
		delete(d.Headers, "Authorization")
	case own.authorization != nil:
		d.Auth = nil
	}
	if _, ok := d.Headers["Traceparent"]; ok && d.Traceparent {
		d.tell(d.node, "traceparent is true, and headers has one as well; write one of them")
	}
	if _, ok := d.Headers["Accept-Encoding"]; ok && d.Uncompressed {
		d.tell(d.node, "compression is false, and headers has Accept-Encoding as well; write one of them")
	}
	if len(d.Form) == 0 || d.isDefault {
		return
	}
	switch d.Method {
	case "GET", "HEAD":
		if own.method != nil {
			d.tell(own.method, "method: a %s sends no form; write POST, or write query in place of form", d.Method)
		}
		d.Method = "POST"
	}
}
