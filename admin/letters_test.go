package admin_test

import (
	"strings"
	"testing"
	"time"

	"hotline/evosupport/news"
	"hotline/notify/mailing"
	"hotline/notify/statement"
)

func TestLettersToCustomersAreListed(t *testing.T) {
	h := open(t)
	noted := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	for _, err := range []error{
		h.store.NoteStatement(t.Context(), statement.Letter{Contract: "rossi", Month: "2026-10", Standing: mailing.Standing{Noted: noted, State: mailing.NoAddress, Due: noted, Settled: noted}}),
		h.store.NoteStatement(t.Context(), statement.Letter{Contract: "bianchi", Month: "2026-10", Standing: mailing.Standing{Noted: noted, State: mailing.Waiting, Due: noted}}),
		failing(h.store.NoteReleases(t.Context(), "pbx", []string{"8.1"}, []news.Notice{{
			Product: "pbx", Release: "8.1", Contract: "rossi", Address: "it@rossi.example", Standing: mailing.Standing{Noted: noted.Add(time.Hour), State: mailing.Failed, Settled: noted, Tries: 3, Error: "550 no such user"},
		}})),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	h.get("/letters").is(200, `"letters":[{"kind":"release","contract":"rossi","about":"pbx 8.1","address":"it@rossi.example","noted":"2026-11-02T09:00:00Z","state":"failed"`, `"error":"550 no such user"`,
		`{"kind":"statement","contract":"bianchi","about":"2026-10","address":"","noted":"2026-11-02T08:00:00Z","state":"waiting","due":"2026-11-02T08:00:00Z","tries":0}`, `"state":"no_address","settled"`)
	for query, c := range map[string]struct{ has, lacks string }{
		"contract=bianchi": {"bianchi", "rossi"}, "state=no_address,failed": {"rossi", "bianchi"}, "limit=1": {"pbx", "2026-10"},
	} {
		if r := h.get("/letters?"+query).is(200, c.has); strings.Contains(r.body, c.lacks) {
			t.Errorf("%s: %s", query, r.body)
		}
	}
	h.get("/letters?contract=nobody").is(200, `{"letters":[]}`)
	h.get("/letters?state=lost").is(422, "query.state")
}

// failing is the error of a call that gives something else too.
func failing[T any](_ T, err error) error { return err }
