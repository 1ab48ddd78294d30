// Package monitors reads definitions from YAML files, from a folder of them, or
// from a list of URLs.
//
// The one idea: a file is judged whole. What is good comes back together with
// [Errors], one [Problem] for each thing that is wrong, with the line, the
// monitor and what to write instead; so a reload can apply the good ones and
// leave the others as they were. A Problem without a monitor concerns the whole
// file: nothing can then be said of what the file defined before.
//
//	defaults: { every: 30s, timeout: 5s, labels: { team: web } }
//	monitors:
//	  - id: shop
//	    url: https://shop.example/health
//	    every: 10s
//	    expect: { status: [200-299], body: { matches: ok }, latency: 800ms }
//
// In defaults all keys of a monitor may stand but id, url and for_each. Those of a
// file defaults.yaml hold for its folder and below. What is nearer to a monitor wins;
// labels, headers, query, form and the parts of expect are merged name by name; every
// and cron replace each other. A for_each makes a monitor of each item of a list.
//
// What a request refers to, such as ${env:TOKEN}, stays as it is written; in other
// fields a reference is replaced when it is read.
package monitors
