package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/cdr"
	"hotline/oncall/escalation"
	"hotline/paging"
	"hotline/sla"
	"hotline/storage"
)

// ErrMonth is a month that cannot be read.
var ErrMonth = errors.New("write the month as 2026-11")

// Books is where months are worked out of, and kept once they were published. Safe for concurrent use where its stores are.
type Books struct {
	Calls interface {
		Calls(ctx context.Context, f cdr.Filter) (paging.Page[cdr.Call], error)
		Legs(ctx context.Context, since, until time.Time) ([]cdr.Leg, error)
	}
	Published storage.Facts
	Own       *sla.Hours // of the house; nil: they cannot be read
}

// Month gives a month such as 2026-10, in the zone of the main rota: as it was published, or as it is worked out at now. If the
// month and the rest after it are over, Month publishes it. published tells whether the figures stand for ever. While a rota is
// broken (escalation.Documents.Facts says so) its hours are not known, and nothing is published. ErrMonth: text is no month.
func (b Books) Month(ctx context.Context, house escalation.Facts, broken error, text string, now time.Time) (rows []Row, published bool, err error) {
	facts := Facts{Rotas: house.Rotas, Engineers: house.Engineers, Zone: time.UTC, Own: b.Own}
	if len(house.Rotas) > 0 {
		facts.Zone = house.Rotas[0].Zone()
	}
	from, err := time.ParseInLocation("2006-01", text, facts.Zone)
	if err != nil {
		return nil, false, ErrMonth
	}
	key := "month on call " + text
	stands, err := b.Published.Fact(ctx, key)
	switch {
	case err == nil:
		rows, err = Parse(stands)
		return rows, true, err
	case !errors.Is(err, storage.ErrNotFound):
		return nil, false, fmt.Errorf("reading whether %s was published: %w", text, err)
	}
	ends := from.AddDate(0, 1, 0)
	if facts.Calls, err = b.callsOf(ctx, from, ends.Add(Rest)); err != nil {
		return nil, false, err
	}
	until := ends
	if now.Before(until) { // what is still to come was not worked
		until = now
	}
	rows = Month(facts, from, until)
	if broken != nil || now.Before(ends.Add(Rest)) { // a rest may still be cut short
		return rows, false, nil
	}
	if err := b.Published.PutFact(ctx, key, Text(rows)); err != nil {
		return nil, false, fmt.Errorf("keeping the month %s as it is published: %w", text, err)
	}
	return rows, true, nil
}

// rungStill is how long after a call began engineers may still be rung for it, which stands in its record.
const rungStill = 31 * 24 * time.Hour

// callsOf reads the calls in which somebody may have been rung between two instants. One entry more stands for ringing without a
// call: for tickets of other channels, and for alarms.
func (b Books) callsOf(ctx context.Context, since, until time.Time) (list []cdr.Call, err error) {
	legs, err := b.Calls.Legs(ctx, since, until)
	if err != nil {
		return nil, fmt.Errorf("reading who was rung for no call: %w", err)
	}
	list = append(list, cdr.Call{Legs: legs})
	for f := (cdr.Filter{Since: since.Add(-rungStill), Until: until, Limit: 500}); ; {
		page, err := b.Calls.Calls(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("reading calls: %w", err)
		}
		list = append(list, page.Items...)
		if f.After = page.Next; f.After == "" {
			return list, nil
		}
	}
}
