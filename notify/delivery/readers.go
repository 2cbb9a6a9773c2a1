package delivery

import (
	"slices"

	"hotline/tickets"
)

// Readers are who is told in writing. It never changes.
type Readers struct {
	Mail    bool             // there is a mail server; without one nobody reads anything
	Staff   []string         // addresses
	Manager []string         // addresses of those in charge, who are told of breaches and that nobody was reached
	Notify  []tickets.Update // what is told
}

// Of are who is told of an update. The desk asks before it promises a caller that somebody is told.
func (r Readers) Of(u tickets.Update) []string {
	switch {
	case !r.Mail || !slices.Contains(r.Notify, u):
		return nil
	case u == tickets.UpdateUnreached && len(r.Manager) > 0:
		return r.Manager
	}
	return r.Staff
}
