package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/access"
	"hotline/admin/document"
	"hotline/admin/problem"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// ticketTarget is a write about one ticket that needs no more than its name.
type ticketTarget struct {
	document.Keyed
	Numbered
}

// ticketCommand is a write about one ticket with something to say.
type ticketCommand[B any] struct {
	document.Keyed
	Numbered
	Body B
}

type assessmentInput struct {
	Category string `json:"category" enum:"blocking,non_blocking,question,change,feature"`
}

type assignmentInput struct {
	Engineer string `json:"engineer" minLength:"1" maxLength:"100"`
}

type commentInput struct {
	Text     string `json:"text" minLength:"1" maxLength:"10000"`
	Audience string `json:"audience,omitempty" enum:"house,customer" doc:"customer: the customer reads it on the portal, and gets it by letter where there is an address; left out: the house alone does"`
}

// becauseInput must be given.
type becauseInput struct {
	Reason string `json:"reason" minLength:"1" maxLength:"10000" doc:"Why; it stands in the history for ever"`
}

// reasonInput may be left out.
type reasonInput struct {
	Text string `json:"text,omitempty" maxLength:"10000"`
}

// entryInput is when it happened and why that is said later; all of it may be left out.
type entryInput struct {
	At     *time.Time `json:"at,omitempty" doc:"When it really happened, where that is entered later (RFC 3339): within the ticket's life, and before what is on record. Left out: now"`
	Reason string     `json:"reason,omitempty" maxLength:"10000" doc:"Why it is entered later; needed with at"`
	Text   string     `json:"text,omitempty" maxLength:"10000" doc:"Words for the history"`
}

// callBackMost is how far ahead a call-back may be asked for.
const callBackMost = 30 * 24 * time.Hour

// callBackInput may be left out.
type callBackInput struct {
	At   *time.Time `json:"at,omitempty" doc:"When (RFC 3339), within 30 days; left out, or past: now"`
	Text string     `json:"text,omitempty" maxLength:"10000" doc:"Words for the history"`
}

type timeSpentInput struct {
	Minutes int    `json:"minutes" minimum:"1" maximum:"1440"`
	What    string `json:"what" minLength:"1" maxLength:"2000" doc:"What was done"`
	Who     string `json:"who,omitempty" maxLength:"100" doc:"Whose time it was; left out: who writes it down"`
}

// command is what one write does to its ticket.
type command[B any] func(ctx context.Context, n tickets.Number, actor string, body B, now time.Time) (tickets.Ticket, error)

// commandRoutes are the moves of the ticket that staff make; the desk's table says which of them a state allows.
func (s *server) commandRoutes(api huma.API) {
	d := s.Desk
	commandRoute(s, api, "assess", "Set the category after a specialist looked; priority and clocks follow",
		func(ctx context.Context, n tickets.Number, actor string, b assessmentInput, now time.Time) (tickets.Ticket, error) {
			return d.Assess(ctx, n, actor, "", sla.Category(b.Category), now)
		})
	commandRoute(s, api, "assign", "Give the ticket to an engineer", s.assign)
	commandRoute(s, api, "comment", "Add words to the history", s.comment)
	commandRoute(s, api, "contract", "Put a running ticket under another contract; its clocks follow", s.setContract)
	commandRoute(s, api, "call-back", "Call the customer back: the ticket's engineer is rung first, or those on duty, and whoever accepts is joined with the customer", s.callBack)
	commandRoute(s, api, "time", "Add time spent, in minutes, with who and what",
		func(ctx context.Context, n tickets.Number, actor string, b timeSpentInput, now time.Time) (tickets.Ticket, error) {
			return d.AddTime(ctx, n, tickets.Spent{Minutes: b.Minutes, What: b.What, Who: cmp.Or(b.Who, actor), By: actor}, now)
		})
	s.clockActRoutes(api)
	s.becauseRoutes(api)
	s.reasonRoutes(api)
	s.plainRoutes(api)
}

// becauseRoutes are the commands that must say why.
func (s *server) becauseRoutes(api huma.API) {
	d := s.Desk
	for _, r := range []struct {
		verb, summary string
		do            func(context.Context, tickets.Number, string, string, time.Time) (tickets.Ticket, error)
	}{
		{"erase-recordings", "Erase all its recordings, for good, on every node; 409 while a legal hold stands. Asking again completes what failed half way", s.eraseAll},
		{"hold", "Put a legal hold on it: none of its recordings is erased until the hold is lifted", d.SetHold},
		{"lift-hold", "Lift the legal hold", d.LiftHold},
	} {
		commandRoute(s, api, r.verb, r.summary, func(ctx context.Context, n tickets.Number, actor string, b becauseInput, now time.Time) (tickets.Ticket, error) {
			return r.do(ctx, n, actor, b.Reason, now)
		})
	}
}

// reasonRoutes are the commands that may say why.
func (s *server) reasonRoutes(api huma.API) {
	d := s.Desk
	for _, r := range []struct {
		verb, summary string
		do            func(context.Context, tickets.Number, string, string, time.Time) (tickets.Ticket, error)
	}{
		{"waiting", "The customer owes an answer", d.WaitForCustomer},
		{"close", "End the ticket", d.Close},
		{"reopen", "Take a closed or marked ticket up again", d.Reopen},
		{"access-withdrawn", "The installation cannot be reached: a fact, never a missing heartbeat", d.WithdrawAccess},
		{"access-back", "The installation can be reached again", d.GiveAccess},
	} {
		commandRoute(s, api, r.verb, r.summary,
			func(ctx context.Context, n tickets.Number, actor string, b *reasonInput, now time.Time) (tickets.Ticket, error) {
				if b == nil {
					b = &reasonInput{}
				}
				return r.do(ctx, n, actor, b.Text, now)
			})
	}
}

// plainRoutes are the commands that need no body.
func (s *server) plainRoutes(api huma.API) {
	d := s.Desk
	for _, r := range []struct {
		verb, summary string
		do            func(context.Context, tickets.Number, string, time.Time) (tickets.Ticket, error)
	}{
		{"resume", "The customer's answer came", func(ctx context.Context, n tickets.Number, actor string, now time.Time) (tickets.Ticket, error) {
			return d.Resume(ctx, n, actor, "", now)
		}},
		{"ring", "Ring those on duty for it now, whatever the hour and the category; the ticket's own engineer first", d.AskRing},
		{"follow", "Give it the terms of its contract as they stand now", d.Follow},
		{"not-a-request", "It was a robot or a wrong number", d.MarkNotRequest},
	} {
		serve(s, api, verbRoute(r.verb, r.summary), func(ctx context.Context, in *ticketTarget) (*answer[ticketWhole], error) {
			n := tickets.Number(in.Number)
			_, err := r.do(ctx, n, access.Staff(ctx), s.Now())
			return s.afterwards(ctx, n, err)
		})
	}
}

// clockActRoutes are the acts that meet a clock. They can be entered later.
func (s *server) clockActRoutes(api huma.API) {
	for _, r := range []struct {
		verb, summary string
		clock         sla.Kind
	}{
		{"contact", "Customer and engineer were in contact", sla.Contact},
		{"intervention", "The intervention began; the restore clock runs from here", sla.Intervention},
		{"restored", "The customer's system runs again", sla.Restore},
	} {
		commandRoute(s, api, r.verb, r.summary,
			func(ctx context.Context, n tickets.Number, actor string, b *entryInput, now time.Time) (tickets.Ticket, error) {
				e := tickets.Entry{Clock: r.clock}
				if b != nil {
					e.Text = cmp.Or(b.Reason, b.Text)
					if b.Reason != "" && b.Text != "" {
						e.Text += ": " + b.Text
					}
					if b.At != nil {
						e.At = *b.At
					}
				}
				t, err := s.Desk.Enter(ctx, n, actor, e, now)
				var instant *tickets.InstantError
				switch {
				case errors.As(err, &instant):
					err = problem.Refused("body.at", err.Error())
				case errors.Is(err, tickets.ErrEmpty):
					err = problem.Refused("body.reason", "say why it is entered later")
				}
				return t, err
			})
	}
}

func verbRoute(verb, summary string) huma.Operation {
	return route(http.MethodPost, "/tickets/{number}/"+verb, verb+"-ticket", summary)
}

func commandRoute[B any](s *server, api huma.API, verb, summary string, do command[B]) {
	serve(s, api, verbRoute(verb, summary), func(ctx context.Context, in *ticketCommand[B]) (*answer[ticketWhole], error) {
		n := tickets.Number(in.Number)
		_, err := do(ctx, n, access.Staff(ctx), in.Body, s.Now())
		return s.afterwards(ctx, n, err)
	})
}

// afterwards answers a write with the whole ticket as it stands.
func (s *server) afterwards(ctx context.Context, n tickets.Number, err error) (*answer[ticketWhole], error) {
	if err != nil {
		return nil, err
	}
	return answered(s.whole(ctx, n))
}

func (s *server) assign(ctx context.Context, n tickets.Number, actor string, b assignmentInput, now time.Time) (tickets.Ticket, error) {
	nobody := problem.Refused("body.engineer", "there is no such engineer; /engineers lists them")
	engineers, err := s.Oncall.Engineers(ctx)
	if err != nil {
		return tickets.Ticket{}, fmt.Errorf("reading engineers: %w", err)
	}
	known := slices.ContainsFunc(engineers, func(e oncall.Engineer) bool { return string(e.ID) == b.Engineer })
	if !known {
		if _, err := s.Desk.Ticket(ctx, n); err != nil {
			return tickets.Ticket{}, fmt.Errorf("ticket %d: %w", n, err)
		}
		return tickets.Ticket{}, nobody
	}
	t, err := s.Desk.Assign(ctx, n, actor, b.Engineer, now)
	if errors.Is(err, tickets.ErrNoEngineer) { // removed since
		err = nobody
	}
	return t, err
}

// unknownIn makes a 422 of something that a body names and that does not exist.
func unknownIn(location, value string, err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return problem.Refused(location, fmt.Sprintf("%q does not exist", value))
	}
	return err
}

// comment adds words for the house, or for the customer to read.
func (s *server) comment(ctx context.Context, n tickets.Number, actor string, b commentInput, now time.Time) (tickets.Ticket, error) {
	if b.Audience == tickets.AudienceCustomer {
		return s.Desk.Answer(ctx, n, actor, b.Text, now)
	}
	return s.Desk.Comment(ctx, n, actor, b.Text, now)
}

func (s *server) callBack(ctx context.Context, n tickets.Number, actor string, b *callBackInput, now time.Time) (tickets.Ticket, error) {
	if b == nil {
		b = &callBackInput{}
	}
	at := now
	if b.At != nil {
		at = *b.At
	}
	if at.After(now.Add(callBackMost)) {
		return tickets.Ticket{}, problem.Refused("body.at", "a call-back can be asked for within 30 days; write an earlier time")
	}
	return s.Desk.AskCallBack(ctx, n, actor, b.Text, at, now)
}
