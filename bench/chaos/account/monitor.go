package account

import "time"

// A Definition is what the monitors' file says of a monitor.
type Definition struct {
	URL     string
	Every   time.Duration
	Timeout time.Duration
	Paused  bool
}

// An Edit is what the file said of a monitor when a run of heartbeat began: nothing
// when Definition is nil.
type Edit struct {
	Run int // index in Life.Runs
	// At is when it was written while the run was on, which then read it again; zero:
	// before the run.
	At time.Time
	*Definition
}

// A Registration is what the store says of a monitor's definition.
type Registration struct {
	From    time.Time
	Version string
	Removed bool // then all below is zero
	Definition
}

// A Row is a measurement in the store.
type Row struct {
	Scheduled int64 // Unix milliseconds
	Started   int64 // Unix microseconds
	Total     int64 // microseconds
	Up        bool
	Version   string
	URL       string
}

// A Gap is a gap in the store.
type Gap struct {
	First, Last int64 // Unix milliseconds, both included
	Slots       int64
	Reason      string
	Version     string
}

// A Monitor is all that is known of one monitor.
type Monitor struct {
	ID string
	// Edits are one for each run of heartbeat.
	Edits         []Edit
	Registrations []Registration
	Rows          []Row // in order of Scheduled
	Gaps          []Gap
	// Answers are when its target answered a request, by URL, in Unix
	// microseconds and in order.
	Answers map[string][]int64
	// Locations is under how many names of a place the store has it.
	Locations int
	// End is where the list of slots ends; a monitor that was removed has none
	// from there on anyway.
	End time.Time
}
