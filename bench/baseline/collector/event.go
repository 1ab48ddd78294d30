package main

import "time"

// An event is a measurement as it is in the topic.
type event struct {
	Schema      string    `json:"schema"`
	Monitor     string    `json:"monitor"`
	Location    string    `json:"location"`
	Instance    string    `json:"instance"`
	Version     string    `json:"version"`
	ScheduledAt time.Time `json:"scheduled_at"`
	Attempt     int16     `json:"attempt"`
	State       string    `json:"state"`
	StartedAt   time.Time `json:"started_at"`
	LateUS      int64     `json:"late_us"`
	DegradedUS  int64     `json:"degraded_us"`
	Method      string    `json:"method"`
	URL         string    `json:"url"`

	HTTP *struct {
		Status    int16  `json:"status"`
		Protocol  string `json:"protocol"`
		Remote    string `json:"remote"`
		Redirects int    `json:"redirects"`
		BodyBytes *int64 `json:"body_bytes"`
	} `json:"http"`
	TLS *struct {
		Version   string    `json:"version"`
		ExpiresAt time.Time `json:"expires_at"`
	} `json:"tls"`
	Phases struct {
		DNS       *int64 `json:"dns_us"`
		Connect   *int64 `json:"connect_us"`
		TLS       *int64 `json:"tls_us"`
		Request   *int64 `json:"request_us"`
		FirstByte *int64 `json:"first_byte_us"`
		Transfer  *int64 `json:"transfer_us"`
		Total     *int64 `json:"total_us"`
	} `json:"phases"`
	Expectations []expectation `json:"expectations"`
	Error        *struct {
		Kind    string `json:"kind"`
		Phase   string `json:"phase"`
		Message string `json:"message"`
	} `json:"error"`
}

type expectation struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Seen string `json:"seen"`
}
