package storagetest

import (
	"testing"
	"time"

	"hotline/idempotency"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tokens"
)

// Tokens runs the suite of tokens.Store; open gives a new and empty store each time.
func Tokens(t *testing.T, open func(t *testing.T) tokens.Store) {
	run(t, open, map[string]func(*testing.T, tokens.Store){"tokens are found by hash and removed by name": tokensByName})
}

func tokensByName(t *testing.T, s tokens.Store) {
	ctx := t.Context()
	token := tokens.Token{Name: "staff", Hash: [32]byte{1}, Created: monday, Scope: tokens.ScopeAdmin}
	check.Must(t, s.PutToken(ctx, token))
	check.Error(t, "a second token of a name", s.PutToken(ctx, tokens.Token{Name: "staff", Hash: [32]byte{2}, Created: monday}), storage.ErrExists)
	got, err := s.Token(ctx, token.Hash)
	check.Must(t, err)
	check.Equal(t, "token", got, token)
	_, err = s.Token(ctx, [32]byte{9})
	check.Error(t, "a token that does not exist", err, storage.ErrNotFound)

	bound := tokens.Token{Name: "plant", Hash: [32]byte{7}, Created: monday, Scope: tokens.ScopeAlerts, Contract: "rossi", Installation: "plant-2"}
	check.Must(t, s.PutToken(ctx, bound))
	got, err = s.Token(ctx, bound.Hash)
	check.Must(t, err)
	check.Equal(t, "a token that speaks for an installation", got, bound)

	other := tokens.Token{Name: "anna", Hash: [32]byte{5}, Created: monday, Scope: tokens.ScopeRead, Expires: monday.Add(time.Hour)}
	check.Must(t, s.PutToken(ctx, other))
	all, err := s.Tokens(ctx)
	check.Must(t, err)
	check.Equal(t, "tokens", all, []tokens.Token{other, bound, token})
	for _, at := range []time.Time{monday.Add(time.Hour), monday} { // the latest stays
		check.Must(t, s.TokenUsed(ctx, other.Hash, at))
	}
	check.Must(t, s.TokenUsed(ctx, [32]byte{9}, monday))
	other.Used = monday.Add(time.Hour)
	got, err = s.Token(ctx, other.Hash)
	check.Must(t, err)
	check.Equal(t, "a token that was used", got, other)
	all, err = s.Tokens(ctx)
	check.Must(t, err)
	check.Equal(t, "tokens, one of them used", all, []tokens.Token{other, bound, token})
	check.Must(t, s.RemoveToken(ctx, "staff"))
	check.Error(t, "a token removed twice", s.RemoveToken(ctx, "staff"), storage.ErrNotFound)
	_, err = s.Token(ctx, token.Hash)
	check.Error(t, "a token that was removed", err, storage.ErrNotFound)
}

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
