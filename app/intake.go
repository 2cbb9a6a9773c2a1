package app

import (
	"context"
	"time"

	"hotline/intake"
)

// openIntake opens the Alerting Manager.
func (a *App) openIntake(context.Context) error {
	a.intake = intake.New(intake.Config{
		Store: a.db.Store, Desk: a.desk, Numbers: a.disk.numbers, NewID: newID, Language: string(a.cfg.Config.Language), Counted: a.metrics.AlertsTaken, Log: a.log,
	})
	return nil
}

// alertsDue does what is due at installations, once the database answers: maintenance that ended, problems that stayed quiet, and
// what was cut short.
func (a *App) alertsDue(ctx context.Context) {
	if a.offline.Waits() {
		return
	}
	if err := a.intake.Due(ctx, time.Now()); err != nil && ctx.Err() == nil {
		a.log.Warn("what is due at installations is done later", "error", err)
	}
}
