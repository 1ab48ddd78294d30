package rig

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// FreeAddress is an address of loopback where nobody listens now.
func FreeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// Metric reads a counter of a daemon that listens at address. name is with its
// labels, as the text format has it. A daemon that does not listen yet has counted
// nothing.
func Metric(ctx context.Context, address, name string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ctx.Err()
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			f, err := strconv.ParseFloat(value, 64)
			return int64(f), err
		}
	}
	if err := lines.Err(); err != nil || res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("metrics of %s: %s, %w", address, res.Status, err)
	}
	return 0, nil
}
