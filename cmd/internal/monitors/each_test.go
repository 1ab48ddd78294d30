package monitors_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

func TestForEachMakesAMonitorOfEachItem(t *testing.T) {
	list, err := monitors.Parse("f.yaml", []byte(`
x-regions: &regions [eu, us]
monitors:
  - id: shop-${each}
    for_each: *regions
    url: https://shop.${each}.example/
    labels: { region: "${each}", literal: "$${each}" }
    headers: { x-region: "${each} $${each}" }
  - for_each: [{ name: a, port: 80, token: "${env:A}" }, { port: 81, name: b, token: "${env:B}" }]
    id: ${each.name}
    url: https://${each.name}.example:${each.port}/
    headers: { authorization: "Bearer ${each.token}" }
    expect: { body: { matches: ["^${each.name}$"] } }
  - for_each: { region: [eu, us], every: [1s, 2s, 3s] }
    id: api-${each.region}-${each.every}
    url: https://api.${each.region}.example/
    every: ${each.every}
    timeout: 500ms
  - { id: plain, url: "https://plain.example/" }
`), monitors.Defaults{})
	var errs monitors.Errors
	if !errors.As(err, &errs) || len(errs) != 1 || !strings.Contains(err.Error(), "x-regions") {
		t.Fatalf("%v, want nothing wrong but the key for the anchor", err)
	}
	if got, want := ids(list), "shop-eu shop-us a b api-eu-1s api-eu-2s api-eu-3s api-us-1s api-us-2s api-us-3s plain"; got != want {
		t.Fatalf("%s\nwant\n%s", got, want)
	}
	us, b, api := list[1], list[3], list[8]
	if us.URL != "https://shop.us.example/" || us.Labels["region"] != "us" || us.Labels["literal"] != "${each}" || us.Headers["X-Region"] != "us $${each}" {
		t.Errorf("%+v", us)
	}
	if b.URL != "https://b.example:81/" || b.Headers["Authorization"] != "Bearer ${env:B}" || b.Expect.Body.Matches[0] != "^b$" {
		t.Errorf("%+v", b)
	}
	if api.Schedule.Every.D() != 2*time.Second || api.URL != "https://api.us.example/" {
		t.Errorf("%+v", api)
	}
}

func TestForEachIsBoundedBeforeItIsBuilt(t *testing.T) {
	thousand := strings.Repeat("x, ", 999) + "x"
	million := fmt.Appendf(nil, `monitors: [{ id: "${each.a}${each.b}", for_each: { a: [%s], b: [%s] }, url: "https://a.example/" }]`, thousand, thousand)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if list, err := monitors.Parse("f.yaml", million, monitors.Defaults{}); err == nil || len(list) > 0 {
		t.Errorf("%d monitors, %v", len(list), err)
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 16<<20 {
		t.Errorf("%d bytes were taken to refuse a million", after.TotalAlloc-before.TotalAlloc)
	}
	list, err := monitors.Parse("f.yaml", fmt.Appendf(nil, `monitors:
  - { id: "${each.a}${each.b}", for_each: { a: [%s], b: [%s] }, url: "https://a.example/" }
  - { id: "${each}", for_each: [%s], url: "https://a.example/" }
  - { id: good, url: "https://a.example/" }
`, thousand, thousand, strings.Repeat("x, ", 100_001)), monitors.Defaults{})
	if err == nil || ids(list) != "good" || strings.Count(err.Error(), "\n") != 1 ||
		!strings.Contains(err.Error(), `f.yaml:2:43: monitors[0]: for_each makes 1000000 monitors, and at most 100000 are allowed; write several`) ||
		!strings.Contains(err.Error(), `f.yaml:3:32: monitors[1]: for_each makes 100001 monitors`) {
		t.Errorf("%s, %v", ids(list), err)
	}
	body := strings.Repeat("x", 1<<20)
	list, err = monitors.Parse("f.yaml", fmt.Appendf(nil, `monitors: [{ id: "a${each.a}${each.b}", for_each: { a: [%s], b: [1] }, url: "https://a.example/", body: "%s${each.b}" }]`,
		strings.Repeat("x, ", 1000), body), monitors.Defaults{})
	if err == nil || !strings.Contains(err.Error(), "the texts that it makes have more than 67108864 bytes") || len(list) > 64 {
		t.Errorf("%d monitors, %.500v", len(list), err)
	}
}

func TestWhatIsWrongInEachItemIsToldOnce(t *testing.T) {
	list, err := monitors.Parse("f.yaml", []byte(`monitors:
  - { id: "m-${each.a}${each.b}", for_each: { a: [1, 2, 3], b: [1, 2, 3] }, url: "https://a.example/", evry: 1s }
`), monitors.Defaults{})
	var errs monitors.Errors
	want := `f.yaml:2:104: monitors[0] for_each[0] "m-11": the key "evry" is unknown; did you mean every? (and 8 more of for_each)`
	if !errors.As(err, &errs) || len(list) > 0 || len(errs) != 9 || err.Error() != want {
		t.Errorf("%d monitors, %d problems:\n%v\nwant\n%s", len(list), len(errs), err, want)
	}
	_, err = monitors.Parse("f.yaml", []byte(`monitors:
  - { id: "m-${each.a}${each.b}", for_each: { a: [`+strings.Repeat("1, ", 300)+`], b: [`+strings.Repeat("1, ", 300)+`] }, url: "https://a.example/" }
`), monitors.Defaults{})
	if !errors.As(err, &errs) || len(errs) > 1100 || !errs.Spoiled() || !strings.Contains(err.Error(), "too much is wrong already") {
		t.Errorf("%d problems: %.300v", len(errs), err)
	}
}
