package kafka

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// A scram is the client's half of one SCRAM exchange (RFC 5802, RFC 7677),
// without channel binding. Passwords are taken as they are: Kafka does not
// apply SASLprep either.
type scram struct {
	hash  func() hash.Hash
	nonce string // of the client; "": a random one

	password   string
	firstBare  string
	serverSign []byte
	step       int
}

// The server may ask for work, within bounds.
const (
	minIterations = 4096
	maxIterations = 1 << 20
)

// Begin implements sarama.SCRAMClient.
func (s *scram) Begin(user, password, authzID string) error {
	if authzID != "" {
		return errors.New("scram: an authorization identity is not supported")
	}
	if s.nonce == "" {
		s.nonce = rand.Text()
	}
	s.password, s.step = password, 0
	s.firstBare = "n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user) + ",r=" + s.nonce
	return nil
}

// Step implements sarama.SCRAMClient.
func (s *scram) Step(challenge string) (string, error) {
	s.step++
	switch s.step {
	case 1:
		return "n,," + s.firstBare, nil
	case 2:
		return s.prove(challenge)
	case 3:
		return "", s.verify(challenge)
	}
	return "", errors.New("scram: the exchange is over")
}

// Done implements sarama.SCRAMClient.
func (s *scram) Done() bool { return s.step >= 3 }

func (s *scram) prove(first string) (string, error) {
	fields := attributes(first)
	nonce, iterations := fields["r"], fields["i"]
	if e := fields["e"]; e != "" {
		return "", fmt.Errorf("scram: the server says %s", e)
	}
	salt, err := base64.StdEncoding.DecodeString(fields["s"])
	if err != nil || len(salt) == 0 {
		return "", fmt.Errorf("scram: the server's salt is not base64: %q", fields["s"])
	}
	n, err := strconv.Atoi(iterations)
	if err != nil || n < minIterations || n > maxIterations {
		return "", fmt.Errorf("scram: the server asks for %q iterations, want %d to %d", iterations, minIterations, maxIterations)
	}
	if !strings.HasPrefix(nonce, s.nonce) || len(nonce) == len(s.nonce) {
		return "", errors.New("scram: the server's nonce does not go on with ours")
	}
	salted, err := pbkdf2.Key(s.hash, s.password, salt, n, s.hash().Size())
	if err != nil {
		return "", fmt.Errorf("scram: %w", err)
	}
	finalBare := "c=biws,r=" + nonce
	message := s.firstBare + "," + first + "," + finalBare
	clientKey := s.mac(salted, "Client Key")
	stored := s.hash()
	stored.Write(clientKey)
	proof := s.mac(stored.Sum(nil), message)
	subtle.XORBytes(proof, proof, clientKey)
	s.serverSign = s.mac(s.mac(salted, "Server Key"), message)
	return finalBare + ",p=" + base64.StdEncoding.EncodeToString(proof), nil
}

func (s *scram) verify(final string) error {
	fields := attributes(final)
	if e := fields["e"]; e != "" {
		return fmt.Errorf("scram: the server says %s", e)
	}
	sign, err := base64.StdEncoding.DecodeString(fields["v"])
	if err != nil || !hmac.Equal(sign, s.serverSign) || bytes.Equal(sign, nil) {
		return errors.New("scram: the server does not prove that it knows the password")
	}
	return nil
}

func (s *scram) mac(key []byte, message string) []byte {
	m := hmac.New(s.hash, key)
	m.Write([]byte(message))
	return m.Sum(nil)
}

func attributes(message string) map[string]string {
	fields := map[string]string{}
	for part := range strings.SplitSeq(message, ",") {
		if name, value, ok := strings.Cut(part, "="); ok {
			fields[name] = value
		}
	}
	return fields
}
