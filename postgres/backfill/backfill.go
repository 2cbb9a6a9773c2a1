// Package backfill brings rows that former versions wrote to what this version expects of them, in the background and piece
// by piece, so that no call waits for it. These are the words by which tickets are found, and callers' numbers in E.164.
//
// How far it has come stands in the database, so that it goes on after a restart, and several nodes may work at once: they
// take turns. It starts no goroutine; the program calls Words and Callers until there is no more.
package backfill

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Rows are the rows of one database.
type Rows struct {
	// Within runs f in a transaction; doing says in errors what was being done.
	Within func(ctx context.Context, doing string, f func(tx pgx.Tx) error) error
}

const (
	lockWords   = `select value from facts where key = 'words_from_below' for update`
	lowerWords  = `update facts set value = $1 where key = 'words_from_below'`
	finishWords = `delete from facts where key = 'words_from_below'`
	gatherWords = `
with old as materialized (select number, name, caller from tickets where number < $1 order by number desc limit $2), gathered as (
	insert into ticket_words (ticket, words)
	select number, search_words(number, name, caller, coalesce((
		select left(string_agg(e.text, ' ' order by e.place), 100000) from events e where e.ticket = number and e.actor <> 'system'), ''))
	from old
	on conflict (ticket) do update set words = ticket_words.words || excluded.words
)
select coalesce(min(number), 0) from old`
)

// Piece is how many rows one transaction looks at: it must end in time.
const Piece = 500

// Words makes the next piece of the tickets that a former version wrote found by searches, the newest first; more is false
// when there are none left.
func (r Rows) Words(ctx context.Context) (more bool, err error) {
	err = r.Within(ctx, "gathering the words of tickets", func(tx pgx.Tx) error {
		found, err := tx.Query(ctx, lockWords)
		if err != nil {
			return err
		}
		from, err := pgx.CollectRows(found, pgx.RowTo[string])
		if err != nil || len(from) == 0 {
			return err
		}
		below, err := strconv.ParseInt(from[0], 10, 64)
		if err != nil {
			return err
		}
		var lowest int64
		if err := tx.QueryRow(ctx, gatherWords, below, Piece).Scan(&lowest); err != nil {
			return err
		}
		if more = lowest > 0; !more {
			_, err = tx.Exec(ctx, finishWords)
			return err
		}
		_, err = tx.Exec(ctx, lowerWords, strconv.FormatInt(lowest, 10))
		return err
	})
	return more && err == nil, err
}
