package postgres

import (
	"context"
	"errors"

	"github.com/monitorink/monitorink/store"
)

var errComing = errors.New("this store does not answer that yet")

// Incidents is on its way.
func (s *Store) Incidents(context.Context, store.Query) (store.Page[store.Incident], error) {
	return store.Page[store.Incident]{}, errComing
}
