// Command page serves the web page over a store in memory that it fills with monitors
// that there are not: what tests in a browser, and people who work on the page, look at.
//
//	go run ./bench/page --monitors 10000 --rate 1000
package main
