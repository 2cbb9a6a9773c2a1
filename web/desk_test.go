package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/attachments"
	"hotline/cdr"
	"hotline/drafts"
	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/presence"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// attaches uploads a file of a ticket.
func (b *browser) attaches(at, name string, content []byte) answer {
	b.o.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	must(b.o.t, err)
	_, err = part.Write(content)
	must(b.o.t, err)
	must(b.o.t, form.Close())
	b.header.Set("Content-Type", form.FormDataContentType())
	defer b.header.Del("Content-Type")
	return b.send(http.MethodPost, at+"/attachments", body.String())
}

func TestADraftSurvivesTabLoginAndColleaguesUntilItIsSent(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	at := fmt.Sprintf("/tickets/%d", n)
	b := o.as(users.Engineer)
	b.get(at).is(200, `name="draft" value="0"`).hides("Draft of")
	b.post(at+"/draft", "text", "The pump\r\nis <dead>", "version", "0").is(200, `{"version":1}`)
	o.handler = New(o.config)                                                                                                // another node
	o.as(users.Engineer).get(at).is(200, "The pump\nis &lt;dead&gt;</textarea>", `name="draft" value="1"`, "Draft of 09:00") // another login
	o.as(users.Staff).get(at).is(200).hides("The pump")                                                                      // a colleague's page
	o.as(users.Staff).post(at+"/comment", "text", "I look at it").goes(at)
	b.get(at).is(200, "I look at it", "The pump\nis")
	b.post(at+"/draft", "text", "another tab", "version", "0").is(409, `"version":1`, "The pump")
	b.post(at+"/draft", "text", "The pump is dead, Bruno", "version", "1").is(200, `{"version":2}`)
	b.post(at+"/comment", "text", strings.Repeat("x", textMost+1), "draft", "2").is(422) // nothing was sent
	b.get(at).is(200, "The pump is dead, Bruno</textarea>")
	b.post(at+"/comment", "text", "The pump is dead, Bruno, come", "draft", "1").goes(at) // the last letters were not kept yet
	b.get(at).is(200, `name="draft" value="0"`).hides("Bruno</textarea>")
	b.post(at+"/draft", "text", "The pump is dead", "version", "2").is(409, `{"version":0}`) // it does not come back
	b.post(at+"/draft", "text", " \r\n ", "version", "0").is(200, `{"version":0}`)
}

func TestWordsOfAnotherTabStayWhenOneSends(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	at := fmt.Sprintf("/tickets/%d", n)
	b := o.as(users.Engineer)
	b.post(at+"/draft", "text", "of the other tab", "version", "0").is(200)
	b.post(at+"/comment", "text", "of this tab", "draft", "0").goes(at)
	b.get(at).is(200, "of the other tab</textarea>")
	admin := o.as(users.Admin)
	admin.post(at+"/draft", "text", "of the note", "version", "0").is(200)
	admin.post(at+"/hold", "text", "of the note, and a lawsuit").goes(at) // another form of the page, which takes no draft
	admin.get(at).is(200, "of the note</textarea>")
	b.post(at+"/close", "text", "of the other tab", "draft", "1").goes(at) // whatever button it was
	b.get(at).is(200).hides("of the other tab</textarea>")
}

func TestADraftIsBounded(t *testing.T) {
	o := open(t)
	at := fmt.Sprintf("/tickets/%d", o.opened("rossi", sla.Blocking, "down"))
	b := o.as(users.Engineer)
	b.post(at+"/draft", "text", strings.Repeat("à", drafts.TextMost), "version", "0").is(200)
	for _, fields := range [][]string{{"text", strings.Repeat("a", drafts.TextMost+1), "version", "1"}, {"text", "a", "version", "x"}, {"text", "a", "version", "-1"}, {"text", "a\x00", "version", "1"}} {
		b.post(at+"/draft", fields...).is(422)
	}
	b.post("/tickets/999/draft", "text", "a", "version", "0").is(404)
	o.as(users.Viewer).post(at+"/draft", "text", "a", "version", "0").is(403)
}

func TestColleaguesAreSeenAndGo(t *testing.T) {
	o := open(t)
	at := fmt.Sprintf("/tickets/%d", o.opened("rossi", sla.Blocking, "down"))
	anna, bruno := o.as(users.Engineer), o.as(users.Staff)
	anna.post(at+"/presence", "tab", "a").is(204)
	anna.get(at).is(200).hides("engineer is here") // oneself is nothing new
	bruno.get(at).is(200, "engineer is here").hides("writing")
	anna.post(at+"/presence", "tab", "b", "writing", "yes", "changed", "yes").is(204)
	bruno.get(at).is(200, "engineer is here, writing")
	bruno.post(at+"/comment", "text", "nobody is locked out").goes(at)
	anna.post(at+"/presence", "tab", "b", "left", "yes").is(204)
	bruno.get(at).is(200, "engineer is here").hides("writing")
	o.passes(presence.Holds + time.Second) // the other tab was closed without a word
	bruno.get(at).is(200).hides("engineer is here")
	if presence.Holds+10*time.Second > 30*time.Second || presence.Every*2 > presence.Holds {
		t.Error("a closed tab is not gone within 30 s, or one lost word makes somebody disappear")
	}
	for _, tab := range []string{"", strings.Repeat("a", 41)} {
		anna.post(at+"/presence", "tab", tab).is(422)
	}
	anna.post("/tickets/999/presence", "tab", "a").is(404)
}

func TestAFileComesBackAsADownloadThatRunsNowhere(t *testing.T) {
	o := open(t)
	at := fmt.Sprintf("/tickets/%d", o.opened("rossi", sla.Blocking, "down"))
	b := o.as(users.Engineer)
	page := []byte("<html><script>alert(1)</script>")
	b.attaches(at, `..\..\"><script>.html`, page).goes(at + "#attachments")
	b.attaches(at, `..\..\"><script>.html`, page).goes(at + "#attachments") // pressed twice
	shown := b.get(at).is(200, "file added", "1 kB").Body.String()
	if n := strings.Count(shown, "file added"); n != 1 {
		t.Errorf("it stands %d times in the history", n)
	}
	links := regexp.MustCompile(`href="(/attachments/[^"]+)"`).FindAllStringSubmatch(shown, -1)
	if len(links) != 1 {
		t.Fatalf("%d files", len(links))
	}
	a := o.as(users.Viewer).get(links[0][1]).is(200, string(page))
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
		"Content-Disposition": "attachment; filename=___script_.html",
	} {
		if got := a.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	b.get("/attachments/nothing").is(404)
	b.attaches("/tickets/999", "a.txt", page).is(404)
	b.attaches(at, "a.txt", nil).is(422, "not empty")
	b.post(at+"/attachments").is(422, "not empty")
	b.attaches(at, "a.exe", []byte("MZ\x90")).is(422, "is a program")
	b.attaches(at, "a.txt", bytes.Repeat([]byte("a"), attachments.Most+1)).is(422, "larger than 10 MB")
	b.attaches(at, "a.txt", bytes.Repeat([]byte("a"), attachments.Most+2<<20)).is(413, "too large")
	o.as(users.Viewer).attaches(at, "a.txt", page).is(403)
	for i := range attachments.TicketMost {
		_, _, err := o.config.Files.Put(t.Context(), attachments.Incoming{Ticket: 417, Name: fmt.Sprint(i)}, strings.NewReader("a"), o.clock())
		if i == attachments.TicketMost-1 {
			if err == nil {
				t.Error("one too many was kept")
			}
			continue
		}
		must(t, err)
	}
	b.attaches(at, "one more.txt", []byte("b")).is(422, "50 files")
}

func TestARecordingHasAWaveformAndSaysWhoListened(t *testing.T) {
	o := open(t)
	octets := bytes.Repeat([]byte{0x2a, 0xaa}, 8000)
	file := append(wav.Header(wav.G711(g711.ALaw), len(octets)), octets...)
	o.config.Recordings = func(context.Context, tickets.Recording) (io.ReadSeekCloser, error) {
		return sound{bytes.NewReader(file)}, nil
	}
	o.handler = New(o.config)
	n := o.opened("rossi", sla.Blocking, "down")
	_, err := o.desk.Keep(t.Context(), n, tickets.Recording{ID: "r1", At: o.clock(), Seconds: 2, Law: "alaw"}, o.clock())
	must(t, err)
	at := fmt.Sprintf("/tickets/%d", n)
	b := o.as(users.Engineer)
	b.get(at).is(200, `src="/recordings/r1/wave.svg"`, `data-seconds="2.00"`, "Nobody has listened yet")
	a := b.get("/recordings/r1/wave.svg").is(200, `data-seconds="2.00"`)
	if a.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("the waveform is %q", a.Header().Get("Content-Type"))
	}
	b.get(at).is(200, "Nobody has listened yet") // to look at it is not to listen
	b.get("/recordings/r1/audio").is(200)
	o.passes(10 * time.Minute)
	o.as(users.Staff).get("/recordings/r1/audio").is(200)
	b.get("/recordings/r1/audio").is(200)
	b.get(at).is(200, "Listened: engineer (09:10), staff (09:10)")
	b.get("/recordings/none/wave.svg").is(404)
	v := o.as(users.Viewer)
	v.get("/recordings/r1/wave.svg").is(403)
	v.get(at).is(200).hides("wave.svg", "Listened")
}

func TestTheHistoryHasEveryCallWithItsLegs(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	must(t, o.store.PutCalls(t.Context(), cdr.Call{
		ID: "c1", From: "+39065551239", Started: o.clock().Add(-time.Minute), Answered: o.clock().Add(-time.Minute), Ended: o.clock().Add(time.Minute), Ending: "caller hung up",
		Legs: []cdr.Leg{{Engineer: "anna", Started: o.clock(), Result: "busy"}, {Engineer: "anna", Started: o.clock(), Answered: o.clock(), Ended: o.clock().Add(5 * time.Second), Result: "accepted"}},
	}, cdr.Call{ID: "c2", Started: o.clock(), Ending: "caller hung up"}))
	for _, id := range []tickets.CallID{"c2", "gone", "c2"} {
		_, err := o.desk.CalledAgainAbout(t.Context(), n, id, "again", o.clock())
		must(t, err)
	}
	_, err := o.desk.Keep(t.Context(), n, tickets.Recording{ID: "r1", Call: "c1", At: o.clock(), Seconds: 1, Law: "alaw"}, o.clock())
	must(t, err)
	page := o.as(users.Viewer).get(fmt.Sprintf("/tickets/%d", n)).is(200, `<a href="/calls/c1">Call</a>`, "2 min 0 s", "Anna Verdi:</span> 09:00 busy", "09:00 accepted, 5 s", `<a href="/calls/c2">Call</a>`).hides("/calls/gone").Body.String()
	if strings.Count(page, `href="/calls/c2"`) != 1 || strings.Index(page, `href="/calls/c1"`) > strings.Index(page, ">opened<") {
		t.Error("the calls are not in their places, once each")
	}
}

// TestALineOfTheProgramIsToldInThePagesLanguage: what people wrote stays as it is.
func TestALineOfTheProgramIsToldInThePagesLanguage(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	for _, e := range []tickets.Event{
		{Kind: tickets.Unreached, Actor: "system", Text: "the chain was called and nobody accepted"},
		{Kind: tickets.Rang, Actor: "engineer:anna", Text: "Anna Verdi at <b>06</b>: no answer"},
		{Kind: tickets.Told, Actor: "system", Text: "an engineer acts by 2026-11-23T10:30:00Z"},
		{Kind: tickets.Commented, Actor: "staff:staff", Text: "nobody is on duty"},
		{Kind: tickets.AlertHeard, Actor: "alert", Text: "alerts of installation plant that wait for this and open no ticket of their own: 2, such as\nresolved pump\nthe door"},
		{Kind: tickets.CalledAgain, Actor: "caller", Text: "heard the state and hung up"},
		{Kind: tickets.Erased, Actor: "system", Text: "kept for 30 days, as agreed"},
	} {
		_, err := o.desk.Note(t.Context(), n, e, o.clock())
		must(t, err)
	}
	b, at := o.as(users.Engineer), fmt.Sprintf("/tickets/%d", n)
	b.get(at).is(200, "the chain was called and nobody accepted", "nobody is on duty")
	b.header.Set("Accept-Language", "it")
	b.get(at).is(200, "si è chiamata la catena e nessuno ha accettato", "Anna Verdi al &lt;b&gt;06&lt;/b&gt;: nessuna risposta", "un tecnico interviene entro", "11:30", "nobody is on duty",
		"non aprono un proprio ticket: 2, per esempio", "resolved pump\nthe door", "ha sentito lo stato e ha riagganciato", "conservata per 30 giorni, come concordato").hides("nobody accepted", "2026-11-23T10")
}

// TestWhyIsToldInThePagesLanguage: of a recording, a rota, a policy and a rule of alerts.
func TestWhyIsToldInThePagesLanguage(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	b.post("/language", "language", "it", "next", "/").is(303)
	b.uploads("/prompts/it/goodbye", "", "file", "x").is(422, `<p lang="it">questo file non va bene come messaggio: non è un file WAV, FLAC o OGG; si salvi come uno di questi</p>`)
	b.get("/outgoing/new").is(200, "Una chat di Telegram, con un bot").hides("A chat of Telegram")
	b.get("/outgoing/new?template=ntfy").is(200, "ntfy: Un argomento di ntfy", "facoltativo: token di accesso").hides("access token")
	b.post("/policies", "id", "p", "name", "P", "step-0-what", "bad").is(422, `<p lang="it">&#34;bad&#34; non è una delle scelte</p>`)
	b.post("/rotas", "id", "r", "name", "R", "zone", "Europe/Rome", "layer-0-name", "L", "layer-0-level", "1", "layer-0-rotation", "weekly", "layer-0-start", "x", "layer-0-turns", "anna").is(422, `<p lang="it">turno r: strato 1 (L): inizio`)
}

// TestTheCompanysNameStandsAboveWhatIsPrinted: a ticket, and the sheet for a customer.
func TestTheCompanysNameStandsAboveWhatIsPrinted(t *testing.T) {
	o := open(t)
	at := fmt.Sprintf("/tickets/%d", o.opened("rossi", sla.Blocking, "down"))
	b := o.as(users.Admin)
	b.get(at).is(200).hides(`class="company"`)
	b.post("/start/house", "name", "Officine <Gialli>", "language", "it", "zone", "Europe/Rome", "version", "0").goes("/start")
	for _, page := range []string{at, "/customers/rossi/report"} {
		b.get(page).is(200, `<p class="company">Officine &lt;Gialli&gt;</p>`)
	}
}
