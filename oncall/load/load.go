// Package load is what a month on call was for each engineer: hours on call, calls, interventions at night, and rest that was too
// short after one. Pure: schedules and records of calls in, rows out. It is counted, and priced by whoever reads it.
package load

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/sla"
)

// What counts as night, and how much rest is owed after an intervention in it (Directive 2003/88/EC art. 3; Italy: D.Lgs. 66/2003 art. 7).
const (
	nightFrom  = 22 // o'clock, in the main rota's zone
	nightUntil = 6
	Rest       = 11 * time.Hour
)

// Row is one engineer's month.
type Row struct {
	Engineer oncall.EngineerID
	Name     string
	OnCall   time.Duration // in any rota, at any level; two at once count once
	Calls    int           // times that a telephone of theirs was rung
	Taken    int           // of these, those that they accepted
	Nights   int           // of these, those of which a part lay at night
	Short    int           // nights' interventions after which the rest was shorter than Rest
	Shortest time.Duration // of these rests; zero where there is none
}

// Facts are what a month is worked out of.
type Facts struct {
	Rotas     []*rota.Schedule
	Engineers []oncall.Engineer
	Calls     []cdr.Call // with those of the day after the month: a rest may end in it
	Own       *sla.Hours // of the house: the next working day ends a rest; nil: only the next call does
	Zone      *time.Location
}

// Month works a month out: from included, until not. Rows are by engineer; who was neither on call nor rung has none.
func Month(f Facts, from, until time.Time) (rows []Row) {
	of := map[oncall.EngineerID]*Row{}
	row := func(id oncall.EngineerID) *Row {
		if of[id] == nil {
			of[id] = &Row{Engineer: id, Name: string(id)}
		}
		return of[id]
	}
	for id, spans := range f.spans(from, until) {
		row(id).OnCall = union(spans)
	}
	legs := map[oncall.EngineerID][]cdr.Leg{}
	for _, c := range f.Calls {
		for _, l := range c.Legs {
			id := oncall.EngineerID(l.Engineer)
			if !slices.ContainsFunc(f.Engineers, func(e oncall.Engineer) bool { return e.ID == id }) {
				continue // an operator's, an overflow telephone, a customer's
			}
			legs[id] = append(legs[id], l)
			if in(l.Started, from, until) {
				row(id).Calls++
			}
		}
	}
	for id, list := range legs {
		if r := of[id]; r != nil {
			f.taken(r, list, from, until)
		}
	}
	for _, e := range f.Engineers {
		if r := of[e.ID]; r != nil {
			r.Name = e.Name
		}
	}
	for _, r := range of {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(string(a.Engineer), string(b.Engineer)) })
	return rows
}

func in(t, from, until time.Time) bool { return !t.Before(from) && t.Before(until) }

// spans are when each engineer was on call.
func (f Facts) spans(from, until time.Time) map[oncall.EngineerID][]rota.Span {
	list := map[oncall.EngineerID][]rota.Span{}
	for _, s := range f.Rotas {
		for _, one := range s.Stretches(from, until) {
			if one.Engineer != "" {
				list[one.Engineer] = append(list[one.Engineer], rota.Span{From: one.From, Until: one.Until})
			}
		}
	}
	return list
}

// union is how long at least one of the spans lasted.
func union(spans []rota.Span) (sum time.Duration) {
	slices.SortFunc(spans, func(a, b rota.Span) int { return a.From.Compare(b.From) })
	var end time.Time
	for _, s := range spans {
		from := s.From
		if from.Before(end) {
			from = end
		}
		if s.Until.After(from) {
			sum, end = sum+s.Until.Sub(from), s.Until
		}
	}
	return sum
}

// accepted are the results of legs on which an engineer pressed accept (oncall/ring).
func accepted(l cdr.Leg) bool {
	switch l.Result {
	case "accepted", "accepted, not heard", "lost after the join", "handed over", "called back":
		return !l.Answered.IsZero()
	}
	return false
}

// taken counts the calls that an engineer accepted, and the rests after those at night.
func (f Facts) taken(r *Row, legs []cdr.Leg, from, until time.Time) {
	legs = slices.DeleteFunc(legs, func(l cdr.Leg) bool { return !accepted(l) })
	slices.SortFunc(legs, func(a, b cdr.Leg) int { return a.Started.Compare(b.Started) })
	for i, l := range legs {
		if !in(l.Started, from, until) {
			continue
		}
		r.Taken++
		if !f.atNight(l.Answered, l.Ended) {
			continue
		}
		r.Nights++
		var next time.Time
		if i+1 < len(legs) {
			next = legs[i+1].Started
		}
		if f.Own != nil {
			if at, err := f.Own.NextOpen(l.Ended); err == nil && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
		if next.IsZero() || next.Sub(l.Ended) >= Rest {
			continue
		}
		rest := max(next.Sub(l.Ended), 0).Truncate(time.Second)
		if r.Short == 0 || rest < r.Shortest {
			r.Shortest = rest
		}
		r.Short++
	}
}

// atNight tells whether a part of a stretch lies at night.
func (f Facts) atNight(from, until time.Time) bool {
	for at := from; ; at = at.Add(time.Hour) {
		if at.After(until) {
			at = until
		}
		if h := at.In(f.Zone).Hour(); h >= nightFrom || h < nightUntil {
			return true
		}
		if !at.Before(until) {
			return false
		}
	}
}

// Text is rows as they are kept once a month was published: lines of a table, in whole seconds.
func Text(rows []Row) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	seconds := func(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
	for _, r := range rows {
		_ = w.Write([]string{string(r.Engineer), r.Name, seconds(r.OnCall), strconv.Itoa(r.Calls), strconv.Itoa(r.Taken), strconv.Itoa(r.Nights), strconv.Itoa(r.Short), seconds(r.Shortest)}) // into memory
	}
	w.Flush()
	return b.String()
}

// Parse reads what Text has written.
func Parse(text string) (rows []Row, err error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = 8
	lines, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading a published month on call: %w", err)
	}
	for _, l := range lines {
		var n [6]int64
		for i := range n {
			if n[i], err = strconv.ParseInt(l[i+2], 10, 64); err != nil {
				return nil, fmt.Errorf("reading a published month on call: %w", err)
			}
		}
		rows = append(rows, Row{
			Engineer: oncall.EngineerID(l[0]), Name: l[1], OnCall: time.Duration(n[0]) * time.Second, Calls: int(n[1]), Taken: int(n[2]),
			Nights: int(n[3]), Short: int(n[4]), Shortest: time.Duration(n[5]) * time.Second,
		})
	}
	return rows, nil
}
