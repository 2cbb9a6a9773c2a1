package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// atOnce sends requests at the same moment and gives the answers in their order.
func atOnce(n int, send func(i int) reply) []reply {
	answers, begin := make([]reply, n), make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-begin
			answers[i] = send(i)
		})
	}
	close(begin)
	all.Wait()
	return answers
}

func count(answers []reply, status int) (n int) {
	for _, a := range answers {
		if a.status == status {
			n++
		}
	}
	return n
}

func TestTwoClosureImportsAtOnceAreBothThere(t *testing.T) {
	h := open(t)
	file := func(i int) string {
		return strings.ReplaceAll(fmt.Sprintf("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:%d\nDTSTART;VALUE=DATE:2027%02d11\nSUMMARY:town %d\nEND:VEVENT\nEND:VCALENDAR\n", i, i+1, i), "\n", "\r\n")
	}
	const imports = 10
	for _, a := range atOnce(imports, func(i int) reply {
		return h.post("/calendars/office/closures", file(i), "Content-Type", "text/calendar")
	}) {
		a.is(200)
	}
	stands := h.get("/calendars/office").is(200)
	for i := range imports {
		stands.is(200, fmt.Sprintf("2027-%02d-11", i+1))
	}
	tag := stands.header.Get("ETag")
	h.post("/calendars/office/closures", file(10), "Content-Type", "text/calendar", "If-Match", tag).is(200, "2027-11-11")
	h.post("/calendars/office/closures", file(11), "Content-Type", "text/calendar", "If-Match", tag).is(412, "read it again")
}

func TestTenStaffEachAddATelephone(t *testing.T) {
	h := open(t)
	const staff = 10
	for _, a := range atOnce(staff, func(i int) reply {
		return h.ask("PATCH", "/api/v1/engineers/anna", fmt.Sprintf(`[{"op":"add","path":"/phones/-","value":"060000%d"}]`, i), "Content-Type", "application/json-patch+json")
	}) {
		a.is(200)
	}
	var anna struct {
		Phones  []string
		Version int
	}
	h.get("/engineers/anna").is(200).into(&anna)
	if len(anna.Phones) != staff+1 || anna.Version != staff+1 {
		t.Errorf("Anna has %d telephones, version %d: %v", len(anna.Phones), anna.Version, anna.Phones)
	}
}

// TestPatchesOfOneDocumentAreEachWrittenOnce: those who patch one document at once take turns. Else all but one of them write in vain and
// try again, each time, and so many clients keep the database busy that the line has to do without it.
func TestPatchesOfOneDocumentAreEachWrittenOnce(t *testing.T) {
	h := open(t)
	const clients = 20
	var written atomic.Int32
	h.store.mu.Lock()
	h.store.left = func() { written.Add(1) }
	h.store.mu.Unlock()
	for _, a := range atOnce(clients, func(i int) reply {
		return h.ask("PATCH", "/api/v1/contracts/rossi", fmt.Sprintf(`{"recordings_days":%d}`, i+1), "Content-Type", "application/merge-patch+json")
	}) {
		a.is(200)
	}
	if n := written.Load(); n != clients {
		t.Errorf("%d patches at once wrote the contract %d times", clients, n)
	}
}

// TestTenStaffWhoReadAndWriteWholeLoseNobodysEdit: one of those who read the same version writes; the others are told, read
// again, and add theirs.
func TestTenStaffWhoReadAndWriteWholeLoseNobodysEdit(t *testing.T) {
	h := open(t)
	const staff = 10
	add := func(i int) reply {
		for {
			var anna struct{ Phones []string }
			read := h.get("/engineers/anna").is(200).into(&anna)
			body := fmt.Sprintf(`{"name":"Anna","phones":["%s","06000%d"]}`, strings.Join(anna.Phones, `","`), i)
			if a := h.put("/engineers/anna", body, "If-Match", read.header.Get("ETag")); a.status != http.StatusPreconditionFailed {
				return a
			}
		}
	}
	for _, a := range atOnce(staff, add) {
		a.is(200)
	}
	var anna struct{ Phones []string }
	if h.get("/engineers/anna").into(&anna); len(anna.Phones) != staff+1 {
		t.Errorf("Anna has %v", anna.Phones)
	}
}

func TestOfTwentyPINRenewalsAtOnceOneWins(t *testing.T) {
	for _, tagged := range []bool{false, true} {
		h := open(t)
		match := ""
		if tagged {
			match = h.get("/contracts/rossi").header.Get("ETag")
		}
		h.atOnce.Store(true) // no time passes between them
		answers := atOnce(20, func(int) reply { return h.post("/contracts/rossi/pin", "", "If-Match", match) })
		if won := count(answers, 200); won != 1 || count(answers, 409)+count(answers, 412) != 19 {
			t.Errorf("%d of 20 renewals won, %d got 409, %d got 412", won, count(answers, 409), count(answers, 412))
		}
		for _, a := range answers {
			if a.status == 200 {
				var got struct{ PIN string }
				a.into(&got)
				if _, _, err := h.desk.Identify(got.PIN, "", monday(9, 0)); err != nil {
					t.Errorf("the PIN of the one who won does not open the line: %v", err)
				}
			}
		}
		h.post("/contracts/rossi/pin", "", "If-Match", h.get("/contracts/rossi").header.Get("ETag")).is(200)
		h.post("/contracts/rossi/pin", "").is(409, "a moment ago")
		h.atOnce.Store(false)
		h.post("/contracts/rossi/pin", "").is(200) // a minute later
	}
}

func TestACommentWithoutAVersionIsNeverRefused(t *testing.T) {
	h := open(t)
	h.opened()
	for _, a := range atOnce(200, func(i int) reply { return h.post("/tickets/417/comment", fmt.Sprintf(`{"text":"line %d."}`, i)) }) {
		a.is(200)
	}
	stands := h.get("/tickets/417").is(200)
	for i := range 200 {
		stands.is(200, fmt.Sprintf(`line %d.`, i))
	}
}

// documents are all documents of the API: how each is read, and a body of PUT that changes it; n makes them differ.
func documents() map[string]func(n int) string {
	limits := `{"contact":0,"intervention":0,"restore":0}`
	return map[string]func(n int) string{
		"/customers/rossi": func(n int) string { return fmt.Sprintf(`{"name":"Rossi %d"}`, n) },
		"/contracts/old": func(n int) string {
			return fmt.Sprintf(`{"customer":"rossi","level":"advanced","valid_from":"2025-01-%02dT00:00:00Z","remote_access":true}`, n+1)
		},
		"/levels/advanced": func(n int) string {
			return fmt.Sprintf(`{"name":"A %d","calendar":"office","blocking":%s,"non_blocking":%s}`, n, limits, limits)
		},
		"/calendars/office": func(n int) string {
			return fmt.Sprintf(`{"name":"O %d","zone":"Europe/Rome","week":[{"day":1,"from":"09:00","until":"18:00"}]}`, n)
		},
		"/engineers/anna": func(n int) string { return fmt.Sprintf(`{"name":"Anna %d","phones":["0612"]}`, n) },
		"/rota": func(n int) string {
			return fmt.Sprintf(`{"zone":"Europe/Rome","shifts":[{"engineer":"anna","level":1,"order":%d,"day":0,"from":"00:00","length":"168:00"}],"overrides":[]}`, n+1)
		},
		"/faults/network": func(n int) string { return fmt.Sprintf(`{"note":"note %d"}`, n) },
	}
}

// TestEveryDocumentHasATagThatItsEditsHonour walks every document and every way to say which version was read.
func TestEveryDocumentHasATagThatItsEditsHonour(t *testing.T) {
	for path, body := range documents() {
		h := open(t)
		h.put("/faults/network", `{"note":"known"}`).is(200)
		first := h.get(path).is(200).header.Get("ETag")
		if first != `"1"` {
			t.Errorf("%s: the tag is %q", path, first)
		}
		h.put(path, body(1)).is(428, "ETag", "If-Match")
		if got := h.put(path, body(1), "If-Match", first).is(200).header.Get("ETag"); got != `"2"` {
			t.Errorf("%s: the tag of the edited one is %q", path, got)
		}
		h.put(path, body(2), "If-Match", first).is(412, "read it again")
		h.put(path, body(2), "If-Match", `W/"2"`).is(412)
		h.put(path, body(2), "If-Match", `2`).is(400, "entity tag")
		h.put(path, body(2), "If-Match", `"1", "2"`).is(200, `"version":3`)
		h.put(path, body(3), "If-Match", "*").is(200, `"version":4`)
		h.put(path, body(3)).is(200, `"version":4`) // it says what stands already
		said := func(n, version int) string {
			return strings.TrimSuffix(body(n), "}") + fmt.Sprintf(`,"version":%d}`, version)
		}
		h.put(path, said(4, 3)).is(409, "read it again")
		h.put(path, said(4, 1<<40)).is(409)
		h.put(path, said(4, 4)).is(200, `"version":5`)
		patch := func(body string, extra ...string) reply { return h.ask("PATCH", "/api/v1"+path, body, extra...) }
		patch(body(5), "Content-Type", "application/merge-patch+json").is(200, `"version":6`)
		patch(body(6), "Content-Type", "application/merge-patch+json", "If-Match", `"5"`).is(412)
		patch(body(6), "Content-Type", "application/merge-patch+json", "If-Match", `"6"`).is(200, `"version":7`)
		patch(`[{"op":"test","path":"/version","value":6}]`, "Content-Type", "application/json-patch+json").is(409, "test")
		patch(`[{"op":"add","path":"/nonsense/x","value":6}]`, "Content-Type", "application/json-patch+json").is(422)
		patch(`[{"op":"add","path":"/nonsense","value":6}]`, "Content-Type", "application/json-patch+json").is(422, "nonsense")
		patch(`[]`, "Content-Type", "text/plain").is(415)
		patch(`[1]`, "Content-Type", "application/merge-patch+json").is(422)
		patch(`null`, "Content-Type", "application/merge-patch+json").is(422)
		answers := atOnce(8, func(i int) reply { return h.put(path, body(10+i), "If-Match", `"7"`) })
		if count(answers, 200) != 1 || count(answers, 412) != 7 {
			t.Errorf("%s: of 8 who edit one version at once %d did, %d were told", path, count(answers, 200), count(answers, 412))
		}
		if path == "/engineers/anna" || path == "/faults/network" {
			h.put("/rota", `{"zone":"Europe/Rome","shifts":[],"overrides":[]}`, "If-Match", "*").is(200)
			h.ask("DELETE", "/api/v1"+path, "", "If-Match", `"7"`).is(412)
			h.ask("DELETE", "/api/v1"+path, "", "If-Match", `"8"`).is(204)
			h.put(path, body(1), "If-Match", `"8"`).is(412, "does not exist")
			h.put(path, body(1)).is(200, `"version":9`) // a tag of before never fits what was made anew
		}
	}
}

func TestAFlowThatSomebodyElsePublishedMeanwhileIsNotReplacedUnseen(t *testing.T) {
	h := open(t)
	h.post("/flows", `{"yaml":"name: one"}`).is(201)
	seen := h.get("/flows").is(200).header.Get("ETag")
	answers := atOnce(6, func(i int) reply { return h.post("/flows", fmt.Sprintf(`{"yaml":"name: f%d"}`, i), "If-Match", seen) })
	if count(answers, 201) != 1 || count(answers, 412)+count(answers, 409) != 5 {
		t.Errorf("%d of 6 published over one version, %d were told", count(answers, 201), count(answers, 412)+count(answers, 409))
	}
	h.post("/flows", `{"yaml":"name: two"}`).is(201)
}
