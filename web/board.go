package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"hotline/bridge"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/readiness"
	"hotline/paging"
	"hotline/sla"
	"hotline/tickets"
)

// boardPage is what the house owes now, in the order in which something breaks.
type boardPage struct {
	page
	Rows       []ticketRow
	Total      int
	More       bool
	Bounded    bool   // the search does not look at every ticket that has its words
	Next       string // address of the next page; empty on the last one
	Filter     boardFilter
	States     []string
	Categories []sla.Category
	Engineers  []oncall.Engineer
	Duty       []dutyRow
	Ahead      readiness.Report // of the next week
	System     system
	Doing      now
}

// boardFilter is what the address selects.
type boardFilter struct {
	Search, State, Category, Assignee, Customer, Contract, After string
}

// ticketRow is a ticket in a list.
type ticketRow struct {
	tickets.Ticket
	Level    string
	Assignee string // by name
	Next     *clock // nil: nothing is promised, or all of it was done
}

// system is whether callers are answered.
type system struct {
	Trunks  []Trunk
	LineUp  bool
	Waiting int            // tickets whose rows wait for the database
	Bridge  bridge.Trouble // the zero value: the other system does what it is asked, or there is none
}

// The states that the board can be asked for beside single ones.
const (
	anyLive = "live" // nobody is done with it
	anyAll  = "all"
)

// rowsOnPage is how many tickets one page of the board has.
const rowsOnPage = 50

func filterOf(q url.Values) boardFilter {
	f := boardFilter{
		Search: q.Get("q"), State: q.Get("state"), Category: q.Get("category"), Assignee: q.Get("assignee"), Customer: q.Get("customer"), Contract: q.Get("contract"), After: q.Get("after"),
	}
	if f.State == "" {
		f.State = anyLive
	}
	return f
}

// query is the filter as an address, behind a place in the list.
func (f boardFilter) query(after string) string {
	v := url.Values{}
	for name, value := range map[string]string{"q": f.Search, "state": f.State, "category": f.Category, "assignee": f.Assignee, "customer": f.Customer, "contract": f.Contract, "after": after} {
		if value != "" && (name != "state" || value != anyLive) {
			v.Set(name, value)
		}
	}
	return "/?" + v.Encode()
}

func liveStates() []tickets.State {
	return []tickets.State{tickets.Open, tickets.Assigned, tickets.InProgress, tickets.Waiting}
}

func states() []string {
	list := []string{anyLive}
	for _, s := range append(liveStates(), tickets.Restored, tickets.Closed, tickets.NotRequest) {
		list = append(list, string(s))
	}
	return append(list, anyAll)
}

// filter is the board's filter as the desk takes it.
func (s *server) filter(f boardFilter) tickets.Filter {
	t := tickets.Filter{
		Search: f.Search, Category: sla.Category(f.Category), Assignee: f.Assignee, After: f.After, Limit: rowsOnPage, Sort: "due",
	}
	t.Customer, t.Contract = customerID(f.Customer), contractID(f.Contract)
	switch f.State {
	case anyLive:
		t.States = liveStates()
	case anyAll:
		t.Sort = "-number"
	default:
		t.States = []tickets.State{tickets.State(f.State)}
		if !t.States[0].Live() {
			t.Sort = "-number"
		}
	}
	return t
}

func (s *server) board(w http.ResponseWriter, r *request) {
	if r.URL.Query().Get("wall") != "" {
		s.wall(w, r)
		return
	}
	ctx := r.Context()
	r.Title = "page-board"
	f := filterOf(r.URL.Query())
	p := boardPage{Filter: f, States: states(), Categories: sla.Categories()}
	t := s.filter(f)
	found, err := s.Desk.List(ctx, t)
	if errors.Is(err, paging.ErrCursor) { // an address of another order: the list from its beginning
		f.After = ""
		found, err = s.Desk.List(ctx, s.filter(f))
	}
	if err != nil {
		s.answerError(w, r, fmt.Errorf("listing tickets: %w", err))
		return
	}
	if p.Duty, p.Ahead, p.Engineers, err = s.duty(ctx, r); err != nil {
		s.answerError(w, r, err)
		return
	}
	if p.Rows, err = s.rows(ctx, r, found.Items, p.Engineers); err != nil {
		s.answerError(w, r, err)
		return
	}
	p.Total, p.More = found.Total, found.More
	p.Bounded = f.Search != "" && t.Sort != "-number" && f.Customer == "" && f.Contract == "" && f.Assignee == ""
	if found.Next != "" {
		p.Next = f.query(found.Next)
	}
	p.System, p.Doing = s.system(ctx), s.now(r, p.Engineers)
	p.page = r.page
	s.render(w, r, http.StatusOK, "board", p)
}

// rows are tickets as a list shows them.
func (s *server) rows(ctx context.Context, r *request, list []tickets.Ticket, engineers []oncall.Engineer) ([]ticketRow, error) {
	names := namesOf(engineers)
	rows := make([]ticketRow, 0, len(list))
	for _, t := range list {
		row := ticketRow{Ticket: t, Level: s.level(t.Level), Assignee: names.of(t.Assignee)}
		if t.State.Live() {
			accounts, err := s.Desk.Explain(ctx, t)
			if err != nil {
				return nil, err
			}
			clocks := make([]clock, 0, len(accounts))
			for _, a := range accounts {
				clocks = append(clocks, r.standing(a)) // a list tells no account
			}
			row.Next = next(clocks)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// level is the name of a level as the house calls it.
func (s *server) level(id sla.LevelID) string {
	if l, ok := s.Desk.Book().Levels[id]; ok && l.Name != "" {
		return l.Name
	}
	return string(id)
}

// names are engineers' names by id.
type names map[oncall.EngineerID]string

func namesOf(list []oncall.Engineer) names {
	n := names{}
	for _, e := range list {
		n[e.ID] = e.Name
	}
	return n
}

// of is a name; the id of somebody who is not there any more.
func (n names) of(id string) string {
	if name := n[oncall.EngineerID(id)]; name != "" {
		return name
	}
	return id
}

func (s *server) system(ctx context.Context) system {
	v := system{LineUp: s.Line(ctx) == nil, Waiting: s.Desk.Waiting()}
	if s.Bridge != nil {
		v.Bridge = s.Bridge.Trouble()
	}
	if s.Trunks != nil {
		v.Trunks = s.Trunks()
	}
	return v
}

// dutyRow is one rota: who is on call now, and who afterwards.
type dutyRow struct {
	Rota  string
	Now   []string  // by name, in the order in which they are called
	Until time.Time // zero: not within a week
	Next  []string
}

// lookAhead is how far the next handover is looked for.
const lookAhead = 7 * 24 * time.Hour

// duty tells who is on call, rota by rota, as those who are rung are found, and whether somebody will be reached.
func (s *server) duty(ctx context.Context, r *request) ([]dutyRow, readiness.Report, []oncall.Engineer, error) {
	d, err := escalation.Read(ctx, s.Store)
	if err != nil {
		return nil, readiness.Report{}, nil, err
	}
	facts, broken := d.Facts()
	if broken != nil {
		s.Log.WarnContext(ctx, "a rota cannot be worked out", "error", broken)
	}
	names := namesOf(d.Engineers)
	var rows []dutyRow
	for _, schedule := range facts.Rotas {
		row := dutyRow{Rota: schedule.Rota().Name}
		for _, p := range schedule.At(r.Now) {
			row.Now = append(row.Now, names.of(string(p.Engineer)))
		}
		if spans := schedule.Spans(r.Now, r.Now.Add(lookAhead)); len(spans) > 1 {
			row.Until = spans[0].Until
			for _, p := range spans[1].Places {
				row.Next = append(row.Next, names.of(string(p.Engineer)))
			}
		}
		rows = append(rows, row)
	}
	return rows, readiness.Of(facts, r.Now, r.Now.Add(lookAhead)), d.Engineers, nil
}
