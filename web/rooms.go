package web

import (
	"context"
	"errors"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"hotline/agent/receiver"
	"hotline/cdr"
	"hotline/directory"
	"hotline/heartbeat"
	"hotline/tickets"
	"hotline/web/access"
	"hotline/web/agents"
	"hotline/web/alerts"
	"hotline/web/auditlog"
	"hotline/web/calendars"
	"hotline/web/contacts"
	"hotline/web/editing"
	"hotline/web/evo"
	"hotline/web/faults"
	"hotline/web/files"
	"hotline/web/flows"
	"hotline/web/heartbeats"
	"hotline/web/imports"
	"hotline/web/letters"
	"hotline/web/mails"
	"hotline/web/masterdata"
	"hotline/web/outgoing"
	"hotline/web/policies"
	"hotline/web/pronunciation"
	"hotline/web/reports"
	"hotline/web/rotas"
	"hotline/web/schedules"
	"hotline/web/setup"
	"hotline/web/ui"
	"hotline/web/voices"
	"hotline/web/waveform"
	"hotline/web/webpush"
)

// rooms are the pages that live in rooms of their own. A house without anything gives the same routes: the table of rules is made so.
func rooms(c Config) []ui.Route {
	return slices.Concat(
		reports.Routes(reports.Handlers{Store: c.Store, Desk: c.Desk}),
		imports.Routes(imports.Handlers{Store: c.Store, Edits: c.Store, PINs: c.PINs, Desk: c.Desk, Plan: c.Plan, Log: c.Log, Now: c.Now}),
		setup.Routes(setup.Handlers{
			Store: c.Store, Desk: c.Desk, Owner: c.Owner, Trunks: c.firstTrunks, Calls: c.alive, Plan: c.Plan, Telephone: c.Telephone, TestCall: c.TestCall, Log: c.Log,
			NewPIN: func(ctx context.Context, contract directory.Contract, now time.Time) (directory.Contract, string, error) {
				return c.PINs.NewPIN(ctx, contract, now)
			},
		}),
		masterdata.Routes(masterdata.Handlers{Store: c.Store, PINs: c.PINs, Desk: c.Desk, Plan: c.Plan, Telephone: c.Telephone, Tell: c.catchUp, Log: c.Log}),
		rotas.Routes(rotas.Handlers{Store: c.Store, Desk: c.Desk, Log: c.Log}),
		policies.Routes(policies.Handlers{Store: c.Store, Desk: c.Desk, Plan: c.Plan, Telephone: c.Telephone, Defaults: c.Escalation, Log: c.Log}),
		contacts.Routes(contacts.Handlers{Store: c.Store, Desk: c.Desk, NewPIN: c.EngineerPIN, Log: c.Log}),
		access.Routes(access.Handlers{Store: c.Store, Ends: c.ends, Link: address, Issuer: c.issuer(), Log: c.Log}),
		editing.Routes(editing.Handlers{Drafts: c.Store, Presence: c.Store, Desk: c.Desk, Tell: c.tell}),
		waveform.Routes(waveform.Handlers{Recording: c.recording, Open: c.Recordings}),
		files.Routes(files.Handlers{Files: c.Files, Desk: c.Desk}),
		agents.Routes(agents.Handlers{Store: c.Store, Renew: c.Renew, Retire: c.Retire, Contract: c.contract, Link: address, Log: c.Log}),
		alerts.Routes(alerts.Handlers{Store: c.Store, Contract: c.contract, Taken: []string{heartbeat.Source, receiver.Source}, Log: c.Log}),
		heartbeats.Routes(heartbeats.Handlers{Store: c.Store, Keeper: c.Heartbeats, Contract: c.contract, Link: address, Log: c.Log}),
		evo.Routes(evo.Handlers{Store: c.Store, Desk: c.Desk, Letters: c.Letters, Log: c.Log}),
		letters.Routes(letters.Handlers{Store: c.Store, Desk: c.Desk}),
		mails.Routes(mails.Handlers{Store: c.Store, Inbox: c.Mails, Refused: c.Refused, Log: c.Log}),
		auditlog.Routes(auditlog.Handlers{Store: c.Store, Day: c.day}),
		outgoing.Routes(outgoing.Handlers{Store: c.Store, Outbox: c.Outbox, Contract: c.contract, Log: c.Log}),
		webpush.Routes(webpush.Handlers{Push: c.Push, Store: c.Store, Log: c.Log}),
		calendars.Routes(calendars.Handlers{Store: c.Store, Desk: c.Desk, Log: c.Log}),
		flows.Routes(flows.Handlers{Store: c.Store, Line: c.Flows, Contracts: c.Rehearse, Log: c.Log}),
		voices.Routes(voices.Handlers{Store: c.Store, Line: c.Prompts, Busy: func() bool { return len(c.alive()) > 0 }, Log: c.Log, Now: c.Now}),
		faults.Routes(faults.Handlers{Store: c.Store, Tell: c.catchUp, Log: c.Log}),
		pronunciation.Routes(pronunciation.Handlers{Store: c.Store, Voice: c.Voice, Tell: c.catchUp, Log: c.Log}),
		schedules.Routes(schedules.Handlers{Store: c.Store, Desk: c.Desk, TestCall: c.TestCall, Numbers: c.Numbers, Log: c.Log}),
	)
}

// contract tells whether there is a contract.
func (c Config) contract(id string) bool {
	_, known := c.Desk.Book().Contracts.Get(directory.ContractID(id))
	return known
}

// firstTrunks are the trunks as the first steps show them.
func (c Config) firstTrunks(say func(id string) string) (list []setup.Trunk) {
	if c.Trunks == nil {
		return nil
	}
	for _, t := range c.Trunks() {
		one := setup.Trunk{Name: t.Name, State: say("page-trunk-" + t.State), Error: t.Error, Good: t.State == "registered" || t.State == "reachable"}
		if t.Trouble != "" {
			one.Trouble = say("page-trouble-" + t.Trouble)
		}
		list = append(list, one)
	}
	return list
}

// day reads a day of the house's zone.
func (c Config) day(text string) (since, until time.Time, err error) { return c.Desk.Day(text) }

// issuer is the identity provider by which users may log in; empty: there is none.
func (c Config) issuer() string {
	if c.Provider.Provider == nil {
		return ""
	}
	return c.Provider.Issuer()
}

// catchUp lets the line hear of what was written.
func (c Config) catchUp(ctx context.Context) error {
	_, err := c.Desk.CatchUp(ctx, c.Store, c.Now())
	return err
}

// recording finds a recording.
func (c Config) recording(ctx context.Context, id string) (tickets.Recording, tickets.Number, error) {
	return c.Store.Recording(ctx, id)
}

// alive are the calls that go on now.
func (c Config) alive() []cdr.Call {
	if c.Calls == nil {
		return nil
	}
	return c.Calls()
}

// roomPage is the page of a room in the frame of all pages.
type roomPage struct {
	page
	Heading string
	Content template.HTML
}

// streamed is where the frame is cut in two while a page is still being done. Nobody can write it: what people say is escaped.
const streamed = "<!--streamed-->"

// enter makes a route of a room one of the house.
func (s *server) enter(one ui.Route) route {
	return route{one.Pattern, func(w http.ResponseWriter, r *request) {
		p, err := one.Serve(w, &ui.Request{Request: r.Request, View: r.View})
		var refused *ui.Refusal
		switch {
		case errors.As(err, &refused):
			s.showFailure(w, r, refused.Status, refused.ID, refused.Values...)
		case err != nil:
			s.answerError(w, r, err)
		case p == nil:
		case p.Stream != nil:
			s.stream(w, r, p)
		default:
			s.render(w, r, max(p.Status, http.StatusOK), "room", roomPage{r.page, p.Title, p.Content})
		}
	}}
}

// stream writes a page bit by bit while its work goes on, each bit as soon as it is there.
func (s *server) stream(w http.ResponseWriter, r *request, p *ui.Page) {
	whole := &held{header: w.Header()}
	s.render(whole, r, http.StatusOK, "room", roomPage{r.page, p.Title, p.Content + streamed})
	before, after, _ := strings.Cut(whole.text.String(), streamed)
	out := http.NewResponseController(w)
	say := func(html template.HTML) {
		_, _ = io.WriteString(w, string(html)) // the work goes on although the browser has gone
		_ = out.Flush()
	}
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that keeps answers back would show nothing until the end
	say(template.HTML(before))
	p.Stream(say)
	say(template.HTML(after))
}

// held is an answer that is kept back.
type held struct {
	header http.Header
	text   strings.Builder
}

func (h *held) Header() http.Header         { return h.header }
func (h *held) Write(b []byte) (int, error) { return h.text.Write(b) }
func (h *held) WriteHeader(int)             {}
