//go:build integration

package postgres

import "time"

// SetAnswerWithin sets how long s waits for each answer of the database.
func SetAnswerWithin(s *Store, d time.Duration) { s.answerWithin, s.tellWithin = d, d }

// Acquired is how many connections of s are in use.
func Acquired(s *Store) int { return int(s.pool.Stat().AcquiredConns()) }
