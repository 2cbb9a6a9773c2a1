package admin_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hotline/admin"
	"hotline/dispatch/chains"
	"hotline/memory"
	"hotline/oncall"
	"hotline/tickets"
)

// due is the work of a kind that waits in the store.
func (h *house) due(kind string) (list []tickets.Work) {
	for _, w := range h.store.Store.(*memory.Store).Waiting() {
		if w.Kind == kind {
			list = append(list, w)
		}
	}
	return list
}

func TestStaffHaveACustomerCalledBack(t *testing.T) {
	h := open(t)
	h.opened()
	h.post("/tickets/417/call-back", "").is(200, `"kind":"call_back_asked"`, `"actor":"staff:demo"`)
	h.post("/tickets/417/call-back", `{"at":"2026-11-23T15:00:00Z","text":"after lunch"}`).is(200, `"text":"after lunch"`)
	due := h.due(tickets.WorkCallBack)
	if len(due) != 2 || !due[1].Due.Equal(monday(15, 0)) || due[0].Due.After(monday(12, 0)) {
		t.Errorf("due is %+v", due)
	}
	h.post("/tickets/417/call-back", `{"at":"2027-11-23T15:00:00Z"}`).is(422, "body.at", "within 30 days")
	h.get("/tickets/417").is(200, `"call_back_due":"2026-11-23T15:00:00Z"`)
	h.post("/tickets/999/call-back", "").is(404)
	h.post("/tickets/417/ring", "").is(200, `"kind":"ring_asked"`)
	if due := h.due(tickets.WorkRingNow); len(due) != 1 {
		t.Errorf("due is %+v", due)
	}
	h.post("/tickets/417/close", "").is(200)
	h.get("/tickets/417").is(200, `"call_back_due":null`)
	for _, verb := range []string{"call-back", "ring"} {
		h.post("/tickets/417/"+verb, "").is(409, "reopen it first")
	}
}

// rings is a house that rings telephones.
type rings struct {
	call  func(ctx context.Context, a oncall.Attempt) string
	trunk func(trunk, customer string, a oncall.Attempt) (result string, reached bool, problem error)
}

func (r rings) TestCall(ctx context.Context, a oncall.Attempt) string { return r.call(ctx, a) }
func (r rings) TestTrunk(_ context.Context, trunk, customer string, a oncall.Attempt) (string, bool, error) {
	return r.trunk(trunk, customer, a)
}

// TestATrunkIsTestedByRingingATelephone: a table of what the trunk does with the number that it is shown.
func TestATrunkIsTestedByRingingATelephone(t *testing.T) {
	h := open(t)
	carrier := admin.Trunk{Name: "carrier", State: "registered", Number: "+390699", ShowsCaller: true}
	h.config.Trunks = func() ([]admin.Trunk, time.Time) { return []admin.Trunk{carrier}, time.Time{} }
	refuses := &admin.CallerRefused{Code: 603, Since: monday(12, 0), Until: monday(13, 0)}
	for name, c := range map[string]struct {
		shows, remembered, refuses bool
		body                       string
		customer                   string // that the trunk is asked to show
		result                     string
		reached                    bool
		problem                    error
		want                       []string
	}{
		"our own number":                {body: `{"phone":"+39333"}`, result: "proven by a test call", reached: true, want: []string{`"pressed":true`, `"caller_tried":"+390699"`, `"caller_shown":"+390699"`}},
		"the customer's number passes":  {shows: true, body: `{"phone":"+39333","caller":"+39051123"}`, customer: "+39051123", result: "no key", reached: true, want: []string{`"pressed":false`, `"caller_tried":"+39051123"`, `"caller_shown":"+39051123"`}},
		"the customer's is refused":     {shows: true, refuses: true, body: `{"phone":"+39333","caller":"+39051123"}`, customer: "+39051123", result: "proven by a test call", reached: true, want: []string{`"caller_tried":"+39051123"`, `"caller_shown":"+390699"`, `"caller_refused":{"code":603`, `"until":"2026-11-23T13:00:00Z"`}},
		"that is remembered":            {shows: true, remembered: true, body: `{"phone":"+39333","caller":"+39051123"}`, customer: "+39051123", result: "no answer", reached: true, want: []string{`"caller_tried":"+390699"`, `"caller_shown":"+390699"`, `"code":603`}},
		"the trunk shows no customer's": {body: `{"phone":"+39333","caller":"+39051123"}`, customer: "+39051123", result: "busy", reached: true, want: []string{`"caller_tried":"+390699"`, `"caller_shown":"+390699"`}},
		"the trunk does not answer":     {body: `{"phone":"+39333"}`, result: "dead", want: []string{`"result":"dead"`, `"caller_shown":null`}},
		"the number may not be dialled": {body: `{"phone":"+39333"}`, result: "impossible", problem: errors.New("the number is in no directory"), want: []string{`"reason":"the number is in no directory"`}},
		"the language of who is rung":   {body: `{"phone":"+39333","language":"en"}`, result: "proven by a test call", reached: true, want: []string{`"pressed":true`}},
		"a number with blanks":          {shows: true, body: `{"phone":"+39333","caller":"051 123"}`, customer: "051123", result: "no key", reached: true, want: []string{`"caller_shown":"051123"`}},
	} {
		t.Run(name, func(t *testing.T) {
			carrier.ShowsCaller, carrier.CallerRefused = c.shows, nil
			if c.remembered {
				carrier.CallerRefused = refuses
			}
			h.config.Tests = rings{trunk: func(trunk, customer string, a oncall.Attempt) (string, bool, error) {
				if trunk != "carrier" || customer != c.customer || a.Phone != "+39333" {
					t.Errorf("by %s for %q: %+v", trunk, customer, a)
				}
				if c.refuses {
					carrier.CallerRefused = refuses
				}
				return c.result, c.reached, c.problem
			}}
			h.handler = admin.New(h.config)
			h.post("/trunks/carrier/test-call", c.body).is(200, append(c.want, `"trunk":"carrier"`, `"result":"`+c.result+`"`)...)
		})
	}
	h.post("/trunks/nobody/test-call", `{"phone":"+39333"}`).is(404, "trunk")
	h.post("/trunks/carrier/test-call", `{}`).is(422, "phone")
	h.post("/trunks/carrier/test-call", `{"phone":"sip:anna@127.0.0.1"}`).is(422, "body.phone", "number")
	h.config.Tests = nil
	h.handler = admin.New(h.config)
	h.post("/trunks/carrier/test-call", `{"phone":"+39333"}`).is(503)
}

func TestATestCallIsAskedForByStaff(t *testing.T) {
	h := open(t)
	h.post("/engineers/anna/test-call", "").is(503)
	var rung []string
	h.config.Tests = rings{call: func(ctx context.Context, a oncall.Attempt) string {
		rung = append(rung, a.Phone+" "+a.Language)
		if a.Phone == "sip:anna@127.0.0.1:5071" {
			_, err := h.store.PutProofs(ctx, oncall.Proofs{Engineer: a.Engineer, List: []oncall.Proof{{Engineer: a.Engineer, Phone: a.Phone, At: h.config.Now(), Key: true, Sound: true, How: "test call"}}})
			must(t, err)
			return "proven by a test call"
		}
		return "no answer"
	}}
	h.handler = admin.New(h.config)
	h.post("/engineers/anna/test-call", "").is(200, `"result":"proven by a test call"`, `"proven":true`, `"proven_until":"2026-11-30T`)
	h.put("/engineers/anna", `{"name":"Anna","phones":["sip:anna@127.0.0.1:5071","+39333"],"version":1}`).is(200)
	h.post("/engineers/anna/test-call", `{"phone":"+39333"}`).is(200, `"result":"no answer"`, `"proven":false`, `"proven_until":null`)
	h.post("/engineers/anna/test-call", `{"phone":"+39899"}`).is(422, "body.phone", "no telephone of the engineer's")
	h.post("/engineers/nobody/test-call", "").is(404)
	if len(rung) != 2 {
		t.Errorf("rung were %v", rung)
	}
}

// The stream goes over a connection of its own: the snapshot, then a ticket that is opened, while it is open.
func TestChainsAreStreamed(t *testing.T) {
	h := open(t)
	feed := chains.New(time.Now)
	h.config.Chains, h.config.Node = feed, "node-1"
	h.handler = admin.New(h.config)
	server := httptest.NewServer(h.handler)
	defer server.Close()
	ctx, leave := context.WithTimeout(t.Context(), time.Minute)
	defer leave()
	ask := func(method, token string) *http.Response {
		r, err := http.NewRequestWithContext(ctx, method, server.URL+"/api/v1/chains", nil)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		t.Cleanup(func() { _ = answer.Body.Close() })
		return answer
	}
	if a := ask(http.MethodGet, "wrong"); a.StatusCode != 401 {
		t.Errorf("without a token: %d", a.StatusCode)
	}
	if a := ask(http.MethodHead, "demo"); a.StatusCode != 200 {
		t.Errorf("a HEAD: %d", a.StatusCode)
	}
	answer := ask(http.MethodGet, "demo")
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("%d %s", answer.StatusCode, kind)
	}
	lines := bufio.NewScanner(answer.Body)
	expect := func(words ...string) {
		t.Helper()
		for lines.Scan() {
			if line := lines.Text(); line != "" {
				for _, w := range words {
					if !strings.Contains(line, w) {
						t.Errorf("%s lacks %s", line, w)
					}
				}
				return
			}
		}
		t.Fatalf("the stream ended before %v: %v", words, lines.Err())
	}
	expect("event: snapshot")
	expect(`"node":"node-1"`, `"chains":[]`)
	feed.Changed(tickets.Ticket{Number: 417, Version: 1, State: tickets.Open, Reporter: tickets.Reporter{Customer: "rossi"}})
	expect("event: ticket")
	expect(`"number":417`, `"version":1`, `"state":"open"`, `"customer":"rossi"`)
	feed.Close()
	expect("event: end")
	expect("this node is stopping")
}
