// Package storagetest holds every store to the same rules: one conformance suite a noun, for PostgreSQL and for its twin in
// memory. The suite of tickets and of the desk is tickets/ticketstest.
package storagetest

import (
	"testing"
	"time"
)

// run runs the tests of one noun, each on a new and empty store.
func run[S any](t *testing.T, open func(t *testing.T) S, tests map[string]func(*testing.T, S)) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// monday is when everything happens.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
