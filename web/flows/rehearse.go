package flows

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"hotline/ivr"
	"hotline/ivr/try"
	"hotline/prompts"
	"hotline/tickets"
	"hotline/web/ui"
)

// talk is a dry run as far as it has come.
type talk struct {
	Trying  bool
	Said    []said
	Asks    string   // what is asked now; empty: the call is over
	Answers []string // that were given, each of a field of the form
	Kept    []tickets.Ticket
	PINs    []try.Contract
}

// said is one line of the conversation.
type said struct{ Kind, Text string }

// Bounds of a dry run.
const (
	caller      = "0612345" // whose number a dry run has
	answersMost = 200
	answerMost  = 200             // characters
	talkTime    = 5 * time.Second // of work: nothing in it waits
	linesMost   = 5000
)

// errLong is a dry run that says too much.
var errLong = errors.New("the dry run is too long")

// rehearse has the conversation of a text from its begin, with the answers that were given so far. Nothing is kept anywhere: the form
// holds all of it.
func (h Handlers) rehearse(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.flows(r.Context())
	if err != nil {
		return nil, err
	}
	text := textOf(r)
	flow, complaints := ivr.Parse(text)
	if flow == nil {
		return h.show(r, all, text, flowPage{Version: -1, Problem: r.T("flows-complaints", len(complaints))}, http.StatusUnprocessableEntity)
	}
	given := r.Form["answer"]
	if r.FormValue("again") != "" {
		given = nil
	}
	for _, one := range given {
		if len(given) > answersMost || utf8.RuneCountInString(one) > answerMost || strings.ContainsAny(one, "\r\n") {
			return h.show(r, all, text, flowPage{Version: -1, Problem: r.T("flows-try-unfit")}, http.StatusUnprocessableEntity)
		}
	}
	t, err := h.talk(r.Context(), flow, given, r.Lang)
	if errors.Is(err, errLong) {
		return h.show(r, all, text, flowPage{Version: -1, Problem: r.T("flows-try-unfit")}, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return nil, fmt.Errorf("trying a flow: %w", err)
	}
	return h.show(r, all, text, flowPage{Version: -1, talk: t}, http.StatusOK)
}

func (h Handlers) talk(ctx context.Context, flow *ivr.Flow, given []string, lang prompts.Language) (t talk, err error) {
	ctx, cancel := context.WithTimeout(ctx, talkTime)
	defer cancel()
	t = talk{Trying: true, Answers: given, PINs: h.Contracts}
	in, used := "", 0
	if len(given) > 0 {
		in = strings.Join(given, "\n") + "\n"
	}
	c := try.Config{In: strings.NewReader(in), Flow: flow, From: caller, Contracts: h.Contracts, Language: lang}
	t.Kept, err = try.Talk(ctx, c, func(l try.Line) {
		switch {
		case t.Asks != "" || len(t.Said) >= linesMost:
		case l.Asks() && used == len(given): // where the answers end, the line is cut
			t.Asks = string(l.Kind)
		case l.Asks():
			t.Said = append(t.Said, said{string(l.Kind), given[used]})
			used++
		default:
			t.Said = append(t.Said, said{string(l.Kind), l.Text})
		}
	})
	if err == nil && (len(t.Said) >= linesMost || ctx.Err() != nil) {
		err = errLong
	}
	return t, err
}
