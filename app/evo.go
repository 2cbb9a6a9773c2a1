package app

import (
	"context"
	"time"

	"hotline/evosupport"
	"hotline/oncall/ring"
	"hotline/tickets"
)

// installed is what the engineer hears of the only installation of a ticket's contract. Of several nobody knows which one is meant.
func (a *App) installed(ctx context.Context, t tickets.Ticket) (ring.Installed, bool) {
	all, err := evosupport.Standings(ctx, a.db.Calls, a.desk.Book().Contracts, t.Contract, time.Now)
	if err != nil || len(all) != 1 {
		return ring.Installed{}, false
	}
	return ring.Installed{Release: all[0].Release, Newest: all[0].Newest, Entitled: all[0].Entitled}, true
}
