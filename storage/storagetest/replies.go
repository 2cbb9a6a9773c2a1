package storagetest

import (
	"testing"
	"time"

	"hotline/idempotency"
	"hotline/storage/storagetest/check"
)

// Replies runs the suite of idempotency.Store; open gives a new and empty store each time.
func Replies(t *testing.T, open func(t *testing.T) idempotency.Store) {
	run(t, open, map[string]func(*testing.T, idempotency.Store){"the first answer under a key stands until it is forgotten": firstReplyStands})
}

func firstReplyStands(t *testing.T, s idempotency.Store) {
	ctx := t.Context()
	reply := idempotency.Reply{Key: "k", Digest: [32]byte{3}, Status: 201, Body: []byte("{}"), At: monday, Location: "/k/1"}
	_, known, err := s.Remember(ctx, reply)
	check.Must(t, err)
	check.Equal(t, "known at first", known, false)
	again, known, err := s.Remember(ctx, idempotency.Reply{Key: "k", Digest: [32]byte{4}, Status: 500, At: monday})
	check.Must(t, err)
	check.Equal(t, "known then", known, true)
	check.Equal(t, "the first answer", again, reply)
	check.Must(t, s.ForgetReplies(ctx, monday))
	_, known, err = s.Remember(ctx, reply)
	check.Must(t, err)
	check.Equal(t, "known while it is not older", known, true)
	check.Must(t, s.ForgetReplies(ctx, monday.Add(time.Second)))
	_, known, err = s.Remember(ctx, reply)
	check.Must(t, err)
	check.Equal(t, "known once it was forgotten", known, false)
}
