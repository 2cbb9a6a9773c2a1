package portal_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	gateway "hotline/browser"
	"hotline/directory"
	"hotline/ivr"
	"hotline/prompts"
)

// calls takes calls as a gateway does.
type calls struct {
	fails  error
	took   []ivr.Caller
	hungUp []string
}

func (c *calls) Call(_ context.Context, description string, caller ivr.Caller, _ time.Time) (gateway.Answer, error) {
	if c.fails != nil {
		return gateway.Answer{}, c.fails
	}
	c.took = append(c.took, caller)
	return gateway.Answer{Description: "answer to " + description, Call: "C1"}, nil
}

func (c *calls) Hangup(contract directory.ContractID, call string) bool {
	c.hungUp = append(c.hungUp, string(contract)+" "+call)
	return true
}

func TestACallFromThePageIsTheContracts(t *testing.T) {
	h := open(t)
	b := h.browser()
	for _, path := range []string{"/portal/call", "/portal/call/C1/end"} {
		if w := b.asks("POST", path, "offer=x"); w.Code != 303 || len(h.calls.took)+len(h.calls.hungUp) > 0 {
			t.Errorf("%s answers nobody with %d", path, w.Code)
		}
	}
	b.logsIn(officePIN)
	page := b.asks("GET", "/portal/call")
	b.is(page, 200, `src="/portal/static/call.mjs"`, `value="&#43;39065551239"`, "Support on Request")
	w := b.asks("POST", "/portal/call", "offer="+url.QueryEscape("v=0\r\n"), "number="+url.QueryEscape("+39 06 555-1240"), "contract=verdi")
	b.is(w, 201, "answer to v=0\r\n")
	if w.Header().Get("Location") != "/portal/call/C1" || w.Header().Get("Content-Type") != "application/sdp" {
		t.Errorf("the answer comes with %v", w.Header())
	}
	if want := (ivr.Caller{Contract: "rossi-office", CallBack: "+39065551240", Language: prompts.English}); len(h.calls.took) != 1 || h.calls.took[0] != want {
		t.Errorf("the line hears of %+v, want %+v", h.calls.took, want)
	}
	b.is(b.asks("POST", "/portal/call/C1/end"), 204)
	if len(h.calls.hungUp) != 1 || h.calls.hungUp[0] != "rossi-office C1" {
		t.Errorf("hung up: %q", h.calls.hungUp)
	}
}

// TestOnlyThePageOfTheTelephoneHasAScript: its policy lets our own module in and nothing else; the others let none in, and no microphone.
func TestOnlyThePageOfTheTelephoneHasAScript(t *testing.T) {
	h := open(t)
	b := h.browser().logsIn(rossiPIN)
	for path, script := range map[string]bool{"/portal": false, "/portal/open": false, "/portal/call": true} {
		w := b.asks("GET", path)
		policy, microphone := w.Header().Get("Content-Security-Policy"), w.Header().Get("Permissions-Policy")
		if strings.Contains(policy, "script-src 'self'; connect-src 'self'") != script || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || (microphone == "microphone=(self)") != script {
			t.Errorf("%s: %q, %q", path, policy, microphone)
		}
		if body := w.Body.String(); strings.Contains(body, "<script") != script || strings.Contains(body, " style=") || strings.Contains(body, " onclick=") {
			t.Errorf("%s has scripts or styles in the page", path)
		}
	}
}

func TestWhyACallIsNotTakenIsSaid(t *testing.T) {
	h := open(t)
	b := h.browser().logsIn(rossiPIN)
	for _, one := range []struct {
		fails  error
		number string
		status int
		says   string
	}{
		{fmt.Errorf("%w: no sound", gateway.ErrOffer), "", 422, "does not understand"},
		{gateway.ErrFull, "", 503, "No more calls from pages"},
		{gateway.ErrBusy, "", 429, "under way already"},
		{nil, "drop table", 422, "telephone number"},
	} {
		h.calls.fails = one.fails
		b.is(b.asks("POST", "/portal/call", "offer=x", "number="+url.QueryEscape(one.number)), one.status, one.says)
	}
	b.is(b.asks("POST", "/portal/call", "offer="+strings.Repeat("x", 60<<10)), 413)
	h.calls.fails = nil
	var last *httptest.ResponseRecorder
	for range 4 {
		last = b.asks("POST", "/portal/call", "offer=x")
	}
	b.is(last, 429, "Too many calls from this page")
	h.passes(4 * time.Minute)
	b.is(b.asks("POST", "/portal/call", "offer=x"), 201)
}
