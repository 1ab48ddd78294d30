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

// Series is on its way.
func (s *Store) Series(context.Context, store.SeriesQuery) (store.Series, error) {
	return store.Series{}, errComing
}

// Strips is on its way.
func (s *Store) Strips(context.Context, store.StripQuery) ([][]store.Bucket, error) {
	return nil, errComing
}

// Changes is on its way.
func (s *Store) Changes(context.Context, string) (store.Changes, error) {
	return store.Changes{}, errComing
}

// Lag is on its way.
func (s *Store) Lag(context.Context) (store.Lag, error) { return store.Lag{}, errComing }
