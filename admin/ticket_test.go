package admin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/tickets"
)

func TestTicketHasTheFieldsThatScriptsRead(t *testing.T) {
	h := open(t)
	k := h.opened()
	h.get(fmt.Sprintf("/tickets/%d", k.Number)).is(200,
		`"number":417`, `"contract":"rossi"`, `"customer":"rossi"`, `"caller":"0612345"`, `"caller_shown":"`, `"channel":"web"`, `"claim":"blocking"`,
		`"assessment":""`, `"priority":1`, `"level":"extended"`, `"state":"open"`, `"assignee":""`, `"clocks":[{"kind":"contact","due":`,
		`"met_at":null,"broken_at":null,"projected":false`, `"recordings":[]`, `"history":[{`, `"actor":"staff:demo"`, "the switchboard is down")
	if len(k.Clocks) != 3 || !k.Clocks[2].Projected || k.Clocks[2].Kind != "restore" {
		t.Errorf("clocks are %+v", k.Clocks)
	}
}

func TestTicketGoesItsWay(t *testing.T) {
	h := open(t)
	path := fmt.Sprintf("/tickets/%d/", h.opened().Number)
	for _, step := range []struct{ verb, body, state, event string }{
		{"assign", `{"engineer":"anna"}`, "assigned", "assigned"},
		{"contact", "", "assigned", "contact"},
		{"comment", `{"text":"the PBX has no power"}`, "assigned", "commented"},
		{"assess", `{"category":"non_blocking"}`, "assigned", "assessed"},
		{"intervention", "", "in_progress", "intervention"},
		{"waiting", `{"text":"which rack?"}`, "waiting", "waiting_for_customer"},
		{"resume", "", "in_progress", "resumed"},
		{"time", `{"minutes":10,"what":"looked at the log"}`, "in_progress", "time_spent"},
		{"restored", "", "restored", "restored"},
		{"close", `{"text":"agreed"}`, "closed", "closed"},
		{"reopen", "", "open", "reopened"},
		{"not-a-request", "", "not_request", "not_a_request"},
	} {
		var k ticket
		h.post(path+step.verb, step.body).is(200).into(&k)
		if k.State != step.state || k.last() != step.event {
			t.Errorf("after %s the ticket is %s with %q last; want %s, %q", step.verb, k.State, k.last(), step.state, step.event)
		}
	}
	var k ticket
	h.get(strings.TrimSuffix(path, "/")).is(200).into(&k)
	if k.Claim != "blocking" || k.Assessment != "non_blocking" || k.Priority != 3 || k.TimeSpent != 600 || k.Assignee != "anna" {
		t.Errorf("the ticket ends as %+v", k)
	}
	for _, c := range k.Clocks {
		if c.MetAt == nil || c.Projected {
			t.Errorf("the %s clock was not met", c.Kind)
		}
	}
	h.get(path+"history").is(200, "the PBX has no power", "which rack?", "agreed")
}

func TestMovesThatTheTableForbidsConflict(t *testing.T) {
	h := open(t)
	path := fmt.Sprintf("/tickets/%d/", h.opened().Number)
	h.post(path+"reopen", "").is(409, "is open and cannot become open")
	h.post(path+"close", "").is(200)
	h.post(path+"intervention", "").is(409)
}

func TestEveryMinuteOfAClockIsExplained(t *testing.T) {
	h := open(t)
	var e struct {
		Clocks []struct {
			From, Due time.Time
			Limit     int `json:"limit_seconds"`
			Parts     []struct {
				From, Until time.Time
				Spent       int `json:"spent_seconds"`
			}
		}
	}
	h.get(fmt.Sprintf("/tickets/%d/explanation", h.opened().Number)).is(200).into(&e)
	if len(e.Clocks) != 3 {
		t.Fatalf("%d clocks are explained", len(e.Clocks))
	}
	for _, c := range e.Clocks {
		at := c.From
		for _, p := range c.Parts {
			if !p.From.Equal(at) {
				t.Errorf("a gap from %s to %s", at, p.From)
			}
			at = p.Until
		}
		if !at.Equal(c.Due) || c.Parts[len(c.Parts)-1].Spent != c.Limit {
			t.Errorf("the parts end at %s, the clock at %s", at, c.Due)
		}
	}
	h.get("/tickets/418/explanation").is(404)
	h.post("/tickets", `{"claim":"question"}`).is(201)
	h.get("/tickets/418/explanation").is(200, `{"clocks":[]}`)
}

func TestListFiltersSortsAndPages(t *testing.T) {
	h := open(t)
	h.opened()
	h.post("/tickets", `{"customer":"rossi","claim":"question","caller":"+39061"}`).is(201, `"level":"on_request"`, `"customer_name":"Rossi S.p.A."`)
	h.post("/tickets", `{"claim":"feature","channel":"email"}`).is(201, `"channel":"email"`)
	h.post("/tickets/418/assign", `{"engineer":"anna"}`).is(200)
	for query, want := range map[string]string{
		"":                                 "419 418 417",
		"?sort=number":                     "417 418 419",
		"?sort=priority":                   "417 418 419",
		"?sort=-priority":                  "419 418 417",
		"?limit=1":                         "419",
		"?priority=0":                      "",
		"?priority=1,4":                    "417",
		"?due_before=2026-11-23T09:01:30Z": "",
		"?q=41":                            "419 418 417",
		"?state=open":                      "419 417",
		"?state=open,assigned&sort=number": "417 418 419",
		"?contract=rossi":                  "417",
		"?customer=rossi":                  "418 417",
		"?category=feature":                "419",
		"?level=extended":                  "417",
		"?caller=%2B39061":                 "418",
		"?assignee=anna":                   "418",
		"?q=ROSSI":                         "418 417",
		"?since=2026-11-23T09:01:30Z":      "419 418",
		"?until=2026-11-23T09:01:30Z":      "417",
		"?q=%27%3B+drop+table+tickets--":   "",
	} {
		var list struct {
			Tickets []ticket
			Total   int
		}
		h.get("/tickets" + query).is(200).into(&list)
		var got []string
		for _, k := range list.Tickets {
			got = append(got, fmt.Sprint(k.Number))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q lists %v, want %s", query, got, want)
		}
		if strings.Contains(query, "limit=1") && list.Total != 3 {
			t.Errorf("%q counts %d in all", query, list.Total)
		}
	}
}

func TestListRefusesWhatItDoesNotKnow(t *testing.T) {
	h := open(t)
	for _, query := range []string{
		"?sort=caller", "?sort=number%3Bdrop", "?state=lost", "?category=urgent", "?limit=0", "?limit=501", "?limit=x", "?offset=1",
		"?since=yesterday", "?stat=open", "?after=417", "?sort=due&after=bm8", "?after=" + strings.Repeat("A", 401), "?text=rossi",
		"?priority=6", "?priority=x", "?due_before=soon", "?q=%3F", "?q=" + strings.Repeat("a", 201),
	} {
		h.get("/tickets"+query).is(422, `"location":"query.`)
	}
}

func TestStaffOpenOnlyForWhatExists(t *testing.T) {
	h := open(t)
	for body, says := range map[string]string{
		`{"contract":"nobody"}`:                           `body.contract`,
		`{"customer":"nobody"}`:                           `body.customer`,
		`{"contract":"old"}`:                              `not in force`,
		`{"contract":"far"}`:                              `no remote access`,
		`{"contract":"rossi","customer":"verdi"}`:         `belongs to rossi`,
		`{"claim":"urgent"}`:                              `body.claim`,
		`{"channel":"phone"}`:                             `body.channel`,
		`{"priority":1}`:                                  `body.priority`,
		`{"text":"` + strings.Repeat("a", 10_001) + `"}`:  `body.text`,
		`{"contract":["rossi"],"claim":{"key":"1"}}`:      `body.claim`,
		`{"contract":"rossi","claim":"question","x":"y"}`: `body.x`,
	} {
		h.post("/tickets", body).is(422, says)
	}
	h.post("/tickets/417/assign", `{"engineer":"anna"}`).is(404)
	h.opened()
	h.post("/tickets/417/assign", `{"engineer":"nobody"}`).is(422, "body.engineer")
	h.post("/tickets/417/comment", `{"text":"   "}`).is(422)
	h.post("/tickets/417/time", `{"minutes":0,"what":"x"}`).is(422, "body.minutes")
	h.post("/tickets/417/assess", `{"category":""}`).is(422, "body.category")
	h.post("/tickets/417/assess", ``).is(400, "body is required")
}

func TestRecordingIsServedInRangesAndEveryAccessLogged(t *testing.T) {
	h := open(t)
	h.opened()
	for _, id := range []string{"m1", "gone"} {
		_, err := h.desk.Keep(t.Context(), 417, tickets.Recording{ID: id, Call: "c1", At: monday(9, 0), Seconds: 2.5, SHA256: "abc"}, monday(9, 0))
		must(t, err)
	}
	var k ticket
	h.get("/tickets/417").is(200).into(&k)
	url := strings.TrimPrefix(k.Recordings[0].URL, "/api/v1")
	if url != "/recordings/m1/audio" {
		t.Fatalf("the recording is at %q", url)
	}
	whole := h.get(url).is(200)
	if whole.body != string(wave()) || whole.header.Get("Content-Type") != "audio/wav" || whole.header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("the sound is %q, header %v", whole.body, whole.header)
	}
	for ranges, want := range map[string]string{"bytes=0-3": "RIFF", "bytes=-4": "ghij", "bytes=18-19": "ab"} {
		if part := h.ask("GET", "/api/v1"+url, "", "Range", ranges).is(206); part.body != want {
			t.Errorf("%s gives %q", ranges, part.body)
		}
	}
	if r := h.ask("GET", "/api/v1"+url, "", "Range", "bytes=900-").is(416, "no such octets"); r.header.Get("Content-Range") != "bytes */28" {
		t.Errorf("a range behind the end is answered with %v", r.header)
	}
	if r := h.ask("GET", "/api/v1"+url, "", "If-None-Match", `"abc"`); r.status != 304 {
		t.Errorf("a sound that the browser has is answered with %d", r.status)
	}
	h.get("/recordings/m1/accesses").is(200, `"actor":"staff:demo"`, `"at":"2026-11-23T09:`)
	h.get("/recordings/none/accesses").is(404)
	h.get("/recordings/none/audio").is(404)
	h.get("/recordings/gone/audio").is(404)
	h.get("/recordings/..%2F..%2Fetc%2Fpasswd/audio").is(404)
	heard := h.store.heard()
	if len(heard) != 6 || heard[0] != "staff:demo m1" {
		t.Errorf("the log of accesses is %q", heard)
	}
	h.ask("GET", "/api/v1"+url, "", "Authorization", "Bearer other").is(401)
	if len(h.store.heard()) != 6 {
		t.Error("somebody without a token got as far as the log of accesses")
	}
}
