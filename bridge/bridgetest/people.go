package bridgetest

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"

	"hotline/bridge/zammad"
)

// Webhooks takes what waits to be sent out of the queue. Who delivers them may lose some, double them and change their order.
func (z *Zammad) Webhooks(r *rand.Rand) [][]byte {
	z.mu.Lock()
	defer z.mu.Unlock()
	list := z.hooks
	z.hooks = nil
	if r != nil {
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return list
}

// Deliver sends one webhook, signed, and gives the status that comes back.
func (z *Zammad) Deliver(to http.Handler, body []byte) int {
	r := httptest.NewRequest(http.MethodPost, "/bridge/zammad", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-Zammad-Trigger", "hotline")
	r.Header.Set(zammad.SignatureHeader, zammad.Sign(z.Secret, body))
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	return w.Code
}

// Ticket is one ticket with its entries, as people see it.
type Ticket struct {
	zammad.Ticket
	Tags     []string
	Articles []zammad.Article
}

// All are the tickets.
func (z *Zammad) All() (list []Ticket) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, t := range z.tickets {
		list = append(list, Ticket{t.Ticket, slices.Clone(t.tags), slices.Clone(t.articles)})
	}
	return list
}

// Does lets people there change a ticket; what is empty stays.
func (z *Zammad) Does(id int64, c zammad.Change) {
	z.mu.Lock()
	defer z.mu.Unlock()
	t := z.ticket(id)
	set(&t.State, c.State)
	set(&t.Priority, c.Priority)
	set(&t.Owner, c.Owner)
	z.touched(t, z.now())
}

// Writes lets somebody there add an article.
func (z *Zammad) Writes(id int64, a zammad.Article) {
	z.mu.Lock()
	defer z.mu.Unlock()
	t := z.ticket(id)
	z.add(t, a, z.now())
	z.touched(t, z.now())
}

// Opens lets a customer there open a ticket.
func (z *Zammad) Opens(group, customer, title string, a zammad.Article) int64 {
	z.mu.Lock()
	defer z.mu.Unlock()
	now := z.now()
	t := &ticket{Ticket: zammad.Ticket{ID: int64(len(z.tickets) + 1), Title: title, Group: group, State: "new", Priority: "2 normal", Owner: zammad.Nobody, CustomerID: z.user(customer)}, created: now}
	t.Number = strconv.FormatInt(22000+t.ID, 10)
	z.tickets = append(z.tickets, t)
	z.add(t, a, now)
	z.touched(t, now)
	return t.ID
}

// Adds adds a group of which the bridge's user may do everything.
func (z *Zammad) Adds(group string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.Groups, z.Access[group] = append(z.Groups, group), []string{"full"}
}

// MadeUp are the customers who were made up by their address.
func (z *Zammad) MadeUp() []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Sorted(maps.Keys(z.Customer))
}
