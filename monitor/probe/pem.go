package probe

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// maxPEM is how many bytes a file of certificates may have: all authorities of a
// system fit several times.
const maxPEM = 4 << 20

// readPEM returns value if it is PEM, or the content of the file that it names.
func readPEM(value string) (string, error) {
	if value == "" || strings.Contains(value, "-----BEGIN ") {
		return value, nil
	}
	text, err := readFile(value, maxPEM)
	if err == nil && !strings.Contains(text, "-----BEGIN ") {
		err = fmt.Errorf("the file %s has no PEM in it; convert it, for instance with openssl x509 -inform der", bounded(value))
	}
	return text, err
}

// parseCA returns whom the certificates in text make trusted; nil without any text.
func parseCA(text string) (*x509.CertPool, error) {
	if text == "" {
		return nil, nil
	}
	pool, n := x509.NewCertPool(), 0
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		n++
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d cannot be read: %w; take it out, or export it anew", n, err)
		}
		pool.AddCert(c)
	}
	if n == 0 {
		return nil, errors.New("it has no certificate in it; write the authority's certificate as PEM, which begins with -----BEGIN CERTIFICATE-----")
	}
	return pool, nil
}

// parseClient returns the certificate that targets are shown, or none.
func parseClient(cert, key string) ([]tls.Certificate, error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case key == "":
		return nil, errors.New("tls.key: it is missing beside tls.cert; name the file of the certificate's private key")
	case cert == "":
		return nil, errors.New("tls.cert: it is missing beside tls.key; name the file of the certificate")
	}
	c, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err == nil {
		return []tls.Certificate{c}, nil
	}
	switch why := err.Error(); {
	case strings.Contains(why, "does not match") || strings.Contains(why, "key type"):
		return nil, errors.New("tls.key: the private key does not fit the certificate of tls.cert; name the pair")
	case strings.Contains(key, "-----BEGIN ENCRYPTED PRIVATE KEY-----") || strings.Contains(key, "Proc-Type: 4,ENCRYPTED"):
		return nil, errors.New("tls.key: the private key is encrypted; decrypt it, for instance with openssl pkey, and let only this user read it")
	case !hasBlock(cert, "CERTIFICATE"):
		return nil, errors.New("tls.cert: it has no certificate in it; write PEM, which begins with -----BEGIN CERTIFICATE-----")
	case !strings.Contains(key, "PRIVATE KEY-----"):
		return nil, errors.New("tls.key: it has no private key in it; write PEM, which begins with -----BEGIN PRIVATE KEY-----")
	default: // what is in a key is not repeated
		if _, err := tls.X509KeyPair([]byte(cert), nil); err != nil && strings.HasPrefix(err.Error(), "x509: ") {
			return nil, fmt.Errorf("tls.cert: the certificate cannot be read: %s", bounded(err.Error()))
		}
		return nil, errors.New("tls.cert, tls.key: they cannot be read as a certificate and its private key; export them anew as PEM")
	}
}

func hasBlock(text, kind string) bool {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return false
		}
		if block.Type == kind {
			return true
		}
	}
}
