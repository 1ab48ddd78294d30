// Command cacerts writes the certificates of the public authorities that Mozilla trusts,
// as PEM, to its standard output:
//
//	go run . >ca-certificates.crt
//
// They come from a Go module, whose version go.mod pins, and not from the machine: so
// every machine makes the same images. What the module says beyond a certificate, such
// as the day from which an authority is not trusted any more, has no place in PEM.
//
// It is a module of its own, so that the certificates weigh on nobody else.
package main

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"os"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	if err := write(out); err != nil {
		fmt.Fprintln(os.Stderr, "cacerts:", err)
		os.Exit(1)
	}
}

// write writes every certificate to w, and flushes it.
func write(w *bufio.Writer) error {
	for root := range bundle.Roots() {
		if err := pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return err
		}
	}
	return w.Flush()
}
