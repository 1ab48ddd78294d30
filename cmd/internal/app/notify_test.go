package app

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

func TestTheServiceManagerIsTold(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenPacket("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", address)
	Notify(NotifyReady)
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 100)
	if n, _, err := conn.ReadFrom(b); err != nil || string(b[:n]) != "READY=1" {
		t.Errorf("got %q (%v)", b[:n], err)
	}
	t.Setenv("NOTIFY_SOCKET", address+".nobody")
	Notify(NotifyReady) // nobody listens, and all goes on
}
