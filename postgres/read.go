package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage/stored"
	"hotline/tickets"
)

// selectTickets reads whole tickets: the parts come as JSON, so that a page is one round trip.
const selectTickets = `
select number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo, language,
	opened_at, closed_at, time_spent, bundled, version, pauses, stamps, raised, (select body from terms where id = t.terms),
	(select coalesce(json_agg(c order by c.place), '[]') from clocks c where c.ticket = t.number),
	(select coalesce(json_agg(r order by r.place), '[]') from recordings r where r.ticket = t.number)
from tickets t`

// clockRow and recordingRow are the parts as the database's JSON has them.
type clockRow struct {
	Kind      sla.Kind         `json:"kind"`
	Due       time.Time        `json:"due"`
	MetAt     time.Time        `json:"met_at"`
	BrokenAt  time.Time        `json:"broken_at"`
	Projected bool             `json:"projected"`
	Span      time.Duration    `json:"span"`
	Began     time.Time        `json:"began"`
	Paused    bool             `json:"paused"`
	Spent     time.Duration    `json:"spent"`
	Warnings  []stored.Warning `json:"warnings"`
	Terms     string           `json:"terms"`
}

type recordingRow struct {
	ID      string         `json:"id"`
	Call    tickets.CallID `json:"call"`
	At      time.Time      `json:"at"`
	Seconds float64        `json:"seconds"`
	Law     string         `json:"law"`
	Partial bool           `json:"partial"`
	File    string         `json:"file"`
	SHA256  string         `json:"sha256"`
}

// ticketReader reads the tickets of one answer. Those that were promised the same terms share them: nobody writes to them.
type ticketReader struct {
	body  []byte // of terms
	terms *sla.Terms
}

func (k *ticketReader) scan(r pgx.CollectableRow) (t tickets.Ticket, err error) {
	var closed *time.Time
	var clocks, recordings, terms []byte
	var pauses []stored.Pause
	var stamps stored.Stamps
	err = r.Scan(&t.Number, &t.Contract, &t.Customer, &t.Name, &t.Caller, &t.Channel, &t.Claim, &t.Assessment, &t.Priority, &t.Level,
		&t.State, &t.Assignee, &t.Evo, &t.Language, &t.OpenedAt, &closed, &t.TimeSpent, &t.Bundled, &t.Version,
		&pauses, &stamps, &t.Raised, &terms, &clocks, &recordings)
	if err != nil {
		return t, err
	}
	t.OpenedAt = t.OpenedAt.UTC()
	if closed != nil {
		t.ClosedAt = closed.UTC()
	}
	if t.Promise, err = k.promise(terms); err != nil {
		return t, fmt.Errorf("terms: %w", err)
	}
	t.Pauses, t.Stamps = pausesOf(pauses), stampsOf(stamps)
	return t, scanParts(&t, clocks, recordings)
}

// promise reads terms; nil for a ticket that was opened before terms were kept.
func (k *ticketReader) promise(body []byte) (*sla.Terms, error) {
	switch {
	case len(body) == 0:
		return nil, nil
	case k.terms != nil && bytes.Equal(body, k.body):
		return k.terms, nil
	}
	terms, err := parse[stored.Terms](body)
	if err != nil {
		return nil, err
	}
	k.body, k.terms = body, &terms
	return k.terms, nil
}

// pausesOf reads pauses, with their instants in UTC; none is nil.
func pausesOf(list []stored.Pause) []sla.Pause {
	if len(list) == 0 {
		return nil
	}
	for i := range list {
		p := &list[i]
		p.From, p.Until = p.From.UTC(), p.Until.UTC()
	}
	return stored.Pauses(list)
}

// stampsOf reads stamps, with their instants in UTC.
func stampsOf(s stored.Stamps) sla.Stamps {
	return sla.Stamps{Contact: s.Contact.UTC(), Intervention: s.Intervention.UTC(), Restore: s.Restore.UTC()}
}

// warningsOf reads warnings, with their instants in UTC; none is nil.
func warningsOf(list []stored.Warning) []sla.Warning {
	if len(list) == 0 {
		return nil
	}
	for i := range list {
		w := &list[i]
		w.At, w.RaisedAt = w.At.UTC(), w.RaisedAt.UTC()
	}
	return stored.Warnings(list)
}

func scanParts(t *tickets.Ticket, clocks, recordings []byte) error {
	var cs []clockRow
	if err := json.Unmarshal(clocks, &cs); err != nil {
		return fmt.Errorf("clocks: %w", err)
	}
	for _, c := range cs {
		t.Clocks = append(t.Clocks, sla.Clock{
			Kind: c.Kind, Due: c.Due.UTC(), MetAt: c.MetAt.UTC(), BrokenAt: c.BrokenAt.UTC(), Projected: c.Projected, Limit: c.Span, From: c.Began.UTC(),
			Paused: c.Paused, Spent: c.Spent, Warnings: warningsOf(c.Warnings), Terms: c.Terms,
		})
	}
	var rs []recordingRow
	if err := json.Unmarshal(recordings, &rs); err != nil {
		return fmt.Errorf("recordings: %w", err)
	}
	for _, r := range rs {
		t.Recordings = append(t.Recordings, tickets.Recording{
			ID: r.ID, Call: r.Call, At: r.At.UTC(), Seconds: r.Seconds, Law: r.Law, Partial: r.Partial, File: r.File, SHA256: r.SHA256,
		})
	}
	return nil
}

const (
	whereNumber = ` where number = $1`
	whereOpen   = ` where contract = $1 and state not in ('restored', 'closed', 'not_request')
		order by case priority when 0 then 9 else priority end, opened_at, number`
	// The index of contracts holds the facet, which begins with the state, and the number.
	whereLive = ` where number in (select number from tickets where contract = any($1) and left(facet, 1) = any($2) and number > $3 order by number limit $4)
		order by number`
)

// Ticket reads one ticket.
func (s *Store) Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error) {
	return row(ctx, s, fmt.Sprintf("reading ticket %d", n), (&ticketReader{}).scan, selectTickets+whereNumber, n)
}

// OpenOf lists the contract's live tickets, most urgent first: by priority, then by age.
func (s *Store) OpenOf(ctx context.Context, c directory.ContractID) ([]tickets.Ticket, error) {
	return rows(ctx, s, "reading open tickets", (&ticketReader{}).scan, selectTickets+whereOpen, c)
}

// LiveOf lists live tickets of any of the contracts, by number.
func (s *Store) LiveOf(ctx context.Context, contracts []directory.ContractID, behind tickets.Number, limit int) ([]tickets.Ticket, error) {
	var live []string
	for _, state := range tickets.LiveStates() {
		live = append(live, string(stateLetters[state]))
	}
	return rows(ctx, s, "reading live tickets of contracts", (&ticketReader{}).scan, selectTickets+whereLive, contracts, live, behind, limit)
}

const (
	claimDue = `
update tickets set claimed_by = $1, claimed_until = $2
where number in (
	select number from tickets
	where due <= $3 and (claimed_by = $1 or claimed_until is null or claimed_until <= $3 or claimed_until > $2)
	order by claimed_by = $1 and claimed_until > $3, due limit $4 for update skip locked)
returning number`
	selectTerms = `select body from terms where id = $1`
)

// ClaimDue claims tickets with an alarm to raise, the longest due first, but those behind all others that the node holds
// already: what it cannot raise must not stand in the way of the rest. A claim that ends later than this one would, as
// after a clock was set back, is no claim.
func (s *Store) ClaimDue(ctx context.Context, node string, now time.Time, lease time.Duration, limit int) ([]tickets.Number, error) {
	return rows(ctx, s, "claiming due clocks", pgx.RowTo[tickets.Number], claimDue, node, now.Add(lease), now, limit)
}

// Terms reads terms that a ticket was promised.
func (s *Store) Terms(ctx context.Context, id string) (sla.Terms, error) {
	return row(ctx, s, "reading terms "+id, scanDocument[stored.Terms], selectTerms, id)
}

const selectRecording = `select id, call, at, seconds, law, partial, file, sha256, ticket from recordings where id = $1`

// Recording finds a recording and its ticket.
func (s *Store) Recording(ctx context.Context, id string) (tickets.Recording, tickets.Number, error) {
	type found struct {
		tickets.Recording
		ticket tickets.Number
	}
	f, err := row(ctx, s, "reading recording "+id, func(r pgx.CollectableRow) (f found, err error) {
		err = r.Scan(&f.ID, &f.Call, &f.At, &f.Seconds, &f.Law, &f.Partial, &f.File, &f.SHA256, &f.ticket)
		f.At = f.At.UTC()
		return f, err
	}, selectRecording, id)
	return f.Recording, f.ticket, err
}
