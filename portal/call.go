package portal

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"hotline/browser"
	"hotline/directory"
	"hotline/ivr"
)

// Calls takes calls from browsers. browser.Gateway implements it.
type Calls interface {
	Call(ctx context.Context, description string, caller ivr.Caller, now time.Time) (browser.Answer, error)
	Hangup(contract directory.ContractID, call string) bool
}

// callFormMost bounds the form of a call in octets: a description and a number.
const callFormMost = 48 << 10

// callPage is the telephone in the page.
type callPage struct {
	page
	Number string // to call back at
	Remote bool
	Keys   []string
}

// callPage shows the telephone. It is the one page with a script, which is a file of ours, and the one that may use the microphone.
func (p *Portal) callPage(w http.ResponseWriter, r *request) {
	if p.Calls == nil {
		p.showFailure(w, r, http.StatusNotFound, "portal-not-found")
		return
	}
	r.Title, r.Here = "portal-call", "/portal/call"
	h := w.Header()
	h.Set("Content-Security-Policy", telephonePolicy)
	h.Set("Permissions-Policy", "microphone=(self)")
	p.render(w, r, http.StatusOK, "call", callPage{r.page, p.firstNumber(r), r.contract.RemoteAccess, strings.Split("123456789*0#", "")})
}

// dial takes the offer of a browser, and answers it. The contract is the session's, so that the conversation asks for no PIN.
func (p *Portal) dial(w http.ResponseWriter, r *request) {
	number := strings.TrimSpace(r.FormValue("number"))
	switch {
	case p.Calls == nil:
		p.showFailure(w, r, http.StatusNotFound, "portal-not-found")
		return
	case !dialable(number):
		p.showFailure(w, r, http.StatusUnprocessableEntity, "portal-bad-number")
		return
	case !p.may(callsOf, string(r.contract.ID), r.Now):
		w.Header().Set("Retry-After", "180")
		p.showFailure(w, r, http.StatusTooManyRequests, "portal-call-often")
		return
	}
	caller := ivr.Caller{Contract: r.contract.ID, CallBack: digitsOf(number), Language: r.Lang}
	answer, err := p.Calls.Call(r.Context(), r.FormValue("offer"), caller, r.Now)
	switch {
	case errors.Is(err, browser.ErrOffer):
		p.Log.InfoContext(r.Context(), "portal: an offer of a call is refused", "contract", string(r.contract.ID), "error", err)
		p.showFailure(w, r, http.StatusUnprocessableEntity, "portal-call-bad")
	case errors.Is(err, browser.ErrFull):
		w.Header().Set("Retry-After", "60")
		p.showFailure(w, r, http.StatusServiceUnavailable, "portal-call-full")
	case errors.Is(err, browser.ErrBusy):
		w.Header().Set("Retry-After", "60")
		p.showFailure(w, r, http.StatusTooManyRequests, "portal-call-busy")
	case err != nil:
		p.answerError(w, r, err)
	default:
		p.Log.InfoContext(r.Context(), "portal: a call begins", "contract", string(r.contract.ID), "call", answer.Call)
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/portal/call/"+answer.Call)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(answer.Description)) // a browser that has gone needs no answer
	}
}

// hangUp ends a call of the contract. Where there is none any more, all is done.
func (p *Portal) hangUp(w http.ResponseWriter, r *request) {
	if p.Calls != nil {
		p.Calls.Hangup(r.contract.ID, r.PathValue("call"))
	}
	w.WriteHeader(http.StatusNoContent)
}

// digitsOf is a telephone number without what people write between its digits.
func digitsOf(number string) string {
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, number)
	if digits != "" && strings.HasPrefix(number, "+") {
		return "+" + digits
	}
	return digits
}
