//go:build integration

package postgres_test

import (
	"testing"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/postgres"
	"github.com/monitorink/monitorink/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, servers.Database(t).URL) })
}

func TestContractBehindPgbouncer(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, servers.Database(t).BouncerURL) })
}

func open(t testing.TB, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
