package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/problem"
	"hotline/cdr"
	"hotline/directory"
	"hotline/tickets"
)

// callView is the record of one call on the line.
type callView struct {
	ID        string      `json:"id"`
	SIPID     string      `json:"sip_call_id"`
	From      string      `json:"from"`
	To        string      `json:"to"`
	Trunk     string      `json:"trunk,omitempty"`
	Transport string      `json:"transport,omitempty" enum:"browser" doc:"browser: it came from the customers' pages. Not there: it came by telephone"`
	Started   time.Time   `json:"started"`
	Answered  time.Time   `json:"answered,omitzero"`
	Ended     time.Time   `json:"ended,omitzero"`
	Ending    string      `json:"ending,omitempty"`
	Contract  string      `json:"contract,omitempty"`
	Customer  string      `json:"customer,omitempty"`
	Ticket    int64       `json:"ticket,omitempty"`
	Language  string      `json:"language,omitempty"`
	Flow      int         `json:"flow_version,omitempty"`
	Steps     []string    `json:"steps,omitempty"`
	Refusals  []string    `json:"refusals,omitempty" doc:"Who refused to be recorded before there was anything to record, and what became of it; the history of the ticket says the same, where there is a ticket"`
	Quality   qualityView `json:"quality,omitzero"`
	Legs      []legView   `json:"legs"`
}

// qualityView is how the sound of one leg came over.
type qualityView struct {
	Codec      string  `json:"law"`
	Encrypted  bool    `json:"encrypted"`
	PacketsIn  uint64  `json:"packets_in"`
	PacketsOut uint64  `json:"packets_out"`
	Lost       uint64  `json:"lost"`
	LostThere  uint64  `json:"lost_there"`
	Jitter     float64 `json:"jitter_seconds"`
	RoundTrip  float64 `json:"round_trip_seconds"`
}

// legView is one telephone that was rung for a call.
type legView struct {
	Engineer string      `json:"engineer"`
	Address  string      `json:"address"`
	SIPID    string      `json:"sip_call_id,omitempty"`
	Started  time.Time   `json:"started"`
	Answered time.Time   `json:"answered,omitzero"`
	Ended    time.Time   `json:"ended,omitzero"`
	Result   string      `json:"result"`
	Quality  qualityView `json:"quality,omitzero"`
}

func call(c cdr.Call) callView {
	v := callView{
		ID: string(c.ID), SIPID: c.SIPID, From: c.From, To: c.To, Trunk: c.Trunk, Transport: c.Transport, Started: c.Started, Answered: c.Answered, Ended: c.Ended,
		Ending: c.Ending, Contract: string(c.Contract), Customer: string(c.Customer), Ticket: int64(c.Ticket), Language: c.Language,
		Flow: c.Flow, Steps: c.Steps, Refusals: c.Refusals, Quality: quality(c.Quality), Legs: make([]legView, 0, len(c.Legs)),
	}
	for _, l := range c.Legs {
		v.Legs = append(v.Legs, legView{l.Engineer, l.Address, l.SIPID, l.Started, l.Answered, l.Ended, l.Result, quality(l.Quality)})
	}
	return v
}

func quality(q cdr.Quality) qualityView {
	return qualityView{q.Law, q.Encrypted, q.PacketsIn, q.PacketsOut, q.Lost, q.LostThere, q.Jitter, q.RoundTrip}
}

func (s *server) callRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/calls", "list-calls", "List calls with their legs"), s.listCalls)
	serve(s, api, route(http.MethodGet, "/calls/{id}", "get-call", "One call with its legs"),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[callView], error) {
			c, err := s.Store.Call(ctx, tickets.CallID(in.ID))
			return answered(call(c), err)
		})
}

// callQuery filters and pages the calls.
type callQuery struct {
	Number   string    `query:"number" maxLength:"200" doc:"The caller's, as it stands in from"`
	Contract string    `query:"contract"`
	Customer string    `query:"customer"`
	Trunk    string    `query:"trunk"`
	Ending   string    `query:"ending" maxLength:"200" doc:"Such as caller hung up"`
	Day      string    `query:"day" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"Such as 2026-11-23, in the zone of the owner's own calendar"`
	Since    time.Time `query:"since" doc:"Begun at or after"`
	Until    time.Time `query:"until" doc:"Begun before"`
	Page
}

type callList struct {
	Calls []callView `json:"calls" nullable:"false" doc:"Newest first"`
	pageView
}

func (s *server) listCalls(ctx context.Context, q *callQuery) (*listed[callList], error) {
	f := cdr.Filter{
		Number: q.Number, Contract: directory.ContractID(q.Contract), Customer: directory.CustomerID(q.Customer), Trunk: q.Trunk, Ending: q.Ending,
		Since: q.Since, Until: q.Until, After: q.After, Limit: q.Limit,
	}
	if q.Day != "" {
		since, until, err := s.Desk.Day(q.Day)
		if err != nil {
			return nil, problem.Refused("query.day", tickets.ErrBadDay.Error())
		}
		f.Since = later(f.Since, since)
		if f.Until.IsZero() || until.Before(f.Until) {
			f.Until = until
		}
	}
	if f.Customer != "" {
		f.Contracts = s.Desk.Book().ContractsOf(f.Customer)
	}
	found, err := s.Store.Calls(ctx, f)
	if err != nil {
		return nil, badCursor(err)
	}
	list := callList{make([]callView, 0, len(found.Items)), pageOf(found)}
	for _, c := range found.Items {
		list.Calls = append(list.Calls, call(c))
	}
	return &listed[callList]{q.link(found.Next), list}, nil
}
