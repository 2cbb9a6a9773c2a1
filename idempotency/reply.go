// Package idempotency is what is kept of answers to writes that carried an Idempotency-Key, so that a client may repeat a
// write whose answer it did not get.
package idempotency

import (
	"context"
	"time"
)

// Store keeps answers. Safe for concurrent use.
type Store interface {
	// Remember stores an answer unless one stands under its key. Then it gives that one back, and true.
	Remember(ctx context.Context, r Reply) (Reply, bool, error)
	ForgetReplies(ctx context.Context, before time.Time) error // those that are older
}

// Reply is the answer to one write.
type Reply struct {
	Key      string   // scoped by token name, method and path
	Digest   [32]byte // SHA-256 of the request: another request under the same key is refused
	Status   int      // of HTTP
	Body     []byte
	Location string // of what the write made
	At       time.Time
}
