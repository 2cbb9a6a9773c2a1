package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	must(t, err)
	return string(text)
}

// order wants texts to follow each other in the page.
func (a answer) order(texts ...string) {
	a.t.Helper()
	rest := a.Body.String()
	for _, text := range texts {
		_, after, found := strings.Cut(rest, text)
		if !found {
			a.t.Fatalf("%s does not show %q in this order: %q\n%s", a.what, text, texts, a.Body)
		}
		rest = after
	}
}

func TestTheBoardShowsWhatBreaksFirst(t *testing.T) {
	o := open(t)
	question := o.opened("rossi", sla.Question, "how?")
	slow := o.opened("rossi-office", sla.NonBlocking, "the printer")
	urgent := o.opened("rossi", sla.Blocking, "all is down")
	closed := o.opened("rossi", sla.Blocking, "it is over")
	_, err := o.desk.Close(t.Context(), closed, "staff:test", "done", o.clock())
	must(t, err)
	b := o.as(users.Viewer)
	a := b.get("/").is(200, "Tickets: 3", "Anna Verdi", "From 12:00", "nobody", "Calls are answered", "carrier", "registered", "contact: due 10:00, 1\u00a0h of working time left")
	a.order(fmt.Sprintf(`href="/tickets/%d"`, urgent), fmt.Sprintf(`href="/tickets/%d"`, slow), fmt.Sprintf(`href="/tickets/%d"`, question))
	a.hides(fmt.Sprintf(`href="/tickets/%d"`, closed), "-1 ", "<script>", "style=")
	b.get("/?state=closed").is(200, "Tickets: 1", fmt.Sprintf(`href="/tickets/%d"`, closed))
	b.get("/?category=question").is(200, "Tickets: 1", fmt.Sprintf(`href="/tickets/%d"`, question))
	b.get("/?q=printer").is(200, "Tickets: 1", fmt.Sprintf(`href="/tickets/%d"`, slow), `value="printer"`, "the newest 10,000")
	b.get("/?q=printer&state=all").is(200).hides("the newest 10,000")
	b.get("/?after=nonsense").is(200, "Tickets: 3")
	b.get("/?state=nonsense").is(200, "No ticket")

	b.header.Set("Accept-Language", "fr, it;q=0.8, en;q=0.2")
	b.get("/").is(200, `<html lang="it">`, "Quadro", "contatto: entro 10:00, restano 1\u00a0h di lavoro", "anomalia bloccante", "Da 12:00")
	b.post("/language", "language", "en", "next", "/?q=x").goes("/?q=x")
	b.get("/").is(200, `<html lang="en">`)
}

func TestTimePassesOnTheBoard(t *testing.T) {
	o := open(t)
	o.opened("rossi", sla.Blocking, "all is down")
	b := o.as(users.Viewer)
	for _, step := range []struct {
		after time.Duration
		shows []string
	}{
		{0, []string{"1\u00a0h of working time left", `class="bar running"`, `width="0"`}},
		{30 * time.Minute, []string{"30\u00a0min of working time left", `width="50"`, `class="bar running"`}},
		{15*time.Minute + 20*time.Second, []string{"14\u00a0min of working time left", `class="bar near"`}},
		{15 * time.Minute, []string{"contact: broken since 10:00", `class="bar broken"`, `width="100"`}},
	} {
		o.passes(step.after)
		b.get("/").is(200, step.shows...)
	}
}

func TestTheBoardIsReadPageByPage(t *testing.T) {
	o := open(t)
	for range rowsOnPage + 3 {
		o.opened("rossi", sla.Blocking, "down")
	}
	b := o.as(users.Viewer)
	a := b.get("/?category=blocking").is(200, "Tickets: 53", `rel="next"`)
	_, rest, _ := strings.Cut(a.Body.String(), `rel="next" href="`)
	next, _, _ := strings.Cut(rest, `"`)
	a = b.get(strings.ReplaceAll(next, "&amp;", "&")).is(200).hides(`rel="next"`)
	if n := strings.Count(a.Body.String(), `<li class="ticket`); n != 3 {
		t.Errorf("%d tickets on the second page", n)
	}
}

func TestATicketShowsWhoWhatAndUntilWhen(t *testing.T) {
	o := open(t)
	n := o.opened("rossi-office", sla.Blocking, "all is down")
	other := o.opened("rossi-office", sla.Question, "how?")
	ctx := t.Context()
	_, err := o.desk.Keep(ctx, n, tickets.Recording{ID: "r1", Call: "c1", At: o.clock(), Seconds: 12.4, Law: "alaw"}, o.clock())
	must(t, err)
	_, err = o.desk.Comment(ctx, n, "staff:carla", "looked at it\nand saw nothing", o.clock())
	must(t, err)
	_, err = o.desk.Assess(ctx, n, "staff:carla", "", sla.NonBlocking, o.clock())
	must(t, err)
	_, err = o.desk.Assign(ctx, n, "staff:carla", "anna", o.clock())
	must(t, err)
	a := o.as(users.Engineer).get(fmt.Sprintf("/tickets/%d", n)).is(200, "Rossi S.p.A.", "rossi-office, ", "covered now", "blocking anomaly", "non-blocking anomaly", "Anna Verdi",
		"intervention", "restore", "expected by", "Where every minute went", `<audio controls preload="none" src="/recordings/r1/audio">`, "12 s", "looked at it\nand saw nothing", "carla", "assessed",
		fmt.Sprintf(`<a href="/tickets/%d">%d</a>`, other, other))
	a.order("opened", "message recorded", "note", "assessed", "assigned")
	o.as(users.Viewer).get(fmt.Sprintf("/tickets/%d", n)).is(200, "may not listen").hides("<audio")
	o.passes(10 * time.Hour)
	o.as(users.Engineer).get(fmt.Sprintf("/tickets/%d", n)).is(200, "covered from Tuesday 24 09:00")
	for _, none := range []string{"/tickets/9999", "/tickets/0", "/tickets/-1", "/tickets/x", "/tickets/99999999999999999999"} {
		o.as(users.Engineer).get(none).is(404)
	}
}

func TestARecordingIsPlayedInPartsAndNotedEachTime(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	_, err := o.desk.Keep(t.Context(), n, tickets.Recording{ID: "r1", Call: "c1", At: o.clock(), Seconds: 1, Law: "alaw"}, o.clock())
	must(t, err)
	b := o.as(users.Engineer)
	if a := b.get("/recordings/r1/audio").is(200); a.Body.String() != string(wave()) || a.Header().Get("Content-Type") != "audio/wav" {
		t.Error("another sound")
	}
	b.header.Set("Range", "bytes=4-7")
	if a := b.get("/recordings/r1/audio").is(206); a.Body.String() != "...." {
		t.Errorf("%q", a.Body)
	}
	b.get("/recordings/other/audio").is(404)
	list, err := o.store.Accesses(t.Context(), "r1")
	must(t, err)
	if len(list) != 2 || list[0].Actor != "staff:engineer" {
		t.Errorf("%+v", list)
	}
}

func TestEveryAnswerKeepsForeignScriptsOut(t *testing.T) {
	o := open(t)
	for _, path := range []string{"/", "/login", "/static/desk.css", "/static/nothing.css", "/nothing"} {
		a := o.as(users.Admin).get(path)
		if csp := a.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %q", path, csp)
		}
		if a.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s may be sniffed", path)
		}
	}
	for name, text := range pageTexts(t) {
		for _, inline := range []string{"<style", "style=", "onclick", "javascript:", "http://", "https://"} {
			if strings.Contains(text, inline) {
				t.Errorf("%s has %s", name, inline)
			}
		}
	}
}

func TestTheFilesOfThePagesAreAskedForOnce(t *testing.T) {
	b := open(t).browser()
	a := b.get("/static/desk.css").is(200)
	if !strings.Contains(a.Header().Get("Content-Type"), "text/css") {
		t.Errorf("%q", a.Header().Get("Content-Type"))
	}
	b.header.Set("If-None-Match", a.Header().Get("ETag"))
	b.get("/static/desk.css").is(http.StatusNotModified)
	b.get("/static/..%2fweb.go").is(404)
}

func TestWithoutTheLineThePageSaysSo(t *testing.T) {
	o := open(t)
	o.config.Line = func(context.Context) error { return errors.New("no socket") }
	o.handler = New(o.config)
	o.as(users.Viewer).get("/").is(200, "Calls are not answered")
}
