package web

import (
	"strings"
	"testing"
)

func TestWhatOthersWroteIsNoMarkup(t *testing.T) {
	const evil = `</title><script>alert("1")</script>' onload='x`
	status := pageView{
		Title: evil, Headline: evil, Concerned: evil,
		Monitors: []monitorView{{Title: evil, Words: evil, UptimeWords: evil, Unobserved: evil, Bar: bar{Words: evil, Odd: []oddDay{{1, evil}}}}},
		Outages:  []outageView{{Title: evil, Took: evil}},
	}
	for name, page := range map[string][]byte{
		"status": status.html(), "form": signIn{Root: "./", From: evil, Wrong: evil}.html(), "signed in": signIn{Root: "./", Role: evil}.html(),
		"problem": problemPage("./", evil, evil, true), "badge": badge{Label: evil, Value: evil, Words: evil, Colour: badgeRed}.svg(),
	} {
		if text := string(page); strings.Contains(text, "<script") || strings.Contains(text, "' onload") || strings.Contains(text, `"1"`) || !strings.Contains(text, "&lt;script&gt;") {
			t.Errorf("%s holds it as it was written:\n%s", name, page)
		}
	}
}

func TestMarkupAndItsValuesAreAsMany(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("two places are filled by one value")
		}
	}()
	new(sheet).put("<p>{}</p><p>{}</p>", "one")
}
