package app

import (
	"context"
	"net/http"
	"time"

	"hotline/attachments"
	"hotline/ivr/try"
	"hotline/web"
)

// pages are the staff's.
func (a *App) pages(ctx context.Context) http.Handler {
	return web.New(web.Config{
		Desk: a.desk, Store: a.db.Store, PINs: a.issuer(), Files: a.files(), Outbox: a.machines.outbox, Recordings: a.openRecording, Trunks: lineStatus{a.switchboard}.forPages, Line: health{a}.Line,
		Feed: a.dispatching.chains, Calls: a.calls.Alive, Telephone: a.dialler.Check, TestCall: a.dispatching.dispatcher.TestCall,
		Speech: web.Speech{Flows: a.flows, Prompts: a.owner(), Rehearse: rehearsal()},
		Setup:  a.setup(ctx), Plan: a.plan, Language: a.cfg.Config.Language, Log: a.log, Now: time.Now,
	})
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
