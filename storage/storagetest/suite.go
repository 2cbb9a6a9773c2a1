// Package storagetest holds every store to the same rules: one conformance suite a noun, for PostgreSQL and for its twin in
// memory. The suite of tickets and of the desk is tickets/ticketstest.
package storagetest

import (
	"errors"
	"reflect"
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

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}
