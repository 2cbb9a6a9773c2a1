package web

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// lines are those of a ticket that the user of these tests wrote.
func (o *office) lines(n tickets.Number) (list []tickets.Event) {
	o.t.Helper()
	all, err := o.desk.History(o.t.Context(), n)
	must(o.t, err)
	for _, e := range all {
		if e.Actor == "staff:engineer" {
			list = append(list, e)
		}
	}
	return list
}

// taken is an action of a fresh ticket in a state in which it is possible, with words, as its form sends it.
func (o *office) taken(b *browser, a action) (n tickets.Number, path string, form []string) {
	o.t.Helper()
	n = o.inState(a.states[0])
	at := fmt.Sprintf("/tickets/%d", n)
	form = append(fieldsOf(a.name), "seen", seenOf(o.t, b.get(at)))
	return n, at + "/" + a.name, append(form, "text", "because of "+a.name)
}

// TestWordsAreNeverLost: whichever button is pressed, what was written beside it stands in the history.
func TestWordsAreNeverLost(t *testing.T) {
	o := open(t)
	_, err := o.store.PutEngineer(t.Context(), oncall.Engineer{ID: "bruno", Name: "Bruno"})
	must(t, err)
	b := o.as(users.Engineer)
	for _, a := range actions() {
		n, path, form := o.taken(b, a)
		b.post(path, form...).goes(fmt.Sprintf("/tickets/%d", n))
		if !slices.ContainsFunc(o.lines(n), func(e tickets.Event) bool { return e.Text == "because of "+a.name }) {
			t.Errorf("%s: the words are lost: %+v", a.name, o.lines(n))
		}
	}
}

// TestAFormThatIsSentTwiceIsDoneOnce: every action, by five presses at once and by one more when they are done.
func TestAFormThatIsSentTwiceIsDoneOnce(t *testing.T) {
	o := open(t)
	b := o.as(users.Engineer)
	for _, a := range actions() {
		n, path, form := o.taken(b, a)
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() { b.post(path, form...).goes(fmt.Sprintf("/tickets/%d", n)) })
		}
		group.Wait()
		b.post(path, form...).goes(fmt.Sprintf("/tickets/%d", n))
		done, said := 0, 0
		for _, e := range o.lines(n) {
			if e.Kind == a.writes {
				done++
			}
			if e.Text == "because of "+a.name {
				said++
			}
		}
		if done != 1 || said != 1 {
			t.Errorf("%s was done %d times, and its words stand there %d times", a.name, done, said)
		}
	}
}

// TestAPageThatAnswersAFormKnowsItsOwnAddress: the script brings it up to date from there, where the address of the form shows nothing.
func TestAPageThatAnswersAFormKnowsItsOwnAddress(t *testing.T) {
	o := open(t)
	b := o.as(users.Engineer)
	n := o.opened("rossi", sla.Blocking, "down")
	at := fmt.Sprintf("/tickets/%d", n)
	regions := regexp.MustCompile(`id="([a-z]+)" data-live`)
	for _, a := range []answer{
		b.get("/").is(200), b.get("/?state=all&q=x").is(200), b.get("/calls?number=1").is(200), b.get("/oncall?week=2026-11-30").is(200), b.get(at).is(200),
		b.post(at+"/comment", "text", "").is(422), b.post(at + "/resume").is(409), b.post(at+"/preview", "category", "question").is(200),
	} {
		here := regexp.MustCompile(`data-here="([^"]*)"`).FindStringSubmatch(a.Body.String())
		if here == nil {
			t.Fatalf("%s does not say where it is:\n%s", a.what, a.Body)
		}
		shown := b.get(strings.ReplaceAll(here[1], "&amp;", "&")).is(200)
		if got, want := regions.FindAllString(shown.Body.String(), -1), regions.FindAllString(a.Body.String(), -1); len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s is brought up to date from %s: it has %q, and there is %q", a.what, here[1], want, got)
		}
	}
}

func TestAPreviewKeepsTheWordsAndWritesNothing(t *testing.T) {
	o := open(t)
	n := o.opened("rossi-office", sla.Blocking, "down")
	b := o.as(users.Engineer)
	at := fmt.Sprintf("/tickets/%d", n)
	b.post(at+"/preview", "category", "non_blocking", "text", "half a note").is(200, "the clocks would stand so", `<option value="non_blocking" selected>`, ">half a note</textarea>")
	if lines := o.lines(n); len(lines) != 0 {
		t.Errorf("%+v", lines)
	}
}

func TestAFormOfAnotherEncodingIsReadAsStrictly(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	b := o.as(users.Engineer)
	for text, status := range map[string]int{"plain": http.StatusSeeOther, "a\x00b": http.StatusUnprocessableEntity, "a\xffb": http.StatusUnprocessableEntity} {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		must(t, form.WriteField("text", text))
		must(t, form.Close())
		b.header.Set("Content-Type", form.FormDataContentType())
		b.send(http.MethodPost, fmt.Sprintf("/tickets/%d/comment", n), body.String()).is(status)
	}
}

// TestAPageThatFailsBadlyIsAPageAllTheSame: the log says where.
func TestAPageThatFailsBadlyIsAPageAllTheSame(t *testing.T) {
	o := open(t)
	o.config.Trunks = func() []Trunk { panic("no trunks today") }
	o.handler = New(o.config)
	o.as(users.Viewer).get("/").is(http.StatusInternalServerError, "This page failed")
	for _, want := range []string{"no trunks today", "board.go"} {
		if !strings.Contains(o.log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, o.log.String())
		}
	}
}
