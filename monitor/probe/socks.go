package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"

	"github.com/monitorink/monitorink/data"
)

// socks asks a SOCKS5 proxy for a connection to h: RFC 1928, and RFC 1929 for user
// and password. A name goes to the proxy as it is.
func (p *proxy) socks(nc net.Conn, h *hop) error {
	method := byte(0) // none
	if p.user != "" {
		method = 2
	}
	var answer [2]byte
	if err := p.say(nc, []byte{5, 1, method}, answer[:]); err != nil {
		return err
	}
	switch {
	case answer[0] != 5:
		return p.fault("does not speak SOCKS5")
	case answer[1] == 0xff && p.user == "":
		return p.fault("asks for a user and a password; write them into its URL")
	case answer[1] != method:
		return p.fault("does not take a user and a password, or not only these")
	}
	if method == 2 {
		b := append([]byte{1, byte(len(p.user))}, p.user...)
		b = append(append(b, byte(len(p.password))), p.password...)
		if err := p.say(nc, b, answer[:]); err != nil {
			return err
		}
		if answer[1] != 0 {
			return p.fault("does not accept the user and the password of its URL")
		}
	}
	ask, err := socksRequest(h)
	if err != nil {
		return err
	}
	var reply [4]byte
	if err := p.say(nc, ask, reply[:]); err != nil {
		return err
	}
	if reply[0] != 5 {
		return p.fault("does not speak SOCKS5")
	}
	if reply[1] != 0 {
		return p.fault("did not connect to the target: " + socksReply(reply[1]))
	}
	return p.skipBound(nc, reply[3])
}

func socksRequest(h *hop) ([]byte, error) {
	_, port, _ := net.SplitHostPort(h.addr)
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	b := []byte{5, 1, 0}
	if a, err := netip.ParseAddr(h.hostname); err == nil {
		kind := byte(4)
		if a = a.Unmap().WithZone(""); a.Is4() {
			kind = 1
		}
		b = append(append(b, kind), a.AsSlice()...)
	} else if len(h.hostname) > 255 {
		return nil, &fault{data.ErrProxy, "the target's name is longer than the 255 bytes that SOCKS5 takes"}
	} else {
		b = append(append(b, 3, byte(len(h.hostname))), h.hostname...)
	}
	return binary.BigEndian.AppendUint16(b, uint16(n)), nil
}

// skipBound reads the address that the proxy connected from.
func (p *proxy) skipBound(nc net.Conn, kind byte) error {
	size := map[byte]int{1: 4, 4: 16}[kind]
	var b [256 + 2]byte
	if kind == 3 {
		if err := p.say(nc, nil, b[:1]); err != nil {
			return err
		}
		size = int(b[0])
	} else if size == 0 {
		return p.fault("does not speak SOCKS5")
	}
	return p.say(nc, nil, b[:size+2])
}

// say writes ask, and reads the whole of answer.
func (p *proxy) say(nc net.Conn, ask, answer []byte) error {
	if len(ask) > 0 {
		if _, err := nc.Write(ask); err != nil {
			return err
		}
	}
	_, err := io.ReadFull(nc, answer)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return p.fault("hung up instead of connecting to the target")
	}
	return err
}

func (p *proxy) fault(what string) error {
	return &fault{data.ErrProxy, "the proxy " + p.addr + " " + what}
}

// socksReply is what a reply means: RFC 1928, 6.
func socksReply(code byte) string {
	meanings := [...]string{
		1: "it failed", 2: "its rules forbid it", 3: "the network cannot be reached", 4: "the host cannot be reached", 5: "the connection is refused",
		6: "no answer came in time", 7: "it does not know the command", 8: "it does not know this kind of address",
	}
	if int(code) < len(meanings) && meanings[code] != "" {
		return fmt.Sprintf("%s (reply %d)", meanings[code], code)
	}
	return fmt.Sprintf("reply %d, which means nothing", code)
}
