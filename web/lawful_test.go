package web

import (
	"net/http"
	"net/url"
	"testing"

	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

func TestAnAdministratorErasesExportsAndHolds(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	_, err := o.desk.Keep(t.Context(), n, tickets.Recording{ID: "r1", Call: "c1", At: o.clock(), Seconds: 1, Law: "alaw"}, o.clock())
	must(t, err)
	at := (&request{}).address(n)
	admin := o.as(users.Admin)
	o.as(users.Engineer).get("/recordings/r1/audio").is(http.StatusOK)
	admin.get(at).is(http.StatusOK, "Who listened", "engineer: listened", "Export the recordings")
	o.as(users.Staff).get(at).is(http.StatusOK).hides("Who listened")
	if a := admin.get(at + "/recordings.zip").is(http.StatusOK); a.Header().Get("Content-Type") != "application/zip" {
		t.Error("the export is no archive")
	}
	admin.do(http.MethodPost, at+"/hold", url.Values{"text": {" "}}).is(http.StatusUnprocessableEntity, "Write a reason")
	admin.do(http.MethodPost, at+"/hold", url.Values{"text": {"a claim"}}).goes(at)
	admin.do(http.MethodPost, at+"/erase-recordings", url.Values{"text": {"asked for"}}).is(http.StatusConflict, "A legal hold stands (a claim)")
	admin.do(http.MethodPost, at+"/lift-hold", url.Values{"text": {"settled"}}).goes(at)
	admin.do(http.MethodPost, at+"/erase-recordings", url.Values{"text": {"asked for"}}).goes(at)
	admin.get("/recordings/r1/audio").is(http.StatusGone)
	admin.get(at).is(http.StatusOK, "recordings erased", "admin: exported", "admin: erased").hides("<audio", "Export the recordings")
}

// TestATalkIsARecordingOfItsOwnKind: the ticket's page names it, and it is listened to, exported and erased like any other.
func TestATalkIsARecordingOfItsOwnKind(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	_, err := o.desk.Keep(t.Context(), n, tickets.Recording{ID: "r1", Call: "c1", At: o.clock(), Seconds: 61, Law: "alaw", Kind: tickets.Talk}, o.clock())
	must(t, err)
	at := (&request{}).address(n)
	admin := o.as(users.Admin)
	admin.get(at).is(http.StatusOK, "Talk, two channels:", "the talk of the caller and an engineer, in two channels", `src="/recordings/r1/audio"`)
	admin.get("/recordings/r1/audio").is(http.StatusOK)
	admin.do(http.MethodPost, at+"/erase-recordings", url.Values{"text": {"asked for"}}).goes(at)
	admin.get("/recordings/r1/audio").is(http.StatusGone)
}
