package monitors

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/data"
)

// defaultCapture is how many bytes of a body are captured where nothing is said.
const defaultCapture = 2 << 10

// setCapture reads true, false, or { body: 2KiB, headers: true }.
func (d *draft) setCapture(v *yaml.Node) {
	d.Capture = nil
	if v.Kind == yaml.ScalarNode && v.Tag == "!!bool" {
		if strings.EqualFold(v.Value, "true") {
			d.Capture = &data.Capture{Body: defaultCapture}
		}
		return
	}
	c := &data.Capture{Body: defaultCapture}
	d.mapping("capture", v, "true, false, or { body: 2KiB, headers: true }", func(key, v *yaml.Node) {
		switch key.Value {
		case "body":
			n, err := config.ParseSize(v.Value)
			if v.Kind != yaml.ScalarNode || err != nil || n < 0 || n > data.MaxCapture {
				d.tell(v, "capture.body is %s; write a number of bytes, such as 2KiB, and at most %dKiB", kind(v), data.MaxCapture>>10)
			}
			c.Body = n
		case "headers":
			c.Headers = *d.flag("capture.headers", v)
		default:
			d.tell(key, "the key %q of capture is unknown%s", key.Value, instead(key.Value, "body", "headers"))
		}
	})
	if *c != (data.Capture{}) { // body: 0 alone captures nothing
		d.Capture = c
	}
}
