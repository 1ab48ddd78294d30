package postgres_test

import (
	"strings"
	"testing"

	"github.com/monitorink/monitorink/store/postgres"
)

func TestOpenNamesWhatIsWrongAndHidesThePassword(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://me:s3cret/#@db.example/mk":                                          "percent-encoded",
		"postgres://me:s3cret@db.example:port/mk":                                       "port",
		"postgres://me:s3cret%zz@db.example/mk":                                         "percent-encoded",
		"mysql://me:s3cret@db.example/mk":                                               `"mysql"`,
		"postgres://me:s3cret@db.example/mk?sslmode=sure":                               "sslmode",
		"postgres://me:s3cret@db.example/mk?sslmode=verify-full&sslrootcert=/no/ca.pem": "/no/ca.pem",
		"postgres://me:s3cret@db.example/mk?sslmode=require&sslcert=/no/c.pem":          "sslcert",
		"host=db.example password=s3cret sslmode=sure":                                  "sslmode",
		"host=db.example password=s3cret port=port":                                     "port",
	} {
		s, err := postgres.Open(postgres.Options{URL: url})
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", url)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s:\ngot %v, want it to name %s", url, err, want)
		}
	}
}

func TestOpenConnectsNowhere(t *testing.T) {
	for _, url := range []string{"postgres://me@127.0.0.1:1/mk", "postgres://me:s3cret@nowhere.example/mk?sslmode=verify-full", "host=127.0.0.1 port=1"} {
		s, err := postgres.Open(postgres.Options{URL: url})
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		s.Close()
	}
}
