package data_test

import (
	"testing"

	"github.com/monitorink/monitorink/data"
)

func TestCredentialsInURLsAreMasked(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                   "",
		"no URL, joe@shop.example":                           "no URL, joe@shop.example",
		"https://shop.example/@joe":                          "https://shop.example/@joe",
		"https://shop.example/?to=joe@x":                     "https://shop.example/?to=joe@x",
		"https://joe:hunter2@shop.example/a":                 "https://…@shop.example/a",
		"https://joe:hun/ter2@shop.example/a":                "https://…@shop.example/a",
		"https://joe:12#ter2@shop.example/@x":                "https://joe:12#ter2@shop.example/@x", // the host is joe
		"https://joe:1#ter2/@shop.example/a":                 "https://joe:1#ter2/@shop.example/a",
		"https://joe:h#ter2@shop.example/@x":                 "https://…@x",
		"https://shop.example:80/@joe":                       "https://shop.example:80/@joe",
		"https://[::1]/@joe":                                 "https://[::1]/@joe",
		"https://[2001:db8::a]:80/@joe":                      "https://[2001:db8::a]:80/@joe",
		"//joe:hunter2@shop.example":                         "//…@shop.example",
		"https://token@shop.example":                         "https://…@shop.example",
		"https://joe:hun@ter2@shop.example/@x":               "https://…@shop.example/@x",
		`<a href="http://a:b@c/">, <http://d:e@f>; rel=next`: `<a href="http://…@c/">, <http://…@f>; rel=next`,
		"postgres://u:p@h:5432/d and kafka://u:p@h":          "postgres://…@h:5432/d and kafka://…@h",
		"http://joe:hunter2\\@shop.example":                  "http://…@shop.example",
	} {
		if got := data.MaskCredentials(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
