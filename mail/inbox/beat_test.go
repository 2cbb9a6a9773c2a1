package inbox_test

import (
	"testing"
	"time"

	"hotline/heartbeat"
)

// TestAJobSaysByMailHowItRan: to the address of its heartbeat, as a machine or as a person, and no ticket comes of it; a key that is not known
// is nobody's.
func TestAJobSaysByMailHowItRan(t *testing.T) {
	run(t, func(h *house) {
		if _, err := h.Store.PutHeartbeat(h.Context(), heartbeat.Heartbeat{ID: "backup", Contract: "rossi", Title: "the backup", Rule: heartbeat.Rule{Period: 3600, Grace: 3600}}); err != nil {
			t.Fatal(err)
		}
		key, err := h.App.Heartbeats().Rekey(h.Context(), "backup", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		to := "support+ping." + key + "@house.example"
		h.put(mail{from: "cron@rossi.example", to: to, subject: "Start: nightly", headers: "Auto-Submitted: auto-generated\r\n", id: "1@x"})
		h.put(mail{from: "cron@rossi.example", to: to, subject: "backup done", text: "41 GB", headers: "Auto-Submitted: auto-generated\r\n", id: "2@x"})
		h.put(mail{from: "cron@rossi.example", to: to, subject: "backup done", text: "41 GB", id: "2@x"}) // it comes twice
		beat, err := h.Store.Beat(h.Context(), "backup")
		if err != nil || len(beat.State.Signals) != 2 || beat.State.Last.IsZero() {
			t.Fatalf("%+v, %v", beat, err)
		}
		for _, s := range beat.State.Signals {
			if want := map[heartbeat.Kind]string{heartbeat.Start: "", heartbeat.Success: "41 GB"}; want[s.Kind] != s.Text {
				t.Errorf("heard: %+v", s)
			}
		}
		h.want("tickets", h.all(), []int{})
		h.want("letters", len(h.out.to("cron@rossi.example")), 0)
		h.put(mail{from: "cron@rossi.example", to: to, subject: "2 disks are full", text: "no room", id: "3@x"})
		h.Passes(time.Minute)
		h.want("tickets of the failure", len(h.all()), 1)
		h.put(mail{from: "cron@rossi.example", to: "support+ping.aaaaaaaaaaaaaaaaaaaaaaaaaa@house.example", subject: "0", headers: "Auto-Submitted: auto-generated\r\n", id: "4@x"})
		h.want("tickets after a key of nobody's", len(h.all()), 1)
	})
}
