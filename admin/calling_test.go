package admin_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hotline/admin"
	"hotline/dispatch/chains"
	"hotline/oncall"
	"hotline/tickets"
)

// due is the work of a kind that waits in the store.
func (h *house) due(kind string) (list []tickets.Work) {
	for _, w := range h.store.Waiting() {
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
	h.post("/tickets/999/call-back", "").is(404)
	h.post("/tickets/417/ring", "").is(200, `"kind":"ring_asked"`)
	if due := h.due(tickets.WorkRingNow); len(due) != 1 {
		t.Errorf("due is %+v", due)
	}
	h.post("/tickets/417/close", "").is(200)
	for _, verb := range []string{"call-back", "ring"} {
		h.post("/tickets/417/"+verb, "").is(409, "reopen it first")
	}
}

func TestATestCallIsAskedForByStaff(t *testing.T) {
	h := open(t)
	h.post("/engineers/anna/test-call", "").is(503)
	var rung []string
	h.config.TestCall = func(ctx context.Context, a oncall.Attempt) string {
		rung = append(rung, a.Phone+" "+a.Language)
		if a.Phone == "sip:anna@127.0.0.1:5071" {
			_, err := h.store.PutProofs(ctx, oncall.Proofs{Engineer: a.Engineer, List: []oncall.Proof{{Engineer: a.Engineer, Phone: a.Phone, At: h.config.Now(), Key: true, Sound: true, How: "test call"}}})
			must(t, err)
			return "proven by a test call"
		}
		return "no answer"
	}
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
	ctx, leave := context.WithTimeout(t.Context(), 20*time.Second)
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
