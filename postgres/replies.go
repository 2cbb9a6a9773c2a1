package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/idempotency"
)

const (
	insertReply = `insert into replies (key, digest, status, body, at, location) values ($1, $2, $3, $4, $5, $6) on conflict (key) do nothing`
	selectReply = `select digest, status, body, at, location from replies where key = $1`
	deleteReply = `delete from replies where key in (select key from replies where at < $1 limit $2)`
)

const fewReplies = 5000 // forgotten in one statement, which must end in time however many there are

// ForgetReplies forgets the answers that were kept before an instant.
func (s *Store) ForgetReplies(ctx context.Context, before time.Time) error {
	for {
		var forgotten int64
		err := s.within(ctx, "forgetting old answers", func(tx pgx.Tx) error {
			done, err := tx.Exec(ctx, deleteReply, before, fewReplies)
			forgotten = done.RowsAffected()
			return err
		})
		if err != nil || forgotten < fewReplies {
			return err
		}
	}
}

// Remember keeps the answer to a write, or gives back the one that is known under its key.
func (s *Store) Remember(ctx context.Context, r idempotency.Reply) (known idempotency.Reply, found bool, err error) {
	known = r
	err = s.within(ctx, "remembering an answer", func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, insertReply, r.Key, r.Digest[:], r.Status, append([]byte{}, r.Body...), r.At, r.Location)
		if err != nil || done.RowsAffected() == 1 {
			return err
		}
		var digest []byte
		if err := tx.QueryRow(ctx, selectReply, r.Key).Scan(&digest, &known.Status, &known.Body, &known.At, &known.Location); err != nil {
			return err
		}
		known.Digest, known.At, found = [32]byte(digest), known.At.UTC(), true
		return nil
	})
	return known, found, err
}
