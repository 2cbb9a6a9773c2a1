package web

import (
	"fmt"
	"testing"
	"time"

	"hotline/directory"
	"hotline/evosupport/news"
	"hotline/notify/mailing"
	"hotline/notify/statement"
	"hotline/users"
)

// TestWhoGotWhichLetterIsShownByContract: to whom and when, who could not and why, and who has no address now.
func TestWhoGotWhichLetterIsShownByContract(t *testing.T) {
	o := entitled(t, "")
	staff := o.as(users.Staff)
	staff.get("/letters").is(200, "No letter fits", "Reached by no letter", `href="/customers/rossi"`, "News of a version").hides("<td>Statement of a month")
	noted := o.clock().Add(-time.Hour)
	for _, l := range []statement.Letter{
		{Contract: "rossi", Month: "2026-10", Standing: mailing.Standing{Noted: noted, State: mailing.NoAddress, Due: noted, Settled: noted}},
		{Contract: "rossi-office", Month: "2026-09", Standing: mailing.Standing{Noted: noted, State: mailing.Waiting, Due: noted}},
	} {
		must(t, o.store.NoteStatement(t.Context(), l))
	}
	list, err := o.store.ClaimStatements(t.Context(), noted, noted.Add(time.Hour))
	must(t, err)
	l := list[0]
	l.Address, l.State, l.Settled = "office@rossi.example", mailing.Sent, noted
	must(t, o.store.PutStatement(t.Context(), l))
	must(t, failing(o.store.NoteReleases(t.Context(), "pbx", []string{"8.1"}, []news.Notice{{
		Product: "pbx", Release: "8.1", Contract: "rossi", Address: "it@<rossi>.example", Standing: mailing.Standing{Noted: noted, State: mailing.Failed, Due: noted, Settled: noted, Error: "550 no such user"},
	}})))
	staff.get("/letters").is(200, "Statement of a month: October 2026", "Statement of a month: September 2026", "office@rossi.example", "News of a version: pbx 8.1", "it@&lt;rossi&gt;.example", "550 no such user", "has no address")
	staff.get("/letters?contract=rossi-office").is(200, "September 2026").hides("October 2026", "pbx 8.1", "Reached by no letter")
	staff.get("/letters?state=undelivered").is(200, "October 2026", "pbx 8.1").hides("September 2026")
	staff.get("/letters?state=sent").is(200, "September 2026").hides("October 2026", "pbx 8.1")
	staff.get("/letters?state=odd").is(200, "September 2026", "October 2026")
	staff.get("/customers/rossi").is(200, `href="/letters?contract=rossi"`)
	for n := range mailing.Most {
		must(t, o.store.NoteStatement(t.Context(), statement.Letter{Contract: directory.ContractID(fmt.Sprint("c", n)), Month: "2026-10", Standing: mailing.Standing{Noted: o.clock(), State: mailing.Moot, Settled: o.clock()}}))
	}
	staff.get("/letters").is(200, "Only the newest 200 are shown", "not wanted any more").hides("pbx 8.1")
	for _, role := range []users.Role{users.Viewer, users.Engineer} {
		o.as(role).get("/letters").is(403)
		o.as(role).get("/customers/rossi").is(200).hides("/letters?contract=")
	}
	must(t, failing(o.store.PutCustomer(t.Context(), directory.Customer{ID: "rossi", Name: "Rossi S.p.A.", Email: "it@rossi.example", Version: 2})))
	must(t, failing(o.desk.CatchUp(t.Context(), o.store, o.clock())))
	staff.get("/letters").is(200).hides("Reached by no letter")
}
