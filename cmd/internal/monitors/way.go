package monitors

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
)

var (
	wayKeys = []string{"tls", "protocol", "proxy", "resolver", "ip", "addresses", "source"}
	tlsKeys = []string{"ca", "cert", "key", "server_name", "insecure_skip_verify", "min_version"}
)

// setWay sets one of wayKeys. Each has a word that takes back what the defaults say.
func (d *draft) setWay(key, v *yaml.Node) {
	switch key.Value {
	case "tls":
		d.setTLS(v)
	case "protocol":
		d.Protocol = d.wayText("protocol", v, "auto", func(m *data.Monitor, s string) { m.Protocol = s })
	case "proxy":
		d.Proxy = d.wayText("proxy", v, "none", func(m *data.Monitor, s string) { m.Proxy = s })
	case "resolver":
		d.Resolver = d.wayText("resolver", v, "system", func(m *data.Monitor, s string) { m.Resolver = s })
	case "ip":
		d.IP = d.wayText("ip", v, "any", func(m *data.Monitor, s string) { m.IP = s })
	case "addresses":
		d.Addresses = d.wayText("addresses", v, "first", func(m *data.Monitor, s string) { m.Addresses = s })
	case "source":
		d.Source = d.wayText("source", v, "any", func(m *data.Monitor, s string) { m.Source = s })
	}
}

// wayText reads a text that is judged alone; usual stands for none.
func (d *draft) wayText(what string, v *yaml.Node, usual string, set func(*data.Monitor, string)) string {
	d.stands(what, v)
	s := d.text(what, v)
	if s == "" || s == usual {
		return ""
	}
	var m data.Monitor
	set(&m, s)
	if err := probe.CheckWay(&m); err != nil {
		d.tell(v, "%v", err)
		return ""
	}
	return s
}

func (d *draft) setTLS(v *yaml.Node) {
	t := &d.TLS
	d.mapping("tls", v, "what is to be trusted and shown, such as { ca: ca.pem }", func(key, v *yaml.Node) {
		d.stands("tls."+key.Value, v)
		switch key.Value {
		case "ca":
			t.CA = d.unless("system", "tls.ca", v)
		case "cert":
			t.Cert = d.unless("none", "tls.cert", v)
		case "key":
			t.Key = d.unless("none", "tls.key", v)
		case "server_name":
			t.ServerName = d.text("tls.server_name", v)
			if strings.ContainsAny(t.ServerName, ":/ @") && !refers(t.ServerName) {
				d.tell(v, "tls.server_name: %q is no name; write a host name alone, such as shop.internal", clip(t.ServerName))
			}
		case "insecure_skip_verify":
			t.InsecureSkipVerify = d.truth("tls.insecure_skip_verify", v)
		case "min_version":
			t.MinVersion = d.wayText("tls.min_version", v, "", func(m *data.Monitor, s string) { m.TLS.MinVersion = s })
		default:
			d.tell(key, "the key %q of tls is unknown%s", key.Value, instead(key.Value, tlsKeys...))
		}
	})
}

func (d *draft) unless(usual, what string, v *yaml.Node) string {
	if s := d.text(what, v); s != usual {
		return s
	}
	return ""
}

func (d *draft) stands(what string, v *yaml.Node) {
	if d.way == nil {
		d.way = map[string]*yaml.Node{}
	}
	d.way[what] = v
}

// checkWay judges what goes with what on the way to the target.
func (d *draft) checkWay() {
	if d.bad {
		return // it may have been told already
	}
	err := probe.CheckWay(&d.Monitor)
	if err == nil {
		return
	}
	what, _, _ := strings.Cut(err.Error(), ":")
	at := d.way[what]
	for _, other := range append([]string{"tls.cert", "tls.key"}, wayKeys...) { // else of what it may be said to go with
		if at == nil && d.way[other] != nil {
			at = d.way[other]
		}
	}
	d.tell(d.whereOf(at), "%v", err)
}

// checkUnsafe warns of a good monitor that trusts too much, or shows what is of no use
// any more: where it says so, or once where the defaults do.
func (d *draft) checkUnsafe() {
	if d.bad || d.Warn == nil || d.TLS.Cert == "" && !d.TLS.InsecureSkipVerify {
		return
	}
	var expand heartbeat.Expand
	if d.References != nil {
		expand = d.References.Expand
	}
	for _, w := range heartbeat.Warnings(&d.Monitor, expand, time.Now()) {
		what, _, _ := strings.Cut(w, ":")
		key, at := w, d.whereOf(d.way[what])
		if d.way[what] != nil {
			key = fmt.Sprintf("%s:%d:%d: %s", d.name, at.Line, at.Column, w)
		}
		d.warnOnce(key, at, w)
	}
}
