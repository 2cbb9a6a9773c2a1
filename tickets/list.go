package tickets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/directory"
	"hotline/paging"
	"hotline/sla"
	"hotline/storage"
)

// Filter selects tickets for a list. Zero values select everything.
type Filter struct {
	States     []State
	Priorities []sla.Priority // 0: no category yet
	Contract   directory.ContractID
	Customer   directory.CustomerID
	Assignee   string
	Category   sla.Category
	Level      sla.LevelID
	Caller     string
	Since      time.Time // opened at or after
	Until      time.Time // opened before
	DueBefore  time.Time // by DueOf
	Search     string    // words of the customer's name or the history, or the beginning of a ticket's or a caller's number
	Sort       string    // one of Sorts; a leading "-" turns it round; default "-number"
	After      string    // cursor: what comes behind it
	Limit      int       // 0: 50; at most 500
}

// Matches tells whether a ticket passes the filter. Words that are looked for are not asked here.
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

// defaultSort lists the newest first.
const defaultSort = "-number"

// Order is the filter's order and its direction; storage.ErrNotFound when there is no such order.
func (f Filter) Order() (sort string, backwards bool, err error) {
	sort, backwards = strings.CutPrefix(cmp.Or(f.Sort, defaultSort), "-")
	switch sort {
	case "number", "opened_at", "priority", "due":
		return sort, backwards, nil
	}
	return sort, backwards, fmt.Errorf("sorting tickets by %q: %w", f.Sort, storage.ErrNotFound)
}

// Position is a ticket's place in the filter's order.
func (f Filter) Position(t Ticket) paging.Position {
	p := paging.Position{Sort: cmp.Or(f.Sort, defaultSort), Number: int64(t.Number)}
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

// Place reads the cursor behind which the page begins; given is false when it is the first page.
func (f Filter) Place() (p paging.Position, given bool, err error) {
	return paging.Place(f.After, cmp.Or(f.Sort, defaultSort))
}

// Never is the due time of a ticket without a running clock: behind all others.
func Never() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

// DueOf is when a ticket is due: when its next clock runs out, or when a clock broke that nobody has met yet while somebody still
// works on the ticket. Never when nothing is owed.
func DueOf(t Ticket) time.Time {
	due := Never()
	for _, c := range t.Clocks {
		broken := t.State.Live() && !c.BrokenAt.IsZero() && c.MetAt.IsZero()
		if (broken || c.Runs()) && c.Due.Before(due) {
			due = c.Due
		}
	}
	return due
}

// Rank orders priorities: none comes behind all others.
func Rank(p sla.Priority) int {
	if p == 0 {
		return 9
	}
	return int(p)
}

// ErrBadDay is a day that is not written as 2026-11-23.
var ErrBadDay = errors.New("write the day as 2026-11-23")

// Day gives the instants between which a day such as "2026-11-23" lies, in the zone of the owner's own calendar.
func (d *Desk) Day(text string) (since, until time.Time, err error) {
	since, err = time.ParseInLocation(time.DateOnly, text, d.Zone())
	if err != nil {
		return since, until, fmt.Errorf("reading the day %q: %w", text, ErrBadDay)
	}
	return since, since.AddDate(0, 0, 1), nil
}

const (
	wordsLookedFor = 10
	longestWord    = 60 // characters
)

// Words splits a text as searches do: lower case, without punctuation. PostgreSQL's function search_plain parts the texts
// in which is searched at the same characters.
func Words(text string) []string {
	const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(punctuation, r)
	})
}

// Words are what the filter looks for, bounded, each once: a database guesses that fewer tickets have a word that is asked twice. What has
// no letter is one number, however it is spaced.
func (f Filter) Words() []string {
	words := Words(f.Search)
	if number := strings.Join(words, ""); number != "" && Digits(number) == number {
		words = []string{number}
	}
	words = words[:min(len(words), wordsLookedFor)]
	for i, w := range words {
		if r := []rune(w); len(r) > longestWord {
			words[i] = string(r[:longestWord])
		}
	}
	once := words[:0]
	for _, w := range words {
		if !slices.Contains(once, w) {
			once = append(once, w)
		}
	}
	return once
}

// Digits are the digits of a caller's number.
func Digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}

// Searchable is the text of a line for searches: what people wrote. The sentences that the program itself writes into every
// history would be found everywhere.
func (e Event) Searchable() string {
	if e.Actor == system {
		return ""
	}
	return e.Text
}

// HeldBy gives the first tickets that an engineer has in hand: while one of them stands nobody else is rung for it, so that its engineer
// must not go.
func (d *Desk) HeldBy(ctx context.Context, engineer string, most int) ([]Ticket, error) {
	page, err := d.List(ctx, Filter{Assignee: engineer, States: LiveStates(), Limit: most})
	return page.Items, err
}
