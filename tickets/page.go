package tickets

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/sla"
)

const (
	// CountedAtMost is where a list's total ends: counting hundreds of thousands costs more than anybody reads from it.
	CountedAtMost = 10_000

	pageUnlessSaid = 50
	largestPage    = 500
	longestCursor  = 400 // octets
)

// ErrCursor is a cursor that no list gave, or that another order of the list gave.
var ErrCursor = errors.New("this is no place in the list: take the one that the page before gave as next, with the same sort")

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Next  string // cursor of the next page; empty: this is the last one
	Total int    // of all pages, counted up to CountedAtMost
	More  bool   // there are more than Total
}

// Filter selects tickets for a list. Zero values select everything.
type Filter struct {
	States     []State
	Priorities []sla.Priority // 0: no category yet
	Contract   ContractID
	Customer   CustomerID
	Assignee   string
	Category   sla.Category
	Level      sla.LevelID
	Caller     string
	Since      time.Time // opened at or after
	Until      time.Time // opened before
	DueBefore  time.Time // whose next clock runs out before
	Search     string    // words of the customer's name or the history, or the beginning of a ticket's or a caller's number
	Sort       string    // one of Sorts; a leading "-" turns it round; default "-number"
	After      string    // cursor: what comes behind it
	Limit      int       // 0: 50; at most 500
}

// Matches tells whether a ticket passes the filter, but for what is looked for in its history.
func (f Filter) Matches(t Ticket) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, t.State)) &&
		(len(f.Priorities) == 0 || slices.Contains(f.Priorities, t.Priority)) &&
		same(f.Contract, t.Contract) && same(f.Customer, t.Customer) && same(f.Assignee, t.Assignee) &&
		same(f.Category, t.Category()) && same(f.Level, t.Level) && same(f.Caller, t.Caller) &&
		(f.Since.IsZero() || !t.OpenedAt.Before(f.Since)) && (f.Until.IsZero() || t.OpenedAt.Before(f.Until)) &&
		(f.DueBefore.IsZero() || DueOf(t).Before(f.DueBefore))
}

// same tells whether a value passes a filter that is empty or equal.
func same[T ~string](want, is T) bool { return want == "" || want == is }

// CallFilter selects calls for a list, newest first. Zero values select everything.
type CallFilter struct {
	Number    string // of the caller, as the trunk gave it
	Contract  ContractID
	Customer  CustomerID   // whose call it was,
	Contracts []ContractID // or whose contracts are these: records of former versions do not name the customer
	Trunk     string
	Ending    string
	Since     time.Time // begun at or after
	Until     time.Time // begun before
	After     string
	Limit     int // 0: 50; at most 500
}

// PageSize bounds how many are asked for.
func PageSize(limit int) int { return min(cmp.Or(max(limit, 0), pageUnlessSaid), largestPage) }

// Position is one item's place in the order of a list. Those of one list differ in the number or the call, so that none
// is left out and none comes twice, whatever is added meanwhile.
type Position struct {
	Sort   string    `json:"s"`
	Rank   int       `json:"r,omitempty"` // of the priority; none comes last
	At     time.Time `json:"t,omitzero"`  // opened, due or begun
	Number Number    `json:"n,omitempty"`
	Call   CallID    `json:"c,omitempty"`
}

// byStart is the one order of calls.
const byStart = "-started"

// Never is the due time of a ticket without a running clock: behind all others.
func Never() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

// Order is the filter's order and its direction; ErrNotFound when there is no such order.
func (f Filter) Order() (sort string, backwards bool, err error) {
	sort, backwards = strings.CutPrefix(cmp.Or(f.Sort, "-number"), "-")
	switch sort {
	case "number", "opened_at", "priority", "due":
		return sort, backwards, nil
	}
	return sort, backwards, fmt.Errorf("sorting tickets by %q: %w", f.Sort, ErrNotFound)
}

// Position is a ticket's place in the filter's order.
func (f Filter) Position(t Ticket) Position {
	p := Position{Sort: cmp.Or(f.Sort, "-number"), Number: t.Number}
	switch strings.TrimPrefix(p.Sort, "-") {
	case "opened_at":
		p.At = t.OpenedAt
	case "priority":
		p.Rank = Rank(t.Priority)
	case "due":
		p.At = DueOf(t)
	}
	return p
}

// Rank orders priorities: none comes behind all others.
func Rank(p sla.Priority) int {
	if p == 0 {
		return 9
	}
	return int(p)
}

// DueOf is when the ticket's next clock runs out.
func DueOf(t Ticket) time.Time {
	if c, ok := sla.Next(t.Clocks); ok && c.Due.Before(Never()) {
		return c.Due
	}
	return Never()
}

// Place reads the cursor behind which the page begins; false when it is the first page.
func (f Filter) Place() (Position, bool, error) { return place(f.After, cmp.Or(f.Sort, "-number")) }

// Position is a call's place in the list.
func (f CallFilter) Position(c Call) Position {
	return Position{Sort: byStart, At: c.Started, Call: c.ID}
}

// Place reads the cursor behind which the page begins; false when it is the first page.
func (f CallFilter) Place() (Position, bool, error) { return place(f.After, byStart) }

// Compare orders positions as their lists do when they are not turned round.
func (p Position) Compare(o Position) int {
	return cmp.Or(p.Rank-o.Rank, p.At.Compare(o.At), cmp.Compare(p.Number, o.Number), cmp.Compare(p.Call, o.Call))
}

// Cursor writes a position as a client carries it: opaque, and safe in a URL.
func (p Position) Cursor() string {
	text, _ := json.Marshal(p) // of numbers, texts and an instant
	return base64.RawURLEncoding.EncodeToString(text)
}

func place(cursor, sort string) (p Position, given bool, err error) {
	if cursor == "" {
		return p, false, nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(cursor) > longestCursor || json.Unmarshal(text, &p) != nil || p.Sort != sort || p.Cursor() != cursor ||
		strings.ContainsRune(string(p.Call), 0) {
		return Position{}, false, ErrCursor
	}
	return p, true, nil
}

// Paged makes a page of the items found behind its beginning, of which there may be one too many.
func Paged[T any](found []T, limit int, at func(T) Position) Page[T] {
	p := Page[T]{Items: found}
	if size := PageSize(limit); len(found) > size {
		p.Items = found[:size]
		p.Next = at(found[size-1]).Cursor()
	}
	return p
}

// Counted writes how many there are, of a count that may be one too many.
func (p Page[T]) Counted(n int) Page[T] {
	p.Total, p.More = min(n, CountedAtMost), n > CountedAtMost
	return p
}

// Day gives the instants between which a day such as "2026-11-23" lies, in the zone of the owner's own calendar.
func (d *Desk) Day(text string) (since, until time.Time, err error) {
	zone := time.UTC
	if own, err := d.Terms(""); err == nil {
		zone = own.Hours.Zone()
	}
	since, err = time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return since, until, fmt.Errorf("reading the day %q: %w", text, ErrBadDay)
	}
	return since, since.AddDate(0, 0, 1), nil
}

// ErrBadDay is a day that is not written as 2026-11-23.
var ErrBadDay = errors.New("write the day as 2026-11-23")

// ContractsOf are the contracts of a customer, also those that have ended.
func (b *Book) ContractsOf(id CustomerID) []ContractID {
	var list []ContractID
	for _, c := range b.Contracts.All() {
		if c.Customer == id {
			list = append(list, c.ID)
		}
	}
	slices.Sort(list)
	return list
}
