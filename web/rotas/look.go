package rotas

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"hotline/directory"
	"hotline/oncall"
	"hotline/oncall/readiness"
	"hotline/oncall/rota"
	"hotline/web/form/fields"
	"hotline/web/ui"
)

// The time that is looked at.
const (
	weeksAhead = 4
	daysAhead  = 7 * weeksAhead
)

// lookPage is who would be on call, day by day.
type lookPage struct {
	ui.View
	Zone     string
	Weeks    [][]day
	Gaps     []string // nobody of this rota is reached; another rota may stand in
	Alone    []string // nobody at all is reached
	Unknown  []string // contracts that it names and that there are not
	Broken   error    // other rotas that cannot be worked out
	Standing bool     // a rota stands in where this one has gaps
}

// day is one day of the preview.
type day struct {
	Name  string
	Spans []span
}

// span is a time in which the same people are on call.
type span struct {
	Hours string
	Gap   bool
	Who   []string
}

// look is the next weeks of a rota, as if it stood.
func (h Handlers) look(r *ui.Request, w draft) (template.HTML, error) {
	docs, made := w.docs, w.Rota
	docs.Schedules = slices.DeleteFunc(slices.Clone(docs.Schedules), func(one rota.Rota) bool { return one.ID == made.ID })
	docs.Schedules = append(docs.Schedules, made)
	facts, broken := docs.Facts()
	at := slices.IndexFunc(facts.Rotas, func(s *rota.Schedule) bool { return s.Rota().ID == made.ID })
	if at < 0 {
		return "", fmt.Errorf("%w: %w", broken, rota.ErrRota)
	}
	s, v := facts.Rotas[at], r.View
	v.Zone = s.Zone()
	p := lookPage{View: v, Zone: made.Zone, Broken: broken, Weeks: weeks(v, s, fields.People(w.docs.Engineers))}
	until := r.Now.Add(daysAhead * 24 * time.Hour)
	told := func(g oncall.Gap) string { return v.Clock(g.From) + " - " + v.Clock(g.Until) }
	for _, g := range s.Gaps(r.Now, until, facts.Rings) {
		p.Gaps = append(p.Gaps, told(g))
	}
	for _, g := range readiness.Of(facts, r.Now, until).Gaps {
		if g.Rota == made.ID {
			p.Alone = append(p.Alone, told(oncall.Gap{From: g.From, Until: g.Until}))
		}
	}
	contracts := h.Desk.Book().Contracts
	for _, id := range made.Serves.Contracts {
		if _, known := contracts.Get(directory.ContractID(id)); !known {
			p.Unknown = append(p.Unknown, id)
		}
	}
	page, err := pages().Page("look", "", p)
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// weeks are the days ahead in a rota's zone, from today on.
func weeks(v ui.View, s *rota.Schedule, people fields.People) (list [][]day) {
	today := v.Now.In(s.Zone())
	for i := range daysAhead {
		from := time.Date(today.Year(), today.Month(), today.Day()+i, 0, 0, 0, 0, s.Zone())
		until := time.Date(today.Year(), today.Month(), today.Day()+i+1, 0, 0, 0, 0, s.Zone())
		one := day{Name: v.Date(from)}
		for _, each := range s.Spans(from, until) {
			one.Spans = append(one.Spans, told(v, each, people))
		}
		if i%7 == 0 {
			list = append(list, nil)
		}
		list[i/7] = append(list[i/7], one)
	}
	return list
}

func told(v ui.View, of rota.Span, people fields.People) span {
	end := of.Until.In(v.Zone).Format("15:04")
	if end == "00:00" {
		end = "24:00"
	}
	one := span{Hours: of.From.In(v.Zone).Format("15:04") + "-" + end, Gap: len(of.Places) == 0}
	for _, p := range of.Places {
		text := people.Called(p.Engineer)
		if p.Level > 1 {
			text += " (" + v.T("page-level", p.Level) + ")"
		}
		if p.For != "" {
			text += " " + v.T("page-for", people.Called(p.For))
		}
		one.Who = append(one.Who, text)
	}
	return one
}
