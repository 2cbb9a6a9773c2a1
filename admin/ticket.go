package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/access"
	"hotline/admin/document"
	"hotline/admin/evo"
	"hotline/admin/problem"
	"hotline/admin/schema"
	"hotline/directory"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// TicketView is a ticket as staff see it. Every named field is always there; instants that have not come are null.
type TicketView struct {
	Number     int64           `json:"number"`
	Contract   string          `json:"contract" doc:"Empty: Support on Request"`
	Customer   string          `json:"customer"`
	Name       string          `json:"customer_name" doc:"As at the opening"`
	Caller     string          `json:"caller" doc:"Number to call back"`
	Shown      string          `json:"caller_shown" doc:"The same as people write it: +39 06 555 1239"`
	Channel    string          `json:"channel"`
	Claim      string          `json:"claim" doc:"The category that the caller keyed"`
	Assessment string          `json:"assessment" doc:"The category after a specialist looked; empty until then"`
	Priority   int             `json:"priority" doc:"1 is the highest; 0: no category yet"`
	Level      string          `json:"level"`
	State      string          `json:"state"`
	Assignee   string          `json:"assignee" doc:"Engineer"`
	Evo        bool            `json:"evo_support"`
	Language   string          `json:"language"`
	OpenedAt   time.Time       `json:"opened_at"`
	ClosedAt   *time.Time      `json:"closed_at"`
	Clocks     []ClockView     `json:"clocks" nullable:"false"`
	Pauses     []pauseView     `json:"pauses" nullable:"false"`
	Raised     int             `json:"escalation" doc:"How often an alarm raised the ticket's level"`
	Recordings []recordingView `json:"recordings" nullable:"false"`
	TimeSpent  int             `json:"time_spent" doc:"Seconds"`
	Bundled    int             `json:"bundled" doc:"Further calls of an unknown caller"`
	Version    int             `json:"version"`
}

// ticketWhole is one ticket with its history.
type ticketWhole struct {
	TicketView
	History       []eventView            `json:"history" nullable:"false" doc:"Append-only, in the order written"`
	Installations []evo.InstallationView `json:"installations" nullable:"false" doc:"What stands at the installations of its contract, beside what is published"`
	ReleasedIn    string                 `json:"released_in,omitempty" doc:"Product and version that brought the feature that it asked for"`
	CallBackDue   *time.Time             `json:"call_back_due" doc:"When the customer is to be called back, by a promise that stands; null: there is none"`
}

// ClockView is a promise; instants that have not come are null.
type ClockView struct {
	Kind      string     `json:"kind" enum:"contact,intervention,restore"`
	Due       time.Time  `json:"due"`
	MetAt     *time.Time `json:"met_at"`
	BrokenAt  *time.Time `json:"broken_at"`
	Projected bool       `json:"projected" doc:"Restore before the intervention: can be neither warned nor broken"`
	Paused    bool       `json:"paused" doc:"Stands still: due is what it would be without the pause that goes on"`
	From      time.Time  `json:"from"`
	Limit     int64      `json:"limit_seconds" doc:"Working time of the contract's calendar"`
	Spent     int64      `json:"spent_seconds" doc:"Working time until it was met; 0 until then"`

	Warnings []warningView `json:"warnings" nullable:"false"`
}

type warningView struct {
	Alarm    string     `json:"alarm" doc:"75%: share of the limit; -30m: working time left"`
	At       *time.Time `json:"at" doc:"null: not before the clock runs on"`
	RaisedAt *time.Time `json:"raised_at"`
}

type pauseView struct {
	Why   string     `json:"why" enum:"customer,remote_access,closed"`
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until" doc:"null: it goes on"`
}

type recordingView struct {
	ID      string    `json:"id"`
	Seconds float64   `json:"seconds"`
	URL     string    `json:"url"`
	At      time.Time `json:"at"`
	Call    string    `json:"call"`
	Partial bool      `json:"partial" doc:"Cut by a fault"`
	SHA256  string    `json:"sha256" doc:"Of the file, in hexadecimal, as it was kept; empty when that is not known"`
	Kind    string    `json:"kind" enum:"message,talk" doc:"talk: of the caller, in the first channel, and an engineer, in the second; message: of the caller, or a note that an engineer has dictated, in one channel"`
}

// instant is nil for the time that has not come.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// view shows a ticket, its caller's number also as people write it.
func (s *server) view(t tickets.Ticket) TicketView {
	v := view(t)
	v.Shown = s.Plan.Shown(t.Caller)
	return v
}

func view(t tickets.Ticket) TicketView {
	v := TicketView{
		Number: int64(t.Number), Contract: string(t.Contract), Customer: string(t.Customer), Name: t.Name, Caller: t.Caller,
		Channel: string(t.Channel), Claim: string(t.Claim), Assessment: string(t.Assessment), Priority: int(t.Priority),
		Level: string(t.Level), State: string(t.State), Assignee: t.Assignee, Evo: t.Evo, Language: t.Language,
		OpenedAt: t.OpenedAt, ClosedAt: instant(t.ClosedAt), TimeSpent: t.TimeSpent, Bundled: t.Bundled, Version: t.Version,
		Raised: t.Raised, Pauses: make([]pauseView, 0, len(t.Pauses)), Clocks: make([]ClockView, 0, len(t.Clocks)), Recordings: make([]recordingView, 0, len(t.Recordings)),
	}
	for _, c := range t.Clocks {
		v.Clocks = append(v.Clocks, clockOf(c))
	}
	for _, p := range t.Pauses {
		v.Pauses = append(v.Pauses, pauseView{string(p.Why), p.From, instant(p.Until)})
	}
	for _, r := range t.Recordings {
		v.Recordings = append(v.Recordings, recordingView{
			ID: r.ID, Seconds: r.Seconds, URL: base + "/recordings/" + url.PathEscape(r.ID) + "/audio", At: r.At,
			Call: string(r.Call), Partial: r.Partial, SHA256: r.SHA256, Kind: cmp.Or(string(r.Kind), "message"),
		})
	}
	return v
}

func clockOf(c sla.Clock) ClockView {
	v := ClockView{
		Kind: string(c.Kind), Due: c.Due, MetAt: instant(c.MetAt), BrokenAt: instant(c.BrokenAt), Projected: c.Projected, Paused: c.Paused,
		From: c.From, Limit: seconds(c.Limit), Spent: seconds(c.Spent), Warnings: make([]warningView, 0, len(c.Warnings)),
	}
	for _, w := range c.Warnings {
		v.Warnings = append(v.Warnings, warningView{w.ID, instant(w.At), instant(w.RaisedAt)})
	}
	return v
}

// Numbered names a ticket in the path.
type Numbered struct {
	Number int64 `path:"number" doc:"The ticket's number as it is spoken"`
}

func (s *server) ticketRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/tickets", "list-tickets", "List tickets"), s.listTickets)
	serve(s, api, route(http.MethodPost, "/tickets", "open-ticket", "Open a ticket for a request that did not come by telephone"), s.openTicket)
	serve(s, api, route(http.MethodGet, "/tickets/{number}", "get-ticket", "One ticket with its clocks, recordings and history"),
		func(ctx context.Context, in *Numbered) (*answer[ticketWhole], error) {
			return answered(s.whole(ctx, tickets.Number(in.Number)))
		})
	serve(s, api, route(http.MethodGet, "/tickets/{number}/history", "get-history", "The ticket's history"), s.history)
	serve(s, api, route(http.MethodGet, "/tickets/{number}/explanation", "explain-clocks", "Where every minute of its clocks went"), s.explanation)
}

// whole reads a ticket and its history as the desk knows them.
func (s *server) whole(ctx context.Context, n tickets.Number) (ticketWhole, error) {
	t, err := s.Desk.Ticket(ctx, n)
	if err != nil {
		return ticketWhole{}, err
	}
	lines, err := s.Desk.History(ctx, n)
	if err != nil {
		return ticketWhole{}, fmt.Errorf("history of ticket %d: %w", n, err)
	}
	installations, brought := evo.OfTicket(ctx, s.Store, s.Desk.Book().Contracts, t, s.Now)
	return ticketWhole{s.view(t), events(lines), installations, brought, instant(tickets.CallBackDue(lines))}, nil
}

// eventView is one line of a history.
type eventView struct {
	ID     string            `json:"id"`
	Ticket int64             `json:"ticket"`
	At     time.Time         `json:"at"`
	Kind   string            `json:"kind"`
	Actor  string            `json:"actor"`
	Text   string            `json:"text,omitempty"`
	Facts  map[string]string `json:"facts,omitempty"`
}

func events(lines []tickets.Event) []eventView {
	views := make([]eventView, 0, len(lines))
	for _, e := range lines {
		views = append(views, eventView{e.ID, int64(e.Ticket), e.At, string(e.Kind), e.Actor, e.Text, e.Facts})
	}
	return views
}

type historyView struct {
	History []eventView `json:"history" nullable:"false"`
}

func (s *server) history(ctx context.Context, in *Numbered) (*answer[historyView], error) {
	w, err := s.whole(ctx, tickets.Number(in.Number))
	return answered(historyView{w.History}, err)
}

type draftInput struct {
	document.Keyed
	Body struct {
		Contract string          `json:"contract,omitempty" doc:"Empty: Support on Request"`
		Customer string          `json:"customer,omitempty" doc:"Of a request without contract, where it is known"`
		Caller   string          `json:"caller,omitempty" maxLength:"100" doc:"Number to call back"`
		Channel  string          `json:"channel,omitempty" enum:"web,email" default:"web"`
		Claim    string          `json:"claim,omitempty" enum:"blocking,non_blocking,question,change,feature"`
		Text     string          `json:"text,omitempty" maxLength:"10000"`
		Language schema.Language `json:"language,omitempty" doc:"Left out: the contract's, else the configuration's"`
	}
}

type ticketCreated struct {
	Status   int
	Location string `header:"Location"`
	Body     ticketWhole
}

func (s *server) openTicket(ctx context.Context, in *draftInput) (*ticketCreated, error) {
	now, b := s.Now(), in.Body
	draft := tickets.Draft{
		Caller: b.Caller, Claim: sla.Category(b.Claim), Channel: tickets.Channel(b.Channel),
		Actor: access.Staff(ctx), Text: b.Text,
	}
	var err error
	if draft.Identity, err = s.identity(ctx, b.Contract, b.Customer, now); err != nil {
		return nil, err
	}
	draft.Language = cmp.Or(string(b.Language), draft.Identity.Contract.Language, string(s.language()), string(prompts.Italian))
	t, err := s.Desk.Open(ctx, draft, now)
	if err != nil {
		return nil, err
	}
	w, err := s.whole(ctx, t.Number)
	return &ticketCreated{http.StatusCreated, fmt.Sprintf("%s/tickets/%d", base, t.Number), w}, err
}

// identity finds whose request staff open. They know the customer, so no PIN is asked for; a contract that is not in
// force promises nothing here either.
func (s *server) identity(ctx context.Context, contract, customer string, now time.Time) (tickets.Identity, error) {
	var id tickets.Identity
	var err error
	if contract != "" {
		if id.Contract, err = s.Store.Contract(ctx, directory.ContractID(contract)); err != nil {
			return id, unknownIn("body.contract", contract, err)
		}
		switch {
		case customer != "" && customer != string(id.Contract.Customer):
			return id, problem.Refused("body.customer", "the contract belongs to "+string(id.Contract.Customer)+"; leave the customer out")
		case !id.Contract.Valid(now):
			return id, problem.Refused("body.contract", "the contract is not in force; leave it out to open the ticket as Support on Request")
		case !id.Contract.RemoteAccess:
			return id, problem.Refused("body.contract", "the installation has no remote access; leave the contract out to open the ticket as Support on Request")
		}
		customer = string(id.Contract.Customer)
	}
	if customer != "" {
		if id.Customer, err = s.Store.Customer(ctx, directory.CustomerID(customer)); err != nil {
			return id, unknownIn("body.customer", customer, err)
		}
	}
	return id, nil
}
