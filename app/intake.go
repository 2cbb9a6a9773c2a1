package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"hotline/agent/receiver"
	"hotline/evosupport"
	"hotline/heartbeat"
	"hotline/intake"
	"hotline/oncall/ring"
	"hotline/tickets"
)

// openIntake opens the Alerting Manager, the keeper of heartbeats, whose silence it hears of, and what takes in what agents find.
func (a *App) openIntake(context.Context) error {
	a.machines.intake = intake.New(intake.Config{
		Store: a.db.Store, Desk: a.desk, Numbers: a.disk.numbers, NewID: newID, Language: a.languageText, Counted: a.metrics.AlertsTaken, Log: a.log,
		Installed: a.versionFound,
	})
	a.machines.heartbeats = heartbeat.New(heartbeat.Config{Store: a.db.Store, Intake: a.machines.intake, Process: newID(), NewKey: newID, Log: a.log})
	a.machines.agents = receiver.New(receiver.Config{Store: a.db.Store, Installed: a.db.Store, Intake: a.machines.intake, House: a.disk.pinKey, Log: a.log})
	return nil
}

// versionFound writes down which version stands at an installation by what its alerts say. An entry that nobody made has an id made of contract,
// installation and product.
func (a *App) versionFound(ctx context.Context, f intake.Found, now time.Time) error {
	at := f.ID.Name
	if at == string(f.ID.Contract) {
		at = "" // the contract's only one
	}
	return evosupport.Record(ctx, a.db.Store, evosupport.Installed{
		ID: alertEntry(f), Contract: f.ID.Contract, Installation: at, Product: f.Product, Release: f.Version, Seen: now,
	})
}

// alertEntry is the id of an entry that an alert makes: fit for an address, and another one for each installation and product.
func alertEntry(f intake.Found) string {
	sum := sha256.Sum256([]byte(string(f.ID.Contract) + "\x00" + f.ID.Name + "\x00" + f.Product))
	return "alert-" + hex.EncodeToString(sum[:8])
}

// alertsDue does what is due at installations, once the database answers: maintenance that ended, problems that stayed quiet, beats
// that did not come, and what was cut short.
func (a *App) alertsDue(ctx context.Context) {
	if a.offline.Waits() {
		return
	}
	if err := a.machines.heartbeats.Due(ctx, time.Now()); err != nil && ctx.Err() == nil {
		a.log.Warn("heartbeats are looked at later", "error", err)
	}
	if err := a.machines.intake.Due(ctx, time.Now()); err != nil && ctx.Err() == nil {
		a.log.Warn("what is due at installations is done later", "error", err)
	}
}

// installed is what the engineer hears of the only installation of a ticket's contract. Of several nobody knows which one is meant.
func (a *App) installed(ctx context.Context, t tickets.Ticket) (ring.Installed, bool) {
	all, err := evosupport.Standings(ctx, a.db.Calls, a.desk.Book().Contracts, t.Contract, time.Now)
	if err != nil || len(all) != 1 {
		return ring.Installed{}, false
	}
	return ring.Installed{Release: all[0].Release, Newest: all[0].Newest, Entitled: all[0].Entitled}, true
}
