package web

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// fields are what an action needs to be sent with.
func fieldsOf(name string) []string {
	return map[string][]string{"comment": {"text", "words"}, "answer": {"text", "words"}, "assign": {"engineer", "anna"}, "assess": {"category", "non_blocking"}, "time": {"minutes", "30", "text", "words"}}[name]
}

// inState is a ticket in a state.
func (o *office) inState(s tickets.State) tickets.Number {
	o.t.Helper()
	ctx, n := o.t.Context(), o.opened("rossi", sla.Blocking, "down")
	var err error
	switch s {
	case tickets.Assigned:
		_, err = o.desk.Assign(ctx, n, "staff:test", "bruno", o.clock())
	case tickets.InProgress:
		_, err = o.desk.Intervene(ctx, n, "staff:test", o.clock())
	case tickets.Waiting:
		_, err = o.desk.WaitForCustomer(ctx, n, "staff:test", "", o.clock())
	case tickets.Restored:
		_, err = o.desk.Restored(ctx, n, "staff:test", o.clock())
	case tickets.Closed:
		_, err = o.desk.Close(ctx, n, "staff:test", "", o.clock())
	case tickets.NotRequest:
		_, err = o.desk.MarkNotRequest(ctx, n, "staff:test", o.clock())
	}
	must(o.t, err)
	return n
}

// TestAPageOffersWhatTheDeskAllowsAndNothingElse: every action in every state. A button that is shown works; one that is not shown
// would have been refused by the desk's own tables, and its form is answered with the ticket as it is.
func TestAPageOffersWhatTheDeskAllowsAndNothingElse(t *testing.T) {
	o := open(t)
	_, err := o.store.PutEngineer(t.Context(), oncall.Engineer{ID: "bruno", Name: "Bruno"})
	must(t, err)
	b := o.as(users.Engineer)
	for _, s := range append(liveStates(), tickets.Restored, tickets.Closed, tickets.NotRequest) {
		for _, a := range actions() {
			n := o.inState(s)
			page := b.get(fmt.Sprintf("/tickets/%d", n)).is(200).Body.String()
			shown := strings.Contains(page, fmt.Sprintf(`action="/tickets/%d/%s"`, n, a.name))
			if a.name == "comment" {
				shown = strings.Contains(page, fmt.Sprintf(`formaction="/tickets/%d/%s"`, n, a.name))
			}
			if shown != slices.Contains(a.states, s) {
				t.Errorf("%s of a ticket that is %s: the form is shown: %v", a.name, s, shown)
			}
			answer := b.post(fmt.Sprintf("/tickets/%d/%s", n, a.name), fieldsOf(a.name)...)
			switch {
			case shown && answer.Code != http.StatusSeeOther:
				t.Errorf("%s of a ticket that is %s is offered and refused: %d", a.name, s, answer.Code)
			case !shown:
				answer.is(http.StatusConflict, "not possible while")
			}
		}
	}
	o.as(users.Viewer).get("/tickets/417").is(200).hides(`action="/tickets/417/`) // is offered nothing
}

func TestWhatIsDoneStandsInTheHistoryUnderTheUsersName(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	b := o.as(users.Engineer)
	for _, a := range actions() {
		if slices.Contains([]string{"resume", "reopen"}, a.name) {
			continue
		}
		if a.name == "waiting" {
			continue // an intervention follows
		}
		b.post(fmt.Sprintf("/tickets/%d/%s", n, a.name), append(fieldsOf(a.name), "text", "because of "+a.name)...).goes(fmt.Sprintf("/tickets/%d", n))
	}
	lines, err := o.desk.History(t.Context(), n)
	must(t, err)
	var kinds []string
	for _, e := range lines[1:] {
		if e.Actor == "staff:engineer" {
			kinds = append(kinds, string(e.Kind))
		} else if e.Actor != "system" {
			t.Errorf("%s was done by %s", e.Kind, e.Actor)
		}
	}
	if got, want := strings.Join(kinds, " "), "commented commented assigned commented assigned commented contact intervention call_back_asked ring_asked commented restored closed assessed commented time_spent"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestAPromisedCallBackIsAClock on the ticket's page: it runs, is broken, and goes with the talk that keeps it.
func TestAPromisedCallBackIsAClock(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	b, at, now := o.as(users.Engineer), fmt.Sprintf("/tickets/%d", n), o.clock()
	b.get(at).is(200).hides("promised call-back")
	_, err := o.desk.AskCallBack(t.Context(), n, "staff:test", "", now.Add(30*time.Minute), now)
	must(t, err)
	b.get(at).is(200, "promised call-back", `class="promise running"><h3>promised call-back`)
	o.passes(31 * time.Minute)
	b.get(at).is(200, `class="promise broken"><h3>promised call-back`)
	_, err = o.desk.Join(t.Context(), n, "anna", o.clock())
	must(t, err)
	b.get(at).is(200).hides("promised call-back")
}

func TestAFormThatSaysNothingSensibleKeepsItsWords(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	b := o.as(users.Engineer)
	at := fmt.Sprintf("/tickets/%d", n)
	b.post(at+"/comment", "text", " \r\n ").is(422, "Write some words first")
	b.post(at+"/assign", "engineer", "nobody", "text", "kept").is(422, "does not exist")
	b.post(at+"/assess", "category", "root", "text", "kept").is(422, "does not exist", ">kept</textarea>")
	b.post(at+"/resume", "text", "kept words").is(409, "not possible while the ticket is: open", ">kept words</textarea>")
	for _, minutes := range []string{"", "0", "-5", "1441", "half an hour"} {
		b.post(at+"/time", "minutes", minutes, "text", "kept").is(422, "minutes between 1 and 1440", ">kept</textarea>")
	}
	b.post(at+"/time", "minutes", "30").is(422, "Write some words first")
	b.post("/tickets/9999/comment", "text", "x").is(404)
	b.post("/tickets/x/comment", "text", "x").is(404)
	b.post(at+"/comment", "text", strings.Repeat("x", formMost+1)).is(http.StatusRequestEntityTooLarge)
	b.post(at+"/comment", "text", strings.Repeat("è", textMost+1)).is(422, "10000 characters", "èè</textarea>")
	b.post(at+"/comment", "text", strings.Repeat("è", textMost)).goes(at)
	b.post(at+"/comment", "text", "a\x00b").is(422)
	b.post(at+"/comment", "text", "a\xffb").is(422)
	b.get("/?q=%00").is(422)
	b.get("/?q=%ff").is(422)
	b.get("/?q=%zz").is(400)
}

// TestAStaleFormShowsBothTexts: a colleague did something since the form was shown.
func TestAStaleFormShowsBothTexts(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	at := fmt.Sprintf("/tickets/%d", n)
	b := o.as(users.Engineer)
	seen := seenOf(t, b.get(at))
	_, err := o.desk.Comment(t.Context(), n, "staff:carla", "I called them already", o.clock())
	must(t, err)
	a := b.post(at+"/close", "text", "nobody answers", "seen", seen).is(409, "Somebody was faster", "I called them already", ">nobody answers</textarea>", `action="`+at+`/close"`)
	if stands, err := o.desk.Ticket(t.Context(), n); err != nil || stands.State != tickets.Open {
		t.Errorf("%s, %v", stands.State, err)
	}
	b.post(at+"/close", "text", "nobody answers", "seen", seenOf(t, a)).goes(at)

	seen = seenOf(t, b.get(at))
	first := seen
	for _, e := range []tickets.Event{{Kind: tickets.Told, Actor: "system"}, {Kind: tickets.Rang, Actor: "engineer:anna"}, {Kind: tickets.CallerGone, Actor: "engineer:anna"}, {Kind: tickets.TalkEnded, Actor: "engineer:anna"}, {Kind: tickets.LegLost, Actor: "engineer:anna"}} {
		_, err = o.desk.Note(t.Context(), n, e, o.clock())
		must(t, err)
	}
	b.post(at+"/comment", "text", "first of mine", "seen", seen).goes(at)
	b.post(at+"/comment", "text", "second of mine", "seen", seen).goes(at)
	b.post(at+"/comment", "text", "of a form without a place", "seen", "").goes(at)
	seen = seenOf(t, b.get(at))
	_, err = o.desk.Reopen(t.Context(), n, "engineer:anna", "by telephone", o.clock())
	must(t, err)
	b.post(at+"/comment", "text", "kept", "seen", seen).is(409, "by telephone")
	o.as(users.Admin).post(at+"/assess", "category", "question", "seen", first, "draft", "3").is(409, "second of mine", `name="category" value="question"`, `name="draft" value="3"`)
}

// TestTimeOfTwoTabsIsAddedTwice: the same words beside other minutes are no second press of the button.
func TestTimeOfTwoTabsIsAddedTwice(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	at := fmt.Sprintf("/tickets/%d", n)
	b := o.as(users.Engineer)
	seen := seenOf(t, b.get(at))
	for _, minutes := range []string{"20", "30", "20", "30"} {
		b.post(at+"/time", "minutes", minutes, "text", "measured", "seen", seen).goes(at)
	}
	if stands, err := o.desk.Ticket(t.Context(), n); err != nil || stands.TimeSpent != 50*60 {
		t.Errorf("%d s, %v", stands.TimeSpent, err)
	}
}

func seenOf(t *testing.T, a answer) string {
	t.Helper()
	m := regexp.MustCompile(`name="seen" value="([^"]*)"`).FindStringSubmatch(a.Body.String())
	if m == nil || m[1] == "" {
		t.Fatalf("the page does not say what it shows:\n%s", a.Body)
	}
	return m[1]
}

func TestAnotherCategoryIsPreviewed(t *testing.T) {
	o := open(t)
	n := o.opened("rossi-office", sla.Blocking, "down")
	b := o.as(users.Engineer)
	at := fmt.Sprintf("/tickets/%d", n)
	b.get(at).hides("the clocks would stand so")
	b.get(at+"?category=non_blocking").is(200, "With &#34;non-blocking anomaly&#34; the clocks would stand so", "<td>contact</td><td>10:00</td><td>13:00</td>", "<td>intervention</td>", `<option value="non_blocking" selected>`)
	b.get(at+"?category=question").is(200, "<td>no deadline</td>")
	b.get(at+"?category=blocking").is(200, "No deadline would move")
	b.get(at + "?category=nonsense").is(200).hides("the clocks would stand so")
	before, err := o.desk.History(t.Context(), n)
	must(t, err)
	if len(before) != 1 {
		t.Errorf("a preview wrote: %+v", before)
	}
	b.post(at+"/assess", "category", "non_blocking").goes(at)
	b.get(at).is(200, "due 13:00")
	closed := o.inState(tickets.NotRequest)
	b.get(fmt.Sprintf("/tickets/%d?category=question", closed)).is(200).hides("the clocks would stand so")
	if _, err := o.desk.PreviewAssessment(t.Context(), closed, sla.Question, o.clock()); !errors.As(err, new(*tickets.MoveError)) {
		t.Errorf("the preview of what is no request: %v", err)
	}
}
