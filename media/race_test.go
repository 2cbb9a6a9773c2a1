//go:build race

package media

// raced tells that the race detector runs: it makes pools forget what they hold.
const raced = true
