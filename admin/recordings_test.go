package admin_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"hotline/tickets"
	"hotline/tokens"
)

// withRecordings is a house with ticket 417 of contract rossi, and the recordings m1 and m2 on it.
func withRecordings(t *testing.T) *house {
	h := open(t)
	h.post("/tickets", `{"contract":"rossi","caller":"0612345","claim":"blocking"}`).is(201)
	for _, id := range []string{"m1", "m2"} {
		_, err := h.desk.Keep(t.Context(), 417, tickets.Recording{ID: id, Call: "c1", At: monday(9, 0), Seconds: 2.5, Law: "ulaw", SHA256: "abc"}, monday(9, 0))
		must(t, err)
	}
	return h
}

func TestRecordingsAreErasedOverTheAPI(t *testing.T) {
	h := withRecordings(t)
	h.post("/tickets/417/erase-recordings", `{}`).is(422, "reason")
	h.post("/tickets/417/erase-recordings", `{"reason":" "}`).is(422, "the reason is missing")
	h.post("/recordings/m1/erase", `{"reason":"asked for"}`).is(200, `"kind":"recordings_erased"`, `"text":"asked for"`, `"id":"m2"`)
	h.get("/recordings/m1/audio").is(410, "erased")
	h.get("/recordings/m2/audio").is(200)
	h.post("/recordings/m1/erase", `{"reason":"once more"}`).is(200)
	h.post("/recordings/none/erase", `{"reason":"asked for"}`).is(404)
	h.post("/tickets/417/erase-recordings", `{"reason":"all"}`).is(200, `"recordings":[]`)
	h.post("/tickets/999/erase-recordings", `{"reason":"all"}`).is(404)
	h.get("/recordings/m1/accesses").is(200, `"action":"erased"`, `"actor":"staff:demo"`)
	h.get("/recordings/none/accesses").is(404)
}

func TestAHoldRefusesErasureOverTheAPI(t *testing.T) {
	h := withRecordings(t)
	h.post("/tickets/417/hold", `{}`).is(422)
	h.post("/tickets/417/hold", `{"reason":"a claim"}`).is(200, `"kind":"hold_set"`)
	h.post("/tickets/417/erase-recordings", `{"reason":"all"}`).is(409, "a legal hold stands on ticket 417 (a claim)")
	h.post("/tickets/417/lift-hold", `{"reason":"settled"}`).is(200, `"kind":"hold_lifted"`)
	h.get("/contracts/rossi/hold").is(200, `"held":false`)
	h.post("/contracts/rossi/hold", `{"reason":"a suit"}`).is(200, `"held":true`)
	h.post("/contracts/rossi/hold", `{"reason":"twice"}`).is(200, `"held":true`)
	h.post("/recordings/m1/erase", `{"reason":"all"}`).is(409, "a legal hold stands on contract rossi (a suit)")
	if r := h.post("/contracts/rossi/lift-hold", `{"reason":"settled"}`).is(200, `"held":false`, "a suit", "settled"); strings.Contains(r.body, "twice") {
		t.Errorf("a hold that stood already was set again: %s", r.body)
	}
	h.post("/contracts/none/hold", `{"reason":"x"}`).is(404)
	h.post("/recordings/m1/erase", `{"reason":"all"}`).is(200)
}

func TestWhatAPersonSaidIsExported(t *testing.T) {
	h := withRecordings(t)
	_, err := h.desk.Keep(t.Context(), 417, tickets.Recording{ID: "gone", At: monday(9, 0)}, monday(9, 0))
	must(t, err)
	h.get("/recordings/export").is(422)
	h.get("/recordings/export?ticket=417&caller=0612345").is(422)
	h.get("/recordings/export?ticket=999").is(404)
	h.get("/recordings/export?caller=0699").is(404)
	for _, of := range []string{"ticket=417", "caller=0612345"} {
		r := h.get("/recordings/export?" + of).is(200)
		if kind := r.header.Get("Content-Type"); kind != "application/zip" {
			t.Fatalf("%s comes as %s", of, kind)
		}
		z, err := zip.NewReader(strings.NewReader(r.body), int64(len(r.body)))
		must(t, err)
		files := map[string][]byte{}
		for _, f := range z.File {
			file, err := f.Open()
			must(t, err)
			files[f.Name], err = io.ReadAll(file)
			must(t, err)
		}
		var manifest struct {
			Recordings []struct {
				File, SHA256, Format, Contract, Missing string
				At                                      time.Time `json:"recorded_at"`
				Ticket                                  int
			}
		}
		must(t, json.Unmarshal(files["manifest.json"], &manifest))
		sum := sha256.Sum256(wave())
		if len(manifest.Recordings) != 3 || len(files) != 3 || !bytes.Equal(files["m2.wav"], wave()) {
			t.Fatalf("%s: %d files, %s", of, len(files), files["manifest.json"])
		}
		first, last := manifest.Recordings[0], manifest.Recordings[2]
		if first.File != "m1.wav" || first.SHA256 != hex.EncodeToString(sum[:]) || first.Ticket != 417 || first.Contract != "rossi" || !first.At.Equal(monday(9, 0)) || !strings.Contains(first.Format, "mu-law") {
			t.Errorf("%s: %+v", of, first)
		}
		if last.Missing == "" || last.File != "" {
			t.Errorf("%s: a sound that is not there: %+v", of, last)
		}
	}
	h.get("/recordings/accesses?action=exported&ticket=417&limit=3").is(200, `"total":4`, `"recording":"m1"`, `"recording":"m2"`, `"action":"exported"`)
}

func TestOnlyAdministratorsReadTheLogOfAccesses(t *testing.T) {
	h := withRecordings(t)
	h.get("/recordings/m2/audio").is(200)
	h.get("/recordings/accesses").is(200, `"recording":"m2"`, `"action":"listened"`, `"ticket":417`)
	h.get("/recordings/accesses?after=x").is(422)
	staff := h.token("staff", tokens.ScopeStaff, time.Time{})
	for _, path := range []string{"/api/v1/recordings/accesses", "/api/v1/recordings/export?ticket=417", "/api/v1/contracts/rossi/hold"} {
		h.ask("GET", path, "", "Authorization", staff).is(403)
	}
	for _, path := range []string{"/api/v1/tickets/417/erase-recordings", "/api/v1/recordings/m2/erase", "/api/v1/tickets/417/hold", "/api/v1/contracts/rossi/lift-hold"} {
		h.ask("POST", path, `{"reason":"x"}`, "Authorization", staff).is(403)
	}
}
