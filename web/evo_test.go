package web

import (
	"fmt"
	"strings"
	"testing"

	"hotline/directory"
	"hotline/evosupport/news"
	"hotline/notify/mailing"
	"hotline/sla"
	"hotline/users"
)

// entitled is a house whose customer rossi has Evo Support.
func entitled(t *testing.T, email string) *office {
	t.Helper()
	o, ctx := open(t), t.Context()
	c, err := o.store.Contract(ctx, "rossi")
	must(t, err)
	c.EvoSupport = true
	_, err = o.store.PutContract(ctx, c)
	must(t, err)
	_, err = o.store.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi S.p.A.", Email: email, Version: 1})
	must(t, err)
	_, err = o.desk.CatchUp(ctx, o.store, o.clock())
	must(t, err)
	return o
}

func TestAVersionIsPublishedAfterItWasSaidWhoIsTold(t *testing.T) {
	o := entitled(t, "it@rossi.example")
	staff := o.as(users.Staff)
	staff.get("/releases").is(200, "There is no product yet", `href="/releases/new"`)
	staff.post("/releases", "id", "pbx").goes("/releases/pbx")
	staff.post("/releases", "id", "pbx").is(409, "stands already")
	staff.get("/releases/pbx").is(200, "No version was published yet", "Who would be told?")
	for id, contract := range map[string]string{"plant": "rossi", "office": "rossi-office"} {
		staff.post("/installations", "id", id, "contract", contract, "installation", "=1+1", "product", "pbx", "release", "7.2").goes("/installations")
	}
	publish := []string{"version", "1", "name", "8.1", "note", "Faster start."}
	staff.post("/releases/pbx/publish", publish...).is(200, "told of 8.1 by letter: 1", "<li>Rossi S.p.A.</li>", "nobody is told of it, later either", "Publish 8.1")
	if p, err := o.store.Product(t.Context(), "pbx"); err != nil || len(p.Releases) != 0 {
		t.Errorf("it is published already: %+v, %v", p, err)
	}
	staff.post("/releases/pbx/publish", with(publish, "seen", "8.0")...).is(200, "told of 8.1 by letter") // another version was shown
	n := o.opened("rossi", sla.Blocking, "down")
	staff.post("/releases/pbx/publish", with(publish, "tickets", fmt.Sprint(n))...).is(422, "only wishes for a feature")
	staff.post("/releases/pbx/publish", with(publish, "tickets", "soon")...).is(422, "numbers of tickets")
	staff.post("/releases/pbx/publish", with(publish, "name", "")...).is(422, "cannot be right")
	wish := o.opened("rossi", sla.Feature, "a new tone")
	staff.post("/releases/pbx/publish", with(publish, "tickets", fmt.Sprint(wish), "seen", "8.1")...).goes("/releases/pbx")
	staff.post("/releases/pbx/publish", with(publish, "name", "8.2", "seen", "8.2")...).is(409, "nothing was published", `value="8.2"`)
	staff.get("/releases/pbx").is(200, "Faster start.", fmt.Sprintf(`href="/tickets/%d"`, wish))
	must(t, failing(o.store.NoteReleases(t.Context(), "pbx", []string{"8.1"}, []news.Notice{{Product: "pbx", Release: "8.1", Contract: "rossi", Address: "it@rossi.example", Standing: mailing.Standing{Noted: o.clock(), State: mailing.Waiting, Due: o.clock()}}})))
	staff.get("/releases/pbx").is(200, "it@rossi.example", "waits")
	edit := []string{"version", "2", "releases-0-name", "8.1", "releases-0-at", "2026-11-23T09:00", "releases-0-note", "Much faster start.", "releases-0-tickets", fmt.Sprint(wish)}
	staff.get("/releases/pbx/edit").is(200, `value="8.1"`, "The newest comes first")
	staff.post("/releases/pbx", edit...).goes("/releases/pbx")
	staff.post("/releases/pbx", edit...).is(409, "changed this meanwhile")
	a := staff.post("/releases/pbx", with(edit, "version", "3", "releases-0-name", "8.1.1")...).is(200, "told of 8.1.1 by letter: 1") // a new name is a new version
	staff.post("/releases/pbx", with(edit, "version", "3", "releases-0-name", "8.1.1", "seen", seenIn(t, a))...).goes("/releases/pbx")
	staff.post("/releases/pbx/remove", "version", "4").goes("/releases")
	for _, role := range []users.Role{users.Viewer, users.Engineer} {
		o.as(role).post("/releases/pbx/publish", publish...).is(403)
		o.as(role).post("/installations", "id", "x").is(403)
		o.as(role).get("/releases").is(200).hides("/releases/new")
	}
}

// failing is the error of a call that gives something else too.
func failing[T any](_ T, err error) error { return err }

func TestInstallationsThatLagAreListed(t *testing.T) {
	o := entitled(t, "")
	staff := o.as(users.Staff)
	staff.post("/releases", "id", "pbx").goes("/releases/pbx")
	for id, contract := range map[string]string{"plant": "rossi", "office": "rossi-office"} {
		staff.post("/installations", "id", id, "contract", contract, "installation", "=hall-"+id, "product", "pbx", "release", "7.2").goes("/installations")
	}
	staff.post("/installations", "id", "hall", "contract", "rossi", "installation", "hall", "product", "pbx", "release", "8.1").goes("/installations")
	staff.post("/installations", "id", "hall", "contract", "nobody", "product", "pbx", "release", "8.1").is(422, "Contract")
	staff.post("/releases/pbx/publish", "version", "1", "name", "8.1").is(200, "by letter: 0", "without an address; to be told by other means: 1")
	staff.post("/releases/pbx/publish", "version", "1", "name", "8.1", "seen", "8.1").goes("/releases/pbx")
	viewer := o.as(users.Viewer)
	viewer.get("/installations").is(200, "Installations: 3", "Rossi S.p.A.", "=hall-plant", "7.2").hides(`href="/installations/plant"`)
	viewer.get("/installations?lagging=yes").is(200, "Installations: 2", "=hall-office")
	viewer.get("/installations?lagging=yes&entitled=yes").is(200, "Installations: 1", "=hall-plant", "/installations.csv?entitled=yes&amp;lagging=yes").hides("=hall-office")
	viewer.get("/installations?contract=rossi&product=pbx&release=8.1").is(200, "Installations: 1")
	viewer.get("/installations?contract=none").is(200, "No installation fits")
	table := viewer.get("/installations.csv?lagging=yes&entitled=yes").is(200, "plant", "8.1").Body.String()
	if strings.Count(table, "\n") != 2 || strings.Contains(table, ",=") || strings.Contains(table, ";=") {
		t.Errorf("the table is %q", table)
	}
	form := []string{"contract", "rossi", "installation", "=hall-plant", "product", "pbx", "release", "8.1"}
	staff.post("/installations/plant", with(form, "version", "1")...).goes("/installations")
	staff.post("/installations/plant", with(form, "version", "1", "release", "8.0")...).is(409, "What stands now: 8.1", `value="8.0"`)
	staff.get("/installations?lagging=yes&entitled=yes").is(200, "Installations: 0")
	staff.post("/installations/plant/remove", "version", "2").goes("/installations")
	for i := range 101 {
		staff.post("/installations", "id", fmt.Sprintf("x%03d", i), "contract", "rossi", "product", "pbx", "release", "8.1").goes("/installations")
	}
	viewer.get("/installations?product=pbx").is(200, "Installations: 103", "after=x097").hides("x100")
	viewer.get("/installations?product=pbx&after=x097").is(200, "x100").hides(">x097<", `rel="next"`)
}
