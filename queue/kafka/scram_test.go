package kafka_test

import (
	"crypto/sha1" //nolint:gosec // RFC 5802's own example
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/queue/kafka"
)

// The examples of RFC 5802, section 5, and RFC 7677, section 3.
var exchanges = []struct {
	name                                  string
	hash                                  func() hash.Hash
	nonce, first, challenge, proof, final string
}{
	{
		name: "RFC 5802", hash: sha1.New, nonce: "fyko+d2lbbFgONRv9qkxdawL",
		first:     "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
		challenge: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
		proof:     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		final:     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
	},
	{
		name: "RFC 7677", hash: sha256.New, nonce: "rOprNGfwEbeRWgbNEkqO",
		first:     "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
		challenge: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		proof:     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
		final:     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
	},
}

func TestScramFollowsTheRFCs(t *testing.T) {
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) {
			c := kafka.NewScram(x.hash, x.nonce)
			if err := c.Begin("user", "pencil", ""); err != nil {
				t.Fatal(err)
			}
			for _, step := range [][2]string{{"", x.first}, {x.challenge, x.proof}, {x.final, ""}} {
				if c.Done() {
					t.Fatal("it is over too soon")
				}
				got, err := c.Step(step[0])
				if err != nil || got != step[1] {
					t.Fatalf("step %q: got %q, %v, want %q", step[0], got, err, step[1])
				}
			}
			if !c.Done() {
				t.Error("it is not over")
			}
		})
	}
}

func TestScramRefusesABadServer(t *testing.T) {
	x := exchanges[1]
	for name, c := range map[string]struct{ challenge, final, want string }{
		"another signature": {x.challenge, "v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "does not prove"},
		"no signature":      {x.challenge, "", "does not prove"},
		"an error":          {x.challenge, "e=invalid-proof", "invalid-proof"},
		"another nonce":     {"r=somebodyelse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "", "nonce"},
		"our nonce alone":   {"r=" + x.nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "", "nonce"},
		"too little work":   {strings.Replace(x.challenge, "4096", "1", 1), "", "iterations"},
		"endless work":      {strings.Replace(x.challenge, "4096", "99999999", 1), "", "iterations"},
		"no salt":           {strings.Replace(x.challenge, "s=", "t=", 1), "", "salt"},
		"nothing":           {"", "", "salt"},
	} {
		s := kafka.NewScram(x.hash, x.nonce)
		_ = s.Begin("user", "pencil", "")
		_, _ = s.Step("")
		_, err := s.Step(c.challenge)
		if err == nil {
			_, err = s.Step(c.final)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestScramEscapesTheUserAndMakesNonces(t *testing.T) {
	first := func() string {
		c := kafka.NewScram(sha512.New, "")
		_ = c.Begin("a=b,c", "x", "")
		m, _ := c.Step("")
		return m
	}
	a, b := first(), first()
	if !strings.HasPrefix(a, "n,,n=a=3Db=2Cc,r=") || a == b || len(a) < 40 {
		t.Errorf("got %q and %q", a, b)
	}
}
