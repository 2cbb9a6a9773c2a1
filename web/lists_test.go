package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/directory"
	"hotline/sip/capture"
	"hotline/sip/ladder"
	"hotline/tickets"
	"hotline/users"
)

func TestCallsAreListedAndOneIsShownWithItsLegs(t *testing.T) {
	o := open(t)
	for i := range callsOnPage + 1 {
		began := monday(8, 0).Add(time.Duration(i) * time.Minute)
		must(t, o.store.PutCalls(t.Context(), cdr.Call{
			ID: tickets.CallID(fmt.Sprintf("c%d", i)), From: "+39065551239", To: "hotline", Started: began, Answered: began, Ended: began.Add(65 * time.Second), Ending: "caller hung up",
			Customer: "rossi", Ticket: 417, Steps: []string{"welcome", "pin"}, Refusals: []string{"the operator refused the recording of the talk, by key: nothing of it is recorded"}, Quality: cdr.Quality{PacketsIn: 99, Lost: 3, Jitter: 0.0042},
			Legs: []cdr.Leg{{Engineer: "anna", Address: "sip:anna@127.0.0.1", Started: began, Result: "no answer"}},
		}))
	}
	b := o.as(users.Viewer)
	a := b.get("/calls").is(200, "Calls: 51", `href="/calls/c50"`, "Rossi S.p.A.", "1 min 5 s", "caller hung up", `rel="next"`).hides(`href="/calls/c0"`)
	next := regexp.MustCompile(`rel="next" href="([^"]*)"`).FindStringSubmatch(a.Body.String())
	b.get(strings.ReplaceAll(next[1], "&amp;", "&")).is(200, `href="/calls/c0"`).hides(`rel="next"`)
	b.get("/calls?day=2026-11-22").is(200, "No call.")
	b.get("/calls?day=2026-11-23&number=%2B39065551239").is(200, "Calls: 51")
	b.get("/calls?number=%2B39+06+555+1239").is(200, "Calls: 51") // as people write it
	b.get("/calls?customer=rossi&ending=caller+hung+up").is(200, "Calls: 51", `value="rossi"`, `<option value="caller hung up" selected>`)
	b.get("/calls?customer=Rossi+s.p.a.").is(200, "Calls: 51")
	b.get("/calls?ending=line+lost").is(200, "No call.")
	b.get("/calls?ending=never").is(200, "No call.", `<option value="never" selected>`)
	b.get("/calls?customer=nobody").is(200, "No call.", "No customer is called nobody")
	_, err := o.store.PutCustomer(t.Context(), directory.Customer{ID: "rossini", Name: "Rossini"})
	must(t, err)
	_, err = o.desk.CatchUp(t.Context(), o.store, o.clock())
	must(t, err)
	b.get("/calls?customer=ross&day=2026-11-23").is(200, "Which one?", `href="/calls?customer=rossini&amp;day=2026-11-23&amp;ending=&amp;number="`, "No call.")
	b.get("/customers/rossi").is(200, `href="/calls?customer=rossi"`)
	b.get("/calls?day=yesterday").is(200, "Write the day as 2026-11-23")
	b.get("/calls/c7").is(200, "welcome, pin", "99 packets, 3 lost here, 0 there, jitter 4 ms", "Anna Verdi", "no answer", `href="/tickets/417"`)
	b.get("/calls/c7").is(200, "Recording refused", "the operator refused the recording of the talk, by key: nothing of it is recorded")
	b.get("/calls/c7?lang=it").is(200)
	b.get("/calls/none").is(404)
}

func TestAWeekShowsWhoIsOnCallAndTheGaps(t *testing.T) {
	o := open(t)
	b := o.as(users.Viewer)
	b.get("/oncall").is(200, "Monday 23 November - Sunday 29 November", "main", "Europe/Rome", "08:00-12:00", "Anna Verdi", "12:00-24:00", "nobody", "span gap", "day today").order("00:00-08:00", "nobody", "08:00-12:00", "Anna Verdi", "12:00-24:00", "nobody")
	b.get("/oncall?week=2026-12-02").is(200, "Monday 30 November - Sunday 6 December", "/oncall?week=2026-12-07", "/oncall?week=2026-11-23").hides("day today")
	b.get("/oncall?week=nonsense").is(200, "Monday 23 November")
}

func TestCustomersAreReadPageByPage(t *testing.T) {
	o := open(t)
	for i := range customersOnPage + 5 {
		_, err := o.store.PutCustomer(t.Context(), directory.Customer{ID: directory.CustomerID(fmt.Sprintf("k%02d", i)), Name: fmt.Sprintf("Company %02d", 99-i)})
		must(t, err)
	}
	_, err := o.desk.CatchUp(t.Context(), o.store, o.clock())
	must(t, err)
	b := o.as(users.Viewer)
	seen := map[string]bool{}
	path := "/customers"
	for range 3 {
		a := b.get(path).is(200, "Customers: 56")
		for _, m := range regexp.MustCompile(`href="/customers/([a-z0-9]+)"`).FindAllStringSubmatch(a.Body.String(), -1) {
			if seen[m[1]] {
				t.Errorf("%s stands there twice", m[1])
			}
			seen[m[1]] = true
		}
		next := regexp.MustCompile(`rel="next" href="([^"]*)"`).FindStringSubmatch(a.Body.String())
		if next == nil {
			break
		}
		path = strings.ReplaceAll(next[1], "&amp;", "&")
	}
	if len(seen) != customersOnPage+6 {
		t.Errorf("%d customers were seen", len(seen))
	}
	b.get("/customers?q=rossi").is(200, "Customers: 1", "Rossi S.p.A.")
	b.get("/customers/rossi").is(200, "rossi-office", "Extended", "in force", "/?state=all&amp;customer=rossi").hides("Renew the PIN")
	b.get("/customers/none").is(404)
}

// TestAPINIsRenewedOnceAndShownOnce: the form names the version that it was shown with, so a second press does nothing.
func TestAPINIsRenewedOnceAndShownOnce(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	version := func() string {
		c, err := o.store.Contract(t.Context(), "rossi")
		must(t, err)
		return fmt.Sprint(c.Version)
	}
	v := version()
	b.get("/customers/rossi").is(200, "Renew the PIN").hides(`class="pin"`)
	a := b.post("/contracts/rossi/pin", "version", v).is(200, "The new PIN")
	pin := regexp.MustCompile(`class="pin">(\d{6,12})<`).FindStringSubmatch(a.Body.String())
	if pin == nil {
		t.Fatalf("no PIN:\n%s", a.main())
	}
	if id, _, err := o.desk.Identify(pin[1], "+39065551239", o.clock()); err != nil || id.Contract.ID != "rossi" {
		t.Errorf("the line does not know it: %v", err)
	}
	b.post("/contracts/rossi/pin", "version", v).is(http.StatusConflict, "by somebody else").hides(`class="pin"`)
	b.post("/contracts/rossi/pin").is(http.StatusConflict)
	b.post("/contracts/none/pin", "version", "1").is(404)
	b.get("/customers/rossi").is(200).hides(pin[1])
	if strings.Contains(o.log.String(), pin[1]) {
		t.Error("the PIN stands in the log")
	}
	o.as(users.Staff).post("/contracts/rossi/pin", "version", version()).is(http.StatusForbidden)
}

// messaged is a keeper of messages that has heard one call, with a telephone that was rung at the same instant, and whose every text is one
// and the same.
func messaged(at time.Time, id, text string) *ladder.Keeper {
	k, caller, line := ladder.New(), netip.MustParseAddrPort("192.0.2.7:5060"), netip.MustParseAddrPort("127.0.0.1:5060")
	say := func(from, to netip.AddrPort, format string, values ...any) {
		k.Capture(capture.Message{At: at, From: from, To: to, Transport: "UDP", Sent: from == line, Octets: fmt.Appendf(nil, format, values...)})
	}
	say(caller, line, "INVITE sip:x SIP/2.0\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nTo: <sip:hotline@x>\r\n\r\n", id)
	say(line, caller, "SIP/2.0 200 %s\r\nCall-ID: %s\r\nCSeq: 1 %s\r\n\r\n", text, id, text)
	say(line, caller, "INVITE sip:anna@127.0.0.1 SIP/2.0\r\nCall-ID: leg\r\nCSeq: 1 INVITE\r\nTo: <sip:anna@127.0.0.1>\r\n\r\n")
	say(caller, line, "BYE sip:x SIP/2.0\r\nCall-ID: %s\r\nCSeq: 2 BYE\r\n\r\n", id)
	return k
}

func TestACallShowsItsMessagesAsALadder(t *testing.T) {
	o := open(t)
	at := monday(9, 0)
	over := at.Add(-time.Hour)
	must(t, o.store.PutCalls(t.Context(),
		cdr.Call{ID: "c1", SIPID: "abc", From: "+39065551239", Started: at, Ended: over, Quality: cdr.Quality{PacketsIn: 9, Lost: 2}, Legs: []cdr.Leg{{Engineer: "anna", Address: "sip:anna@127.0.0.1", Started: at}}},
		cdr.Call{ID: "c3", SIPID: "abc", Started: at, Legs: []cdr.Leg{
			{Engineer: "anna", Address: "sip:another@127.0.0.1", SIPID: "leg", Started: at.Add(time.Hour)},
			{Engineer: "anna", Address: "sip:anna@127.0.0.1", SIPID: "forgotten", Started: at},
		}},
		cdr.Call{ID: "c2", SIPID: "of another node", Started: at, Ended: over}))
	b := o.as(users.Viewer)
	b.get("/calls/c1").is(200, "Messages (SIP)", "No messages of this call are kept").hides(`<svg class="ladder"`)
	k := messaged(at, "abc", "OK")
	k.Report("abc", ladder.Report{At: at, Sender: true, Measured: true, Lost: 0.25, Jitter: 10 * time.Millisecond})
	k.Report("abc", ladder.Report{At: at, Sent: true})
	o.config.Ladder = k
	o.handler = New(o.config)
	b.get("/calls/c1").is(200, "Messages (SIP)", `<svg class="ladder"`, "39065551239 → hotline: INVITE", "hotline → Anna Verdi: INVITE", "39065551239 → hotline: SR 25 % lost, jitter 10 ms", "hotline → &#43;39065551239: RR<", "RTCP: 2 lost here", ">200 OK (?)<", "39065551239: 192.0.2.7:5060 → 127.0.0.1:5060, UDP")
	if page := b.get("/calls/c3").is(200).Body.String(); strings.Count(page, "hotline → Anna Verdi: INVITE") != 1 {
		t.Error("a telephone's messages are not found by its Call-ID alone")
	}
	b.get("/calls/c2").is(200, "No messages of this call are kept").hides(`<svg class="ladder"`)
}

// TestACallThatIsNotHereShowsWhatTheStoreHas, or says where its messages are, and what of them was left out.
func TestACallThatIsNotHereShowsWhatTheStoreHas(t *testing.T) {
	o := open(t)
	at := o.clock()
	many := messaged(at, "many", "OK")
	for range 100 {
		many.Capture(capture.Message{At: at, Octets: []byte("INFO sip:x SIP/2.0\r\nCall-ID: many\r\nCSeq: 3 INFO\r\n\r\n")})
	}
	kept := func(id tickets.CallID, k *ladder.Keeper, gone int, dialogs ...string) {
		var list []ladder.Dialog
		for _, one := range dialogs {
			d, ok := k.Of(one)
			if !ok {
				t.Fatalf("there is no dialog %s", one)
			}
			list = append(list, d)
		}
		parts, err := ladder.NewWriter().Write(list, gone)
		must(t, err)
		_, err = o.store.AddLadders(t.Context(), cdr.Ladder{Call: id, At: at, Parts: parts})
		must(t, err)
	}
	legs := []cdr.Leg{{Engineer: "anna", SIPID: "leg", Started: at}}
	must(t, o.store.PutCalls(t.Context(),
		cdr.Call{ID: "kept", SIPID: "abc", From: "+39065551239", Started: at.Add(-time.Hour), Ended: at, Legs: legs}, cdr.Call{ID: "many", SIPID: "many", Started: at.Add(-time.Hour), Ended: at.Add(-time.Minute)},
		cdr.Call{ID: "browser", Transport: cdr.Browser, Started: at, Ended: at, Legs: legs}, cdr.Call{ID: "broken", SIPID: "abc", Started: at, Ended: at.Add(-time.Hour)},
		cdr.Call{ID: "elsewhere", SIPID: "x", Started: at}, cdr.Call{ID: "here", SIPID: "y", Started: at}, cdr.Call{ID: "just", SIPID: "z", Started: at, Ended: at.Add(-10 * time.Second)}))
	kept("kept", messaged(at, "abc", "OK"), 0, "abc", "leg")
	kept("many", many, 3, "many")
	kept("browser", many, 0, "leg")
	for _, octets := range [][]byte{[]byte("no parts"), make([]byte, cdr.LadderMost)} {
		_, err := o.store.AddLadders(t.Context(), cdr.Ladder{Call: "broken", At: at, Parts: octets})
		must(t, err)
	}
	o.config.Ladder, o.config.Calls = ladder.New(), func() []cdr.Call { return []cdr.Call{{ID: "here"}} }
	o.handler = New(o.config)
	b := o.as(users.Viewer)
	b.get("/calls/kept").is(200, `<svg class="ladder"`, "39065551239 → hotline: INVITE", "hotline → Anna Verdi: INVITE", "39065551239 → hotline: BYE").hides("left out")
	b.get("/calls/many").is(200, `<svg class="ladder"`, "43 later messages were left out", "The messages of 3 more telephones that were rung were left out")
	b.get("/calls/browser").is(200, "hotline → Anna Verdi: INVITE")
	b.get("/calls/elsewhere").is(200, "The messages are in the memory of another node").hides(`<svg class="ladder"`)
	b.get("/calls/just").is(200, "The messages are in the memory of another node")
	b.get("/calls/here").is(200, "No messages of this call are kept")
	b.get("/calls/broken").is(200, "No messages of this call are kept")
	if !strings.Contains(o.log.String(), "cannot be read") {
		t.Error("octets that cannot be read are not told of")
	}
}
