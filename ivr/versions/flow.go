// Package versions is the published versions of the flow, as they are kept.
package versions

import (
	"context"
	"time"
)

// Store keeps every version that was ever published. Safe for concurrent use.
type Store interface {
	// PutFlow publishes a flow and gives it its number. f.Version is the newest version that the writer has seen, or 0 for
	// whichever stands; storage.ErrConflict when there is a newer one. A version never changes once it is written.
	PutFlow(ctx context.Context, f Flow) (Flow, error)
	Flows(ctx context.Context) ([]Flow, error) // newest first
}

// Flow is one published version of the flow.
type Flow struct {
	Version   int
	Name      string
	YAML      string
	Published time.Time // whole seconds
	By        string    // name of the token
}
