package data

import "slices"

// An ErrorKind classes what went wrong in a probe. The set is closed: a decoder
// refuses any other.
type ErrorKind string

// The kinds of error.
const (
	ErrDNS             ErrorKind = "dns"                // the name has no address, or no answer came
	ErrRefused         ErrorKind = "refused"            // the port is closed
	ErrUnreachable     ErrorKind = "unreachable"        // no route to the host or network
	ErrReset           ErrorKind = "reset"              // the peer ended the connection before the answer was whole
	ErrTimeout         ErrorKind = "timeout"            // Phase says where
	ErrTLSHandshake    ErrorKind = "tls_handshake"      // TLS failed, but not for the certificate
	ErrCertExpired     ErrorKind = "cert_expired"       // a certificate of the chain has ended
	ErrCertNotYetValid ErrorKind = "cert_not_yet_valid" // or has not begun
	ErrCertHost        ErrorKind = "cert_host"          // it is for another name
	ErrCertAuthority   ErrorKind = "cert_authority"     // nobody that is trusted has signed it
	ErrProtocol        ErrorKind = "protocol"           // the answer is not HTTP
	ErrBodyCut         ErrorKind = "body_cut"           // the body ended early, or does not decompress
	ErrBodyTooLarge    ErrorKind = "body_too_large"     // more than may be read
	ErrRedirects       ErrorKind = "redirects"          // more than allowed, or one to where none may lead
	ErrExpectation     ErrorKind = "expectation"        // the answer is not what it should be
	ErrBlocked         ErrorKind = "blocked"            // our own policy forbids the address
	ErrInternal        ErrorKind = "internal"           // our own fault
	ErrAuth            ErrorKind = "auth"               // no token was to be had of the OAuth2 endpoint; nothing is known of the target
	ErrProxy           ErrorKind = "proxy"              // the proxy was not reached, or has not reached the target
)

var errorKinds = []ErrorKind{
	ErrDNS, ErrRefused, ErrUnreachable, ErrReset, ErrTimeout, ErrTLSHandshake, ErrCertExpired, ErrCertNotYetValid,
	ErrCertHost, ErrCertAuthority, ErrProtocol, ErrBodyCut, ErrBodyTooLarge, ErrRedirects, ErrExpectation, ErrBlocked, ErrInternal,
	ErrAuth, ErrProxy,
}

var states = []State{Up, Down}

var reasons = []Reason{Overload, Overlap, Stopped, Clock, Paused}

// ErrorKinds lists all kinds, in the order of their definition.
func ErrorKinds() []ErrorKind { return slices.Clone(errorKinds) }

// Reasons lists all reasons of a gap, in the order of their definition.
func Reasons() []Reason { return slices.Clone(reasons) }
