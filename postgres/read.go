package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/audit"
	"hotline/directory"
	"hotline/paging"
	"hotline/postgres/months"
	"hotline/sla"
	"hotline/storage"
	"hotline/storage/stored"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

// ticketColumns are whole tickets: the parts come as JSON, so that a page is one round trip.
const ticketColumns = `number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo, language,
	opened_at, closed_at, time_spent, bundled, version, pauses, stamps, raised, (select body from terms where id = t.terms),
	(select coalesce(json_agg(c order by c.place), '[]') from clocks c where c.ticket = t.number),
	(select coalesce(json_agg(r order by r.place), '[]') from recordings r where r.ticket = t.number)`

const selectTickets = `select ` + ticketColumns + ` from tickets t`

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

	Kind tickets.RecordingKind `json:"kind"`
}

// ticketReader reads the tickets of one answer. Those that were promised the same terms share them: nobody writes to them.
type ticketReader struct {
	body  []byte // of terms
	terms *sla.Terms
}

func (k *ticketReader) scan(r pgx.CollectableRow) (t tickets.Ticket, err error) { return k.scanWith(r) }

// scanWith reads the ticket of a row, and what stands behind it into the further values.
func (k *ticketReader) scanWith(r pgx.CollectableRow, further ...any) (t tickets.Ticket, err error) {
	var closed *time.Time
	var clocks, recordings, terms []byte
	var pauses []stored.Pause
	var stamps stored.Stamps
	err = r.Scan(append([]any{&t.Number, &t.Contract, &t.Customer, &t.Name, &t.Caller, &t.Channel, &t.Claim, &t.Assessment, &t.Priority, &t.Level,
		&t.State, &t.Assignee, &t.Evo, &t.Language, &t.OpenedAt, &closed, &t.TimeSpent, &t.Bundled, &t.Version,
		&pauses, &stamps, &t.Raised, &terms, &clocks, &recordings}, further...)...)
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
			ID: r.ID, Call: r.Call, At: r.At.UTC(), Seconds: r.Seconds, Law: r.Law, Partial: r.Partial, File: r.File, SHA256: r.SHA256, Kind: r.Kind,
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
// already. What it cannot raise must not stand in the way of the rest. A claim that ends later than this one would, as
// after a clock was set back, is no claim.
func (s *Store) ClaimDue(ctx context.Context, node string, now time.Time, lease time.Duration, limit int) ([]tickets.Number, error) {
	return rows(ctx, s, "claiming due clocks", pgx.RowTo[tickets.Number], claimDue, node, now.Add(lease), now, limit)
}

// Terms reads terms that a ticket was promised.
func (s *Store) Terms(ctx context.Context, id string) (sla.Terms, error) {
	return row(ctx, s, "reading terms "+id, scanDocument[stored.Terms], selectTerms, id)
}

const (
	selectRecording = `select id, call, at, seconds, law, partial, file, sha256, kind, ticket from recordings where id = $1`
	selectErased    = `select ticket from erased where recording = $1`
	selectErasures  = `select place, recording from erased where place > $1 order by place limit $2`
	// Behind the last one of the page before, of one instant by its id.
	selectRecorded = `
select r.id, r.at, r.ticket, t.contract, exists (select from held h where h.ticket = r.ticket)
	or coalesce((select not h.lifted from holds h where h.contract = t.contract order by h.place desc limit 1), false)
from recordings r join tickets t on t.number = r.ticket
where r.at < $1 and (r.at, r.id) > ($2, $3) order by r.at, r.id limit $4`

	insertAccess      = `insert into accesses (recording, actor, action, at, ticket, source, route) values ($1, $2, $3, $4, $5, $6, $7)`
	insertAccessFound = `
insert into accesses (recording, actor, action, at, ticket, source, route)
values ($1, $2, $3, $4, coalesce((select ticket from recordings where id = $1), 0), $5, $6)`
	selectAccess = `select recording, ticket, actor, action, at from accesses where recording = any($1) order by place`

	insertHold  = `insert into holds (contract, at, actor, reason, lifted) values ($1, $2, $3, $4, $5)`
	selectHolds = `select contract, at, actor, reason, lifted from holds where contract = $1 order by place`
)

// Recording finds a recording and its ticket.
func (s *Store) Recording(ctx context.Context, id string) (tickets.Recording, tickets.Number, error) {
	type found struct {
		tickets.Recording
		ticket tickets.Number
	}
	f, err := row(ctx, s, "reading recording "+id, func(r pgx.CollectableRow) (f found, err error) {
		err = r.Scan(&f.ID, &f.Call, &f.At, &f.Seconds, &f.Law, &f.Partial, &f.File, &f.SHA256, &f.Kind, &f.ticket)
		f.At = f.At.UTC()
		return f, err
	}, selectRecording, id)
	if errors.Is(err, storage.ErrNotFound) {
		erased, failed := rows(ctx, s, "reading whether recording "+id+" was erased", pgx.RowTo[tickets.Number], selectErased, id)
		if failed != nil {
			return f.Recording, 0, failed
		}
		if len(erased) > 0 {
			return f.Recording, erased[0], fmt.Errorf("recording %s: %w", id, tickets.ErrErased)
		}
	}
	return f.Recording, f.ticket, err
}

// Erasures lists what was erased, in the order written.
func (s *Store) Erasures(ctx context.Context, behind int64, limit int) ([]tickets.Erasure, error) {
	return rows(ctx, s, "reading which recordings were erased", pgx.RowToStructByPos[tickets.Erasure], selectErasures, behind, limit)
}

// RecordedBefore lists recordings of before an instant, the oldest first.
func (s *Store) RecordedBefore(ctx context.Context, before time.Time, behind tickets.Kept, limit int) ([]tickets.Kept, error) {
	return rows(ctx, s, "reading which recordings are old", func(r pgx.CollectableRow) (k tickets.Kept, err error) {
		err = r.Scan(&k.Recording, &k.At, &k.Ticket, &k.Contract, &k.Held)
		k.At = k.At.UTC()
		return k, err
	}, selectRecorded, before, behind.At, behind.Recording, limit)
}

// LogAccess notes what somebody did with a recording.
func (s *Store) LogAccess(ctx context.Context, recording, actor string, a tickets.Action, at time.Time) error {
	o, _ := audit.Of(ctx)
	return s.exec(ctx, "noting an access to recording "+recording, insertAccessFound, recording, actor, a, at, o.From, o.Route)
}

func scanAccess(r pgx.CollectableRow) (a tickets.Access, err error) {
	err = r.Scan(&a.Recording, &a.Ticket, &a.Actor, &a.Action, &a.At)
	a.At = a.At.UTC()
	return a, err
}

// Accesses lists who listened to recordings, in one statement.
func (s *Store) Accesses(ctx context.Context, recordings ...string) ([]tickets.Access, error) {
	return rows(ctx, s, "reading the accesses to recordings", scanAccess, selectAccess, recordings)
}

// ListAccesses selects and pages accesses, the newest first.
func (s *Store) ListAccesses(ctx context.Context, f tickets.AccessFilter) (page paging.Page[tickets.Access], err error) {
	behind, given, err := paging.Place(f.After, tickets.AccessSort)
	if err != nil {
		return page, fmt.Errorf("listing accesses to recordings: %w", err)
	}
	var sel selection
	if f.Recording != "" {
		sel.where("t.recording = $%d", f.Recording)
	}
	if f.Ticket != 0 {
		sel.where("t.ticket = $%d", f.Ticket)
	}
	if f.Actor != "" {
		sel.where("t.actor = $%d", f.Actor)
	}
	if f.Action != "" {
		sel.where("t.action = $%d", string(f.Action))
	}
	total, err := row(ctx, s, "counting accesses to recordings", pgx.RowTo[int],
		fmt.Sprintf("select count(*) from (select from accesses t%s limit %d) n", sel, paging.CountedAtMost+1), sel.args...)
	if err != nil {
		return page, err
	}
	if given {
		sel.where("t.place < $%d", behind.Number)
	}
	found, err := rows(ctx, s, "listing accesses to recordings", func(r pgx.CollectableRow) (a placed, err error) {
		err = r.Scan(&a.Recording, &a.Ticket, &a.Actor, &a.Action, &a.At, &a.place)
		a.At = a.At.UTC()
		return a, err
	}, fmt.Sprintf("select recording, ticket, actor, action, at, place from accesses t%s order by place desc limit %d", sel, paging.Size(f.Limit)+1), sel.args...)
	if err != nil {
		return page, err
	}
	places := paging.Paged(found, f.Limit, func(a placed) paging.Position { return tickets.AccessPosition(a.place) })
	page = paging.Page[tickets.Access]{Next: places.Next}.Counted(total)
	for _, a := range places.Items {
		page.Items = append(page.Items, a.Access)
	}
	return page, nil
}

// placed is an access with its place in the log.
type placed struct {
	tickets.Access
	place int64
}

// HoldContract notes a legal hold of a contract, or its end.
func (s *Store) HoldContract(ctx context.Context, h tickets.Hold) error {
	return s.within(ctx, "noting a legal hold of contract "+string(h.Contract), func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(lockHolds, string(h.Contract))
		batch.Queue(insertHold, h.Contract, h.At, h.Actor, h.Reason, h.Lifted)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return note(ctx, tx, h.Audited())
	})
}

// ContractHolds lists the legal holds of a contract.
func (s *Store) ContractHolds(ctx context.Context, c directory.ContractID) ([]tickets.Hold, error) {
	return rows(ctx, s, "reading the legal holds of contract "+string(c), func(r pgx.CollectableRow) (h tickets.Hold, err error) {
		err = r.Scan(&h.Contract, &h.At, &h.Actor, &h.Reason, &h.Lifted)
		h.At = h.At.UTC()
		return h, err
	}, selectHolds, c)
}

// months are the rows that reports read.
func (s *Store) months() months.Rows { return months.Rows{With: s.with} }

// Outcomes lists the clocks of tickets that were opened in a span.
func (s *Store) Outcomes(ctx context.Context, of statistics.Span) ([]statistics.Outcome, error) {
	return s.months().Outcomes(ctx, of)
}

// TimeSpent lists the time written down in a span.
func (s *Store) TimeSpent(ctx context.Context, of statistics.Span) ([]tickets.Spent, error) {
	return s.months().TimeSpent(ctx, of)
}

// Sums adds up the tickets of a part.
func (s *Store) Sums(ctx context.Context, p statistics.Part) ([]statistics.Sum, error) {
	return s.months().Sums(ctx, p)
}

// Parts reads what was kept of parts.
func (s *Store) Parts(ctx context.Context, list []statistics.Part) ([]statistics.KeptPart, error) {
	return s.months().Parts(ctx, list)
}

// KeepParts keeps sums of parts.
func (s *Store) KeepParts(ctx context.Context, list []statistics.PartSums) error {
	return s.months().KeepParts(ctx, list)
}

// Summary reads what was kept of a span, and the mark of its tickets.
func (s *Store) Summary(ctx context.Context, since, until time.Time) (*statistics.Summary, statistics.Mark, error) {
	return s.months().Summary(ctx, since, until)
}

// KeepSummary keeps a summary.
func (s *Store) KeepSummary(ctx context.Context, since, until time.Time, at statistics.Mark, v statistics.Summary) error {
	return s.months().KeepSummary(ctx, since, until, at, v)
}

// Since is when the first ticket was opened.
func (s *Store) Since(ctx context.Context) (time.Time, error) { return s.months().Since(ctx) }
