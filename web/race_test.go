//go:build race

package web

// raced tells whether the race detector looks on.
const raced = true
