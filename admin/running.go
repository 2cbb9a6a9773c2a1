package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/access"
	"hotline/admin/problem"
	"hotline/directory"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// Running says what an edit does to tickets that are running.
type Running struct {
	Running string `query:"running" enum:"keep,follow" doc:"keep: running tickets keep what they were promised, and later edits pass them by until one is told to follow (POST /tickets/{number}/follow); follow: their clocks are set anew, but for what was kept or broken. Left out, an edit that would move a running deadline is answered with 409"`
}

// namedAtMost is how many tickets the question names; the preview shows all of them.
const namedAtMost = 5

// requireRunning refuses an edit that would move deadlines of running tickets and does not say whether they follow.
func (s *server) requireRunning(ctx context.Context, r Running, in tickets.Scope, change func(*directory.Book)) error {
	if r.Running != "" {
		return nil
	}
	moves, err := s.Desk.Preview(ctx, s.Desk.Book().With(change), in, s.Now())
	if err != nil || len(moves) == 0 {
		return err
	}
	var names []string
	for n, m := range moves { // those of one ticket follow each other
		if n == 0 || moves[n-1].Ticket != m.Ticket {
			names = append(names, fmt.Sprint(m.Ticket))
		}
	}
	which := strings.Join(names[:min(len(names), namedAtMost)], ", ")
	if len(names) > namedAtMost {
		which += " ..."
	}
	return huma.Error409Conflict(fmt.Sprintf(
		"%d deadlines of %d running tickets would move (%s): say whether they follow, with running=follow or running=keep; the preview shows which move", len(moves), len(names), which))
}

// follow lets running tickets follow an edit where that was asked for, or keeps them from following this one and later
// ones. The edit stands even when this fails.
func (s *server) follow(ctx context.Context, r Running, in tickets.Scope) error {
	var err error
	switch r.Running {
	case "follow":
		_, err = s.Desk.FollowAll(ctx, in, access.Staff(ctx), s.Now())
	case "keep":
		_, err = s.Desk.KeepAll(ctx, in, access.Staff(ctx), s.Now())
	}
	return err
}

// previewView tells which deadlines would move.
type previewView struct {
	Moves []moveView `json:"moves" nullable:"false"`
}

type moveView struct {
	Ticket  int64      `json:"ticket"`
	Clock   string     `json:"clock"`
	Was     *time.Time `json:"was" doc:"null: there was no clock"`
	Becomes *time.Time `json:"becomes" doc:"null: there is none any more"`
}

func (s *server) preview(ctx context.Context, in tickets.Scope, change func(*directory.Book)) (*answer[previewView], error) {
	list, err := s.Desk.Preview(ctx, s.Desk.Book().With(change), in, s.Now())
	v := previewView{make([]moveView, 0, len(list))}
	for _, m := range list {
		v.Moves = append(v.Moves, moveView{int64(m.Ticket), string(m.Clock), instant(m.Was), instant(m.Becomes)})
	}
	return answered(v, err)
}

// contractInput puts a running ticket under another contract.
type contractInput struct {
	Contract string `json:"contract" maxLength:"100" doc:"Empty: Support on Request"`
}

func (s *server) setContract(ctx context.Context, n tickets.Number, actor string, b contractInput, now time.Time) (tickets.Ticket, error) {
	if _, ok := s.Desk.Book().Contracts.Get(directory.ContractID(b.Contract)); b.Contract != "" && !ok {
		return tickets.Ticket{}, unknownIn("body.contract", b.Contract, storage.ErrNotFound)
	}
	return s.Desk.SetContract(ctx, n, actor, directory.ContractID(b.Contract), now)
}

// dryRunQuery asks what would be promised.
type dryRunQuery struct {
	Level    string `query:"level" required:"true" maxLength:"100"`
	Category string `query:"category" required:"true" enum:"blocking,non_blocking,question,change,feature"`
	At       string `query:"at" required:"true" maxLength:"40" doc:"Such as 2026-11-20 17:20 in the zone of the level's calendar, or with a zone (RFC 3339)"`
}

func (s *server) clockRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/dry-run", "dry-run", "What a request would be promised, without a ticket"),
		func(_ context.Context, q *dryRunQuery) (*answer[explanationView], error) {
			list, err := s.Desk.DryRun(sla.LevelID(q.Level), sla.Category(q.Category), q.At)
			v := explanationView{Clocks: []clockAccountView{}}
			for _, a := range list {
				v.Clocks = append(v.Clocks, clockAccount(a))
			}
			switch {
			case errors.Is(err, storage.ErrNotFound):
				err = problem.Refused("query.level", err.Error())
			case errors.Is(err, sla.ErrBadInstant):
				err = problem.Refused("query.at", err.Error())
			}
			return answered(v, err)
		})
}
