package app

import (
	"net"
	"os"
)

// What Notify may say.
const (
	NotifyReady    = "READY=1"
	NotifyStopping = "STOPPING=1"
)

// Notify tells the service manager that started this process, if one did and asks for
// it: sd_notify(3). That nobody hears it is no reason to do anything else.
func Notify(state string) {
	address := os.Getenv("NOTIFY_SOCKET") // an @ at its beginning is what net takes, too
	if address == "" {
		return
	}
	conn, err := net.Dial("unixgram", address)
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}
