package daemon

import (
	"errors"
	"maps"
	"slices"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/cmd/internal/shard"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

// LastGood adds to the good monitors the definitions that those have which err is about,
// and returns how many. Where it cannot be told which these are, they are all that are
// not among the good ones: what is missing then need not have been removed.
func LastGood(good []data.Monitor, held []heartbeat.Definition, err error) ([]data.Monitor, int) {
	if err == nil {
		return good, 0
	}
	all := problems(err, nil)
	spoiled := all.Spoiled()
	bad := make(map[string]bool, len(all))
	for _, p := range all {
		bad[p.Monitor] = true
	}
	known := make(map[string]bool, len(good))
	for i := range good {
		known[good[i].ID] = true
	}
	kept := 0
	var expander data.Expander
	for i := range held {
		if d := &held[i]; d.Holds() && !known[d.ID] && (spoiled || bad[d.ID]) {
			good = append(good, *expander.Monitor(&d.Compact))
			kept++
		}
	}
	return good, kept
}

// problems are what err says, piece by piece, and what of unusable is not probed as it
// is defined, where err does not speak of it.
func problems(err error, unusable map[string]error) (all monitors.Errors) {
	if err != nil && !errors.As(err, &all) {
		all = monitors.Errors{{Index: -1, Message: err.Error()}}
	}
	told := make(map[string]bool, len(all))
	for _, p := range all {
		told[p.Monitor] = true
	}
	for _, id := range slices.Sorted(maps.Keys(unusable)) {
		if told[id] {
			continue
		}
		all = append(all, monitors.Problem{Index: -1, Monitor: id, Message: unusable[id].Error()})
	}
	return all
}

// concerned is how many monitors have problems; what concerns a whole file counts as one.
func concerned(all monitors.Errors) (n int) {
	seen := make(map[string]bool, len(all))
	for _, p := range all {
		if p.Monitor == "" || !seen[p.Monitor] {
			n++
		}
		seen[p.Monitor] = true
	}
	return n
}

// elsewhere is which of the monitors that were persisted are not s's any more, and are
// still configured, as far as can be told.
func elsewhere(s shard.Shard, all []data.Monitor, persisted []heartbeat.Definition, wrong monitors.Errors) map[string]bool {
	configured := make(map[string]bool, len(all))
	for i := range all {
		configured[all[i].ID] = true
	}
	for _, p := range wrong {
		configured[p.Monitor] = true
	}
	ids := map[string]bool{}
	for i := range persisted {
		if id := persisted[i].ID; !s.Has(id) && (configured[id] || wrong.Spoiled()) {
			ids[id] = true
		}
	}
	return ids
}
