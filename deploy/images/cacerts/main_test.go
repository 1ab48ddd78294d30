package main

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"testing"
)

func TestEveryCertificateIsOfAnAuthority(t *testing.T) {
	var out bytes.Buffer
	if err := write(bufio.NewWriter(&out)); err != nil {
		t.Fatal(err)
	}
	n := 0
	for block, rest := pem.Decode(out.Bytes()); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil || !c.IsCA {
			t.Errorf("certificate %d: %v", n, err)
		}
		n++
	}
	if n < 100 {
		t.Errorf("%d certificates, want a hundred or more", n)
	}
}
