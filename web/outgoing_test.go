package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"hotline/evosupport"
	"hotline/outbox"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// deaf takes nothing.
type deaf struct{}

func (deaf) Send(context.Context, outbox.Endpoint, outbox.Message) error {
	return errors.New("it answers <b>500</b>")
}

func TestAdministratorsSeeDeadLettersAndSendThemAgain(t *testing.T) {
	o := open(t)
	o.config.Outbox = outbox.New(outbox.Config{
		Store: o.store, Desk: o.config.Desk, Sender: deaf{}, Counted: func(outbox.Outcome) {}, Log: slog.New(slog.DiscardHandler),
		Written: func(tickets.Ticket, tickets.Event) (summary, text string) { return "", "" },
	})
	o.handler = New(o.config)
	admin, at := o.as(users.Admin), o.config.Now()
	admin.get("/outgoing").is(200, "Nothing goes out")
	_, err := o.store.PutEndpoint(t.Context(), outbox.Endpoint{ID: "zammad", Template: outbox.Webhook, Secrets: map[string]string{"signing": "s3cr3t"}})
	must(t, err)
	for _, id := range []string{"msg_1", "msg_2"} {
		m := outbox.Message{Endpoint: "zammad", ID: id, Ticket: 417, Kind: outbox.Closed, At: at, Body: "{}", State: outbox.Waiting, Due: at, Since: at}
		must(t, o.store.AddMessages(t.Context(), []outbox.Message{m}))
		m.State, m.Error = outbox.Dead, "it answers <i>410</i>"
		must(t, o.store.PutMessage(t.Context(), m, 0))
	}
	admin.get("/outgoing").is(200, "zammad", "it is done", "it answers &lt;i&gt;410&lt;/i&gt;", "Send again").hides("s3cr3t", "<i>410")
	admin.post("/outgoing/zammad/messages/msg_1/retry").goes("/outgoing")
	if m, err := o.store.Message(t.Context(), "zammad", "msg_1"); err != nil || m.State != outbox.Waiting {
		t.Errorf("sent again: %+v, %v", m, err)
	}
	admin.post("/outgoing/zammad/retry").goes("/outgoing")
	admin.get("/outgoing").is(200, "Every message was taken, or is still tried")
	admin.post("/outgoing/zammad/test").is(200, "has not taken the test message", "it answers &lt;b&gt;500")
	admin.post("/outgoing/none/test").is(404)
	admin.post("/outgoing/zammad/messages/none/retry").is(404)
	o.as(users.Staff).get("/outgoing").is(403)
}

func TestATicketShowsWhichVersionStandsThere(t *testing.T) {
	o := open(t)
	_, err := o.store.PutProduct(t.Context(), evosupport.Product{ID: "pbx", Releases: []evosupport.Release{{Name: "8.1", Tickets: []tickets.Number{417}}}})
	must(t, err)
	_, err = o.store.PutInstalled(t.Context(), evosupport.Installed{ID: "plant", Contract: "rossi", Installation: "<plant>", Product: "pbx", Release: "7.2"})
	must(t, err)
	rossi, ok := o.config.Desk.Book().Contracts.Get("rossi")
	if !ok {
		t.Fatal("there is no contract rossi")
	}
	one, err := o.config.Desk.Open(t.Context(), tickets.Draft{Identity: tickets.Identity{Contract: rossi}, Claim: sla.Feature, Channel: tickets.Web, Actor: "staff:staff", Language: "en"}, o.config.Now())
	must(t, err)
	o.as(users.Staff).get(fmt.Sprintf("/tickets/%d", one.Number)).is(200, "pbx, version 7.2, newest 8.1", "not the newest", "not entitled", "&lt;plant&gt;", "Brought by")
}
