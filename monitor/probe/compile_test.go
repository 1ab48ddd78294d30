package probe_test

import (
	"strings"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

func TestCompileNamesTheFieldAndWhatToWrite(t *testing.T) {
	for _, tt := range []struct {
		change func(*data.Monitor)
		want   string
	}{
		{func(m *data.Monitor) { m.URL = "" }, "url"},
		{func(m *data.Monitor) { m.URL = "shop.example/health" }, "https://"},
		{func(m *data.Monitor) { m.URL = "ftp://shop.example" }, "write http or https"},
		{func(m *data.Monitor) { m.URL = "http:///path" }, "no host"},
		{func(m *data.Monitor) { m.URL = "http://:80" }, "no host"},
		{func(m *data.Monitor) { m.URL = "http://shop.example:0" }, "port"},
		{func(m *data.Monitor) { m.URL = "http://shop.example:70000" }, "port"},
		{func(m *data.Monitor) { m.URL = "http://user:hunter2@shop.example" }, "write auth.basic"},
		{func(m *data.Monitor) { m.URL = "http://user:hunter2%zz@shop.example" }, "write auth.basic"},
		{func(m *data.Monitor) { m.URL = "http://shop.example/%zz" }, "not a URL"},
		{func(m *data.Monitor) { m.Timeout = 0 }, "timeout"},
		{func(m *data.Monitor) { m.Redirects = -1 }, "redirects"},
		{func(m *data.Monitor) { m.Connection = "old" }, "new or reuse"},
		{func(m *data.Monitor) { m.Method = "GET /" }, "method"},
		{func(m *data.Monitor) { m.Method = "CONNECT" }, "method"},
		{func(m *data.Monitor) { m.Headers = map[string]string{"a b": "c"} }, "headers"},
		{func(m *data.Monitor) { m.Headers = map[string]string{"token": "hunter2\r\nX: y"} }, "headers.token"},
	} {
		m := monitor("http://shop.example")
		tt.change(m)
		_, err := probe.Compile(m)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v, want it to name %q", m, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats a secret: %v", err)
		}
	}
	for _, url := range []string{"http://shop.example", "https://[::1]:8443/x?y#z", "http://bücher.example/straße"} {
		if _, err := probe.Compile(monitor(url)); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
