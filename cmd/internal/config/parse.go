package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

var units = []struct {
	name string
	size float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// ParseSize reads a number of bytes with a unit: 64MiB, 1.5GiB, 500MB, 4096.
func ParseSize(s string) (int64, error) {
	number, size := s, 1.0
	for _, u := range units {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			number, size = strings.TrimSpace(n), u.size
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" || v*size >= math.MaxInt64 {
		return 0, errors.New("write a number of bytes and a unit, such as 64MiB, 1GiB or 500MB")
	}
	return int64(v * size), nil
}

func parseCount(s string) (any, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return nil, errors.New("write a whole number, not less than 0")
	}
	return int(n), nil
}

func parseRate(s string) (any, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.Trim(s, "0123456789.") != "" || v > 0 && v < 0.001 || v > 1e6 {
		return nil, errors.New("write a number of times in a second, from 0.001 to 1000000, or 0")
	}
	return v, nil
}

func parseSwitch(s string) (any, error) {
	switch strings.ToLower(s) {
	case "on", "true", "yes", "1":
		return true, nil
	case "off", "false", "no", "0":
		return false, nil
	}
	return nil, errors.New("write on or off")
}

func parseList(s string) (any, error) {
	list := strings.Split(s, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list, nil
}

func parseDuration(s string) (time.Duration, error) {
	d, err := data.ParseDuration(s)
	if err != nil {
		return 0, errors.New("write a number and a unit, such as 500ms, 10s, 5m, 12h or 14d")
	}
	return d, nil
}

// parseSchedule reads @every and a duration, or a cron expression.
func parseSchedule(s string) (any, error) {
	sched, err := schedule.ParseDefault(s)
	if err != nil {
		return nil, fmt.Errorf("%w; or @every and a duration, such as @every 10s", err)
	}
	return sched, nil
}
