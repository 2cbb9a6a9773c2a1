package dispatch

import "hotline/tickets"

// EnterContractSearch holds the place of a caller with a contract for whom engineers are called.
func (d *Dispatcher) EnterContractSearch() (leave func()) { return d.priority.enter() }

// Accepted tells whether a search for a ticket has found an engineer.
func (a *ActiveTickets) Accepted(n tickets.Number) bool { return a.isAccepted(n) }

// Searched tells whether engineers are rung for a ticket.
func (a *ActiveTickets) Searched(n tickets.Number) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.searches[n]) > 0
}

// CustomerNumber is where a ticket's customer is rung.
func (d *Dispatcher) CustomerNumber(t tickets.Ticket) string { return d.customerNumber(t) }
