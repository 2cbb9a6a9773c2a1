package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"hotline/agent/keys"
	"hotline/attachments"
	"hotline/ivr/try"
	"hotline/notify/delivery"
	"hotline/oncall"
	"hotline/portal"
	"hotline/portal/access"
	"hotline/tickets"
	"hotline/web"
	"hotline/web/pronunciation"
	"hotline/web/reports"
	"hotline/web/signon"
)

// pages are the staff's.
func (a *App) pages(ctx context.Context, provider signon.Provider) http.Handler {
	return web.New(web.Config{
		Desk: a.desk, Store: a.db.Store, PINs: a.issuer(), Files: a.files(), Channels: a.channels(), Recordings: a.openRecording, Trunks: lineStatus{a.switchboard}.forPages, Line: health{a}.Line,
		Speech: web.Speech{Flows: a.flows, Prompts: a.owner(), Rehearse: rehearsal(), Voice: a.voice()},
		Doors:  web.Doors{Setup: a.setup(ctx), Provider: provider}, Plan: a.plan, Language: a.disk.settings.Language, Log: a.log, Now: time.Now,
		Feed: a.dispatching.chains, Calls: a.calls.Alive, Telephones: web.Telephones{Telephone: a.dialler.Check, TestCall: a.testCall, Numbers: a.numbers(), Ladder: a.ladder, Owner: a.disk.settings, EngineerPIN: a.engineerPINs().Renew, Escalation: a.escalation()},
	})
}

// testCall rings a telephone for a test. An engineer who was written a moment ago is known before: only listed numbers are dialled.
func (a *App) testCall(ctx context.Context, to oncall.Attempt) string {
	if !a.offline.Waits() {
		if err := a.dispatching.roster.Refresh(ctx); err != nil {
			a.log.Debug("who may be rung is read later", "error", err)
		}
	}
	return a.dispatching.dispatcher.TestCall(ctx, to)
}

// channels are those of which the pages tell.
func (a *App) channels() web.Channels {
	c := web.Channels{Outbox: a.machines.outbox, Push: a.machines.push, Refused: a.machines.refused, Letters: a.letters.Mails()}
	c.Push.Outbox, c.Push.Letters = a.machines.outbox, a.cfg.Config.Mail.Server != "" && len(a.cfg.Config.Mail.Staff) > 0
	if a.machines.mails != nil { // no interface that holds a nil
		c.Mails = a.machines.mails
	}
	if a.machines.bridge != nil {
		c.Bridge = a.machines.bridge
	}
	if a.machines.agents != nil {
		issuer := keys.Issuer{Store: a.db.Store, Receiver: a.machines.agents, Heartbeats: a.db.Store, Keeper: a.machines.heartbeats}
		c.Renew, c.Retire = issuer.Renew, issuer.Remove
	}
	if a.machines.heartbeats != nil {
		c.Heartbeats = a.machines.heartbeats
	}
	return c
}

// voice says what people have written; nil where nothing is spoken.
func (a *App) voice() pronunciation.Voice {
	if names := a.voices.Names(); names != nil { // no interface that holds a nil
		return names
	}
	return nil
}

// rehearsal is the contracts that a dry run of a flow knows: those of the demo company.
func rehearsal() (list []try.Contract) {
	for _, c := range DemoContracts() {
		list = append(list, try.Contract{Customer: c.Customer, Contract: c.Contract, PIN: c.PIN})
	}
	return list
}

// setup makes the one-time link of an empty house, and tells it. A house whose database does not answer yet may have users.
func (a *App) setup(ctx context.Context) *web.Setup {
	if a.offline.Waits() {
		return nil
	}
	if all, err := a.db.Store.Users(ctx); err != nil || len(all) > 0 {
		return nil
	}
	setup, path := web.NewSetup(time.Now())
	link := "http://" + a.http.String() + path
	if a.cfg.Invite != nil {
		a.cfg.Invite(link)
	}
	return setup
}

// files keeps the attachments of tickets. Their key is made of that of the PINs, which all nodes of a database have.
func (a *App) files() *attachments.Keeper {
	return attachments.NewKeeper(a.db.Store, a.disk.pinKey, newID)
}

// Portal is the customers' pages, which are served with the API; nil where they are closed.
func (a *App) Portal() http.Handler { return a.customers }

// portal is the customers' pages; nil where they are closed. The letters with codes leave until the program stops.
func (a *App) portal(ctx context.Context) (http.Handler, error) {
	c := a.cfg.Config
	if c.Portal.URL == "" {
		return nil, nil
	}
	mail, err := a.mailer()
	if err != nil {
		return nil, err
	}
	sheets := reports.Handlers{Store: a.db.Store, Desk: a.desk}
	var calls portal.Calls // not one that holds a nil
	if a.browsers != nil {
		calls = a.browsers
	}
	p := portal.New(portal.Config{
		Calls: calls, Desk: a.desk, Store: a.db.Store, Numbers: a.disk.numbers, Files: a.files(), PINKey: a.disk.pinKey, Mailer: mail, Statement: sheets.Statement,
		Notice: c.Portal.Notice, KeepDays: c.Recordings.KeepDays, URL: c.Portal.URL, Language: a.disk.settings.Language, Company: a.companyName, Log: a.log, Now: time.Now,
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.running.Go(func() { p.Run(ctx) })
	a.undo.add("the letters of the portal", func(context.Context) error { cancel(); return nil })
	return p.Handler(), nil
}

// letterLink makes the links that letters to customers carry; nil where the portal is closed.
func (a *App) letterLink() delivery.Link {
	site := a.cfg.Config.Portal.URL
	if site == "" {
		return nil
	}
	return func(ctx context.Context, n tickets.Number, letter string) (string, error) {
		l, token := access.LetterLink(a.disk.pinKey, n, letter, time.Now())
		return access.Address(site, token), a.db.Store.PutLink(ctx, l, time.Now())
	}
}

// ofPortal tells whether an address is of the customers' pages.
func ofPortal(path string) bool { return path == "/portal" || strings.HasPrefix(path, "/portal/") }
