package web

import (
	"strconv"
	"time"
)

// html is the public page.
func (p *pageView) html() []byte {
	var d sheet
	d.head("", true, "{}: {}", p.Title, p.Headline)
	d.put(`<body class="status">
<svg width="0" height="0" aria-hidden="true"><defs><pattern id="missed" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="4" class="ground"/><rect width="2" height="4" class="stroke"/></pattern></defs></svg>
<header>
<h1>{}</h1>
<p class="headline {}">{}`, p.Title, p.State, p.Headline)
	if p.Concerned != "" {
		d.put(" <span>{}</span>", p.Concerned)
	}
	d.put("</p>\n")
	if p.Stale {
		d.put("<p class=\"stale\" role=\"status\">These figures are old: newer ones are not to be had at the moment.</p>\n")
	}
	d.put("</header>\n<main>\n")
	p.monitors(&d)
	p.outages(&d)
	d.put(`</main>
<footer>As of <time datetime="{}">{}</time> UTC. Days are in UTC. Uptime counts what was observed.</footer>
</body>
</html>
`, p.At.Format(time.RFC3339), p.At.Format("2 January 2006, 15:04:05"))
	return d.b.Bytes()
}

func (p *pageView) monitors(d *sheet) {
	if len(p.Monitors) == 0 {
		d.put("<p class=\"nothing\">No monitor has the labels that this page is for.</p>\n")
		return
	}
	d.put("<h2 class=\"aside\">The last 90 days</h2>\n<ul class=\"monitors\">\n")
	for i := range p.Monitors {
		p.Monitors[i].html(d)
	}
	d.put(`</ul>
<ul class="legend" aria-label="Legend">
<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="up" width="12" height="12"/></svg>up</li>
<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="down" width="12" height="12"/></svg>down</li>
<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect fill="url(#missed)" width="12" height="12"/></svg>not observed</li>
<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="empty" width="12" height="12"/></svg>before it was watched</li>
</ul>
`)
}

func (m *monitorView) html(d *sheet) {
	d.put(`<li>
<div class="line"><h3>{}</h3><span class="state {}">{}</span></div>
<svg class="bar" viewBox="-1.5 0 359 32" preserveAspectRatio="none" role="img" aria-label="{}">`, m.Title, m.State, m.Words, m.Bar.Words)
	m.Bar.html(d)
	d.put(`</svg>
<div class="line soft"><span>{}</span><span>{}</span></div>
</li>
`, m.UptimeWords, m.Unobserved)
}

func (b *bar) html(d *sheet) {
	for _, part := range []struct {
		m    markup
		path string
	}{
		{`<path class="empty" d="{}"/>`, b.Empty},
		{`<path class="up" d="{}"/>`, b.Up},
		{`<path stroke="url(#missed)" d="{}"/>`, b.Missed},
		{`<path class="down" d="{}"/>`, b.Down},
	} {
		if part.path != "" {
			d.put(part.m, part.path)
		}
	}
	for _, odd := range b.Odd {
		d.put(`<path class="over" d="M{} 0v32"><title>{}</title></path>`, strconv.Itoa(odd.X), odd.Words)
	}
}

func (p *pageView) outages(d *sheet) {
	d.put("<h2>Incidents of the last 14 days</h2>\n")
	if len(p.Outages) == 0 {
		d.put("<p class=\"soft\">None.</p>\n")
		return
	}
	d.put("<ol class=\"outages\">\n")
	for i := range p.Outages {
		p.Outages[i].html(d)
	}
	d.put("</ol>\n")
	if p.MoreOutages > 0 {
		d.put("<p class=\"soft\">And {} before these; <a href=\"status.json\">status.json</a> lists all.</p>\n", strconv.Itoa(p.MoreOutages))
	}
}

func (o *outageView) html(d *sheet) {
	const whole = "2 Jan 2006, 15:04:05"
	from := []string{o.From.Format(time.RFC3339), o.From.Format(whole)}
	if o.To == nil {
		d.put(`<li><strong>{}</strong> <span class="took down">{}</span>
<span class="soft">since <time datetime="{}">{}</time> UTC</span></li>
`, o.Title, o.Took, from[0], from[1])
		return
	}
	until := o.To.Format(whole)
	if o.From.Format(time.DateOnly) == o.To.Format(time.DateOnly) {
		until = o.To.Format(time.TimeOnly)
	}
	d.put(`<li><strong>{}</strong> <span class="took">{}</span>
<span class="soft"><time datetime="{}">{}</time> to <time datetime="{}">{}</time> UTC</span></li>
`, o.Title, o.Took, from[0], from[1], o.To.Format(time.RFC3339), until)
}
