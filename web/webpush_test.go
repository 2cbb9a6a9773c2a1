package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"hotline/oncall"
	"hotline/outbox"
	"hotline/outbox/push"
	"hotline/outbox/push/pushtest"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/webpush"
)

// service is a push service that answers a test message with an error, or takes it.
type service struct{ fault error }

func (s *service) Send(context.Context, outbox.Endpoint, outbox.Message) error { return s.fault }

// pushing makes an office whose browsers are told.
func (o *office) pushing(s *service) {
	o.config.Push = webpush.Push{Key: "k3y", Letters: true, Outbox: outbox.New(outbox.Config{
		Store: o.store, Desk: o.config.Desk, Sender: s, Counted: func(outbox.Outcome) {}, Log: slog.New(slog.DiscardHandler),
		Written: func(tickets.Ticket, tickets.Event) (summary, text string) { return "", "" },
	})}
	o.handler = New(o.config)
}

// subscription is the form of a browser.
func subscription(address string, more ...string) url.Values {
	b := pushtest.NewBrowser()
	f := url.Values{"address": {address}, "p256dh": {b.P256dh()}, "auth": {b.Auth()}, "name": {"Firefox <b>"}, "kind": {"ticket.opened", "ticket.breach", "nonsense"}}
	for i := 0; i < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

func TestStaffHaveTheirBrowsersTold(t *testing.T) {
	o, s := open(t), &service{}
	staff := o.as(users.Staff)
	staff.get("/browsers").is(200, "Browsers are not told here", "None of your browsers is told")
	staff.do(http.MethodPost, "/browsers", subscription("https://push.example/s3cr3t")).is(422, "Browsers are not told here")
	o.pushing(s)
	staff.get("/password").is(200, `href="/browsers"`)
	staff.get("/browsers").is(200, `data-key="k3y"`, "never the only way", "/static/push.js").hides("Staff are not told by mail")
	staff.do(http.MethodPost, "/browsers", subscription("https://push.example/s3cr3t", "from", "22:00", "until", "07:00", "mine", "yes")).goes("/browsers")
	id := push.ID("https://push.example/s3cr3t")
	staff.get("/browsers").is(200, id, "Firefox &lt;b&gt;", "new request, a deadline was missed", "my own tickets alone", "quiet from 22:00 until 07:00", "none within a week").hides("s3cr3t", "nonsense")
	e, err := o.store.Endpoint(t.Context(), id)
	if err != nil || e.Owner != "staff" || e.Template != outbox.Push || len(e.Kinds) != 2 || fmt.Sprint(e.Assignees) != "[anna]" || e.Quiet.Zone != "Europe/Rome" || push.KeyOf(e) != "k3y" || !e.Since.Equal(o.clock()) {
		t.Errorf("%+v, %v", e, err)
	}
	at := o.clock()
	must(t, o.store.AddMessages(t.Context(), []outbox.Message{{Endpoint: id, ID: "m1", Ticket: 417, At: at, Body: "{}", State: outbox.Waiting, Due: at}}))
	must(t, o.store.PutMessage(t.Context(), outbox.Message{Endpoint: id, ID: "m1", Ticket: 417, At: at, State: outbox.Sent, SentAt: at}, 0))
	staff.get("/browsers").is(200, "23 November 2026 09:00").hides("none within a week")
	staff.post("/browsers/"+id+"/test").is(200, "has taken the test message", "Firefox &lt;b&gt;")
	s.fault = fmt.Errorf("it answers <i>500</i>")
	staff.post("/browsers/"+id+"/test").is(200, "it answers &lt;i&gt;500")
	o.as(users.Admin).post("/browsers/" + id + "/test").is(404)
	o.as(users.Admin).post("/browsers/" + id + "/remove").goes("/browsers")
	staff.get("/browsers").is(200, id) // another one's
	o.as(users.Admin).get("/audit?kind=endpoint").is(200, "<td>staff</td><td>created</td>", "POST /browsers<").hides("s3cr3t")
	s.fault = &outbox.Failure{Why: "410", Final: true, Gone: true}
	staff.post("/browsers/"+id+"/test").is(200, "does not know this browser any more", "None of your browsers is told")
	staff.post("/browsers/" + id + "/remove").goes("/browsers")
	for _, role := range []string{"GET", "POST"} {
		o.as(users.Viewer).do(role, "/browsers", nil).is(403)
	}
}

// TestABrowserIsFollowedToAnotherAddress: with what it is told and what waits for it. Nobody moves another one's.
func TestABrowserIsFollowedToAnotherAddress(t *testing.T) {
	o := open(t)
	o.pushing(&service{})
	staff := o.as(users.Staff)
	staff.do(http.MethodPost, "/browsers", subscription("https://push.example/1", "from", "22:00", "until", "07:00")).goes("/browsers")
	before, err := o.store.Endpoint(t.Context(), push.ID("https://push.example/1"))
	must(t, err)
	at := o.clock()
	must(t, o.store.AddMessages(t.Context(), []outbox.Message{{Endpoint: before.ID, ID: "m1", Ticket: 417, At: at, Body: "{}", State: outbox.Waiting, Due: at}}))
	o.as(users.Admin).do(http.MethodPost, "/browsers/moved", subscription("https://push.example/2", "former", "https://push.example/1")).is(404)
	staff.do(http.MethodPost, "/browsers/moved", subscription("http://push.example/2", "former", "https://push.example/1")).is(422)
	staff.do(http.MethodPost, "/browsers/moved", subscription("https://push.example/2", "former", "https://push.example/0")).is(404)
	staff.do(http.MethodPost, "/browsers/moved", subscription("https://push.example/2", "former", "https://push.example/1")).goes("/browsers")
	staff.get("/browsers").is(200, push.ID("https://push.example/2"), "Firefox &lt;b&gt;").hides(before.ID)
	after, err := o.store.Endpoint(t.Context(), push.ID("https://push.example/2"))
	if err != nil || fmt.Sprint(after.Kinds, after.Quiet, after.Owner, after.Since, after.Values) != fmt.Sprint(before.Kinds, before.Quiet, before.Owner, before.Since, before.Values) || fmt.Sprint(after.Secrets) == fmt.Sprint(before.Secrets) {
		t.Errorf("it was %+v, and is %+v, %v", before, after, err)
	}
	waiting, err := o.store.Messages(t.Context(), outbox.Filter{State: outbox.Waiting})
	if err != nil || len(waiting) != 1 || waiting[0].Endpoint != after.ID || waiting[0].ID != "m1" || waiting[0].Body != "{}" {
		t.Errorf("%+v waits, %v", waiting, err)
	}
	staff.do(http.MethodPost, "/browsers/moved", subscription("https://push.example/2", "former", "https://push.example/2")).goes("/browsers") // other keys alone
	staff.get("/browsers").is(200, after.ID)
	o.as(users.Admin).get("/audit?kind=endpoint").is(200, "POST /browsers/moved").hides("push.example")
}

// TestPushIsNeverTheOnlyWay: an engineer without a telephone has no browser told, and whoever gets no letters is warned.
func TestPushIsNeverTheOnlyWay(t *testing.T) {
	o := open(t)
	o.pushing(&service{})
	o.config.Push.Letters = false
	o.handler = New(o.config)
	_, err := o.store.PutEngineer(t.Context(), oncall.Engineer{ID: "anna", Name: "Anna Verdi", Version: 1})
	must(t, err)
	engineer := o.as(users.Engineer)
	engineer.get("/browsers").is(200, "You have no telephone on record").hides(`id="push"`)
	engineer.do(http.MethodPost, "/browsers", subscription("https://push.example/x")).is(422, "You have no telephone on record")
	if list, err := o.store.Endpoints(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	u := o.user("staff")
	u.Engineer = ""
	_, err = o.store.PutUser(t.Context(), u)
	must(t, err)
	o.as(users.Staff).get("/browsers").is(200, "Staff are not told by mail here")
}

func TestASubscriptionIsBounded(t *testing.T) {
	o := open(t)
	o.pushing(&service{})
	staff := o.as(users.Staff)
	for name, form := range map[string]url.Values{
		"in clear": subscription("http://push.example/x"), "no address": subscription(""), "no keys": subscription("https://push.example/x", "p256dh", "x"), "script": subscription("javascript:alert(1)"),
		"endless": subscription("https://push.example/" + strings.Repeat("x", 1000)), "half of quiet hours": subscription("https://push.example/x", "from", "22:00"),
		"nothing": subscription("https://push.example/x", "kind", "nonsense"),
	} {
		if a := staff.do(http.MethodPost, "/browsers", form); a.Code != 422 || !strings.Contains(a.Body.String(), `role="alert"`) {
			t.Errorf("%s: %d", name, a.Code)
		}
	}
	same := subscription("https://push.example/same")
	var both sync.WaitGroup
	for range 2 { // pressed twice at once
		both.Go(func() { staff.do(http.MethodPost, "/browsers", same).goes("/browsers") })
	}
	both.Wait()
	for n := range push.MostOf - 1 {
		staff.do(http.MethodPost, "/browsers", subscription(fmt.Sprint("https://push.example/", n))).goes("/browsers")
	}
	staff.do(http.MethodPost, "/browsers", subscription("https://push.example/more")).is(422, "too many browsers")
	staff.do(http.MethodPost, "/browsers", same).goes("/browsers") // one that is told already
	first := push.ID("https://push.example/0")
	staff.post("/browsers/" + first + "/remove").goes("/browsers")
	staff.get("/browsers").is(200).hides(first)
	o.as(users.Admin).do(http.MethodPost, "/browsers", same).goes("/browsers")
	if e, err := o.store.Endpoint(t.Context(), push.ID("https://push.example/same")); err != nil || e.Owner != "admin" {
		t.Errorf("who uses the browser now: %+v, %v", e, err)
	}
}
