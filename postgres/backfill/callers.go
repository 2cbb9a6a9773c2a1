package backfill

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	beginCallers = `insert into facts (key, value) values ('callers_in_e164', '{}') on conflict (key) do nothing`
	lockCallers  = `select value from facts where key = 'callers_in_e164' for update`
	noteCallers  = `update facts set value = $1 where key = 'callers_in_e164'`

	callersOfTickets = `select number, caller from tickets where number < $1 order by number desc limit $2`
	callersOfCalls   = `select id, started, coalesce(body->>'from', '') from calls where (started, id) < ($1, $2) order by started desc, id desc limit $3`

	// A caller whom somebody edits meanwhile is left as he is now.
	putCallerOfTicket = `update tickets set caller = $3 where number = $1 and caller = $2`
	putCallerOfCall   = `update calls set body = jsonb_set(body, '{from}', to_jsonb($3::text)) where id = $1 and body->>'from' = $2`
	addCallersDigits  = `update ticket_words set words = words || array_to_tsvector($2::text[]) where ticket = $1`
)

// progress is how far the callers are, as the database keeps it.
type progress struct {
	Country string    `json:"country"`           // by whose plan
	Tickets int64     `json:"tickets,omitempty"` // those below are still to be looked at
	Started time.Time `json:"started,omitzero"`  // calls begun before are, ...
	ID      string    `json:"id,omitempty"`      // ... and of those begun then the ones before this id
	Changed bool      `json:"changed,omitempty"` // this pass has found something, so that another one follows
	Stage   string    `json:"stage"`             // "tickets", "calls" or "done"
}

// first is where a pass begins.
func first(country string) progress {
	return progress{
		Country: country, Stage: "tickets", Tickets: math.MaxInt64, ID: "", Started: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// Callers writes the numbers of callers as e164 spells them, in the next piece of the tickets and then of the records of
// calls, the newest first. The result more is false when there are none left. e164 is the plan of the country given: for
// another country everything is looked at again. Somebody who writes a ticket at that moment may write the former spelling
// back, so a pass that has changed something is followed by another one. Histories stay as they were written.
func (r Rows) Callers(ctx context.Context, country string, e164 func(number string) string) (more bool, err error) {
	err = r.Within(ctx, "writing callers' numbers in E.164", func(tx pgx.Tx) error {
		at, err := readProgress(ctx, tx, country)
		if err != nil || at.Stage == "done" {
			return err
		}
		switch at.Stage {
		case "tickets":
			err = at.tickets(ctx, tx, e164)
		default:
			err = at.calls(ctx, tx, e164)
		}
		if err != nil {
			return err
		}
		more = at.Stage != "done"
		text, err := json.Marshal(at)
		if err == nil {
			_, err = tx.Exec(ctx, noteCallers, string(text))
		}
		return err
	})
	return more && err == nil, err
}

// readProgress reads how far it is, and keeps other nodes waiting.
func readProgress(ctx context.Context, tx pgx.Tx, country string) (at progress, err error) {
	if _, err = tx.Exec(ctx, beginCallers); err != nil {
		return at, err
	}
	var text string
	if err = tx.QueryRow(ctx, lockCallers).Scan(&text); err != nil {
		return at, err
	}
	if json.Unmarshal([]byte(text), &at) != nil || at.Country != country || at.Stage == "" {
		at = first(country)
	}
	return at, nil
}

// tickets looks at the next tickets.
func (p *progress) tickets(ctx context.Context, tx pgx.Tx, e164 func(string) string) error {
	type ticket struct {
		Number int64
		Caller string
	}
	found, err := tx.Query(ctx, callersOfTickets, p.Tickets, Piece)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(found, pgx.RowToStructByPos[ticket])
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for _, t := range list {
		p.Tickets = t.Number
		if number := e164(t.Caller); number != t.Caller {
			batch.Queue(putCallerOfTicket, t.Number, t.Caller, number)
			batch.Queue(addCallersDigits, t.Number, []string{"@" + digits(number)})
		}
	}
	if len(list) < Piece {
		p.Stage = "calls"
	}
	return p.send(ctx, tx, batch)
}

// calls looks at the next records of calls. After the last one the pass is over.
func (p *progress) calls(ctx context.Context, tx pgx.Tx, e164 func(string) string) error {
	type call struct {
		ID      string
		Started time.Time
		From    string
	}
	found, err := tx.Query(ctx, callersOfCalls, p.Started, p.ID, Piece)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(found, pgx.RowToStructByPos[call])
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for _, c := range list {
		p.Started, p.ID = c.Started, c.ID
		if number := e164(c.From); number != c.From {
			batch.Queue(putCallerOfCall, c.ID, c.From, number)
		}
	}
	if err := p.send(ctx, tx, batch); err != nil || len(list) == Piece {
		return err
	}
	if p.Changed {
		*p = first(p.Country)
	} else {
		*p = progress{Country: p.Country, Stage: "done"}
	}
	return nil
}

// send writes what is to be changed, in one round trip.
func (p *progress) send(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) error {
	if batch.Len() == 0 {
		return nil
	}
	p.Changed = true
	return tx.SendBatch(ctx, batch).Close()
}

// digits are those of a number by which tickets are found, at most forty, as the function search_words takes them.
func digits(number string) string {
	found := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	return found[:min(len(found), 40)]
}
