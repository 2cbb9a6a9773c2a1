package tickets

import "time"

// Spending is one entry of a budget that outlasts a restart and that all nodes of a house share.
type Spending struct {
	Place  int64  // of the store; rises with each entry
	Budget string // whose rule it counts for
	Key    string // of a wrong PIN the number that called, of an outgoing call the ticket
	Whose  string // of a wrong PIN the customer who has this number, of an outgoing call the purse that paid
	At     time.Time
	Node   string // which process wrote it
}

// The budgets that are kept.
const (
	BudgetPIN      = "pin"      // wrong PINs
	BudgetOutgoing = "outgoing" // calls placed
)

// spent hands a wrong PIN on to be kept. d.mu is held.
func (d *Desk) spent(number string, customer CustomerID, now time.Time) {
	if d.cfg.Spent != nil {
		d.cfg.Spent(Spending{Budget: BudgetPIN, Key: number, Whose: string(customer), At: now})
	}
}

// Recall counts wrong PINs that a former process or another node has seen, oldest first.
func (d *Desk) Recall(list []Spending) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range list {
		if s.Budget == BudgetPIN {
			d.budgets.Spend(s.Key, CustomerID(s.Whose), s.At)
		}
	}
}
