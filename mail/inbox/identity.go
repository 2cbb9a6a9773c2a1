package inbox

import (
	"slices"
	"strings"
	"sync"
	"time"

	"hotline/directory"
	"hotline/mail"
	"hotline/tickets"
)

// identity is whose a letter is, and why that promises nothing where it does.
type identity struct {
	customer directory.Customer
	contract directory.Contract
	why      string
	meant    []mail.Meant // what the addresses mean to which it was written
}

func (i identity) known() bool { return i.customer.ID != "" }

// owns tells whether a ticket is of the sender's contract, or of his customer where the ticket has none.
func (i identity) owns(t tickets.Ticket) bool {
	if t.Customer == "" || t.Customer != i.customer.ID {
		return false
	}
	return t.Contract == "" || i.contract.ID == "" || t.Contract == i.contract.ID
}

// senders knows whose an address is, by the book as it stands.
type senders struct {
	mu   sync.Mutex
	book *directory.Book
	of   map[string]directory.CustomerID
}

func (s *senders) find(b *directory.Book, address string) (directory.Customer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.book != b {
		s.book, s.of = b, map[string]directory.CustomerID{}
		for id, c := range b.Customers.All() {
			if c.Email == "" {
				continue
			}
			address := strings.ToLower(c.Email)
			if other, there := s.of[address]; !there || id < other {
				s.of[address] = id
			}
		}
	}
	id, ok := s.of[address]
	if !ok {
		return directory.Customer{}, false
	}
	return b.Customers.Get(id)
}

// identify finds whose a letter is: by the address of a contract to which it was written, else by its sender. Of several contracts in
// force none is chosen: staff say which.
func (k *Inbox) identify(in *incoming) (i identity) {
	for _, a := range slices.Concat(in.letter.Recipients, in.letter.To) {
		if m, ok := k.cfg.Addresses.Of(a); ok {
			i.meant = append(i.meant, m)
		}
	}
	book, now := k.cfg.Desk.Book(), in.envelope.At
	for _, m := range i.meant {
		if m.Contract == "" {
			continue
		}
		for id, c := range book.Contracts.All() {
			if strings.EqualFold(string(id), m.Contract) {
				i.customer, _ = book.Customers.Get(c.Customer)
				i.contract, i.why = promised(c, now)
				return i
			}
		}
	}
	if in.original.forwarded && (in.original.from == "" || k.ours(in.original.from)) {
		i.why = "staff have forwarded this, and it cannot be told which customer has written it"
		return i
	}
	customer, ok := k.senders.find(book, in.sender())
	if !ok {
		return i
	}
	if in.auth.Forged() {
		i.why = "the sender's domain says that this letter is not from " + customer.Name
		return i
	}
	i.customer = customer
	var valid []directory.Contract
	for _, id := range book.ContractsOf(customer.ID) {
		c := book.Contracts.At(id)
		if c.Valid(now) {
			valid = append(valid, c)
		}
	}
	switch len(valid) {
	case 0:
		i.why = "no contract of this customer is in force"
	case 1:
		i.contract, i.why = promised(valid[0], now)
	default:
		i.why = "the customer has several contracts: say which one it is"
	}
	return i
}

// promised is a contract that promises something now, or why it does not: the same reasons as for a caller's PIN.
func promised(c directory.Contract, now time.Time) (directory.Contract, string) {
	switch {
	case !c.Valid(now):
		return directory.Contract{}, "contract " + string(c.ID) + " is not in force"
	case !c.RemoteAccess:
		return directory.Contract{}, "the installation has no remote access"
	}
	return c, ""
}

func (k *Inbox) staff(address string) bool { return slices.Contains(k.cfg.Staff, address) }
