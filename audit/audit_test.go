package audit

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// document has a part of every kind that a record must show, shorten or hide.
type document struct {
	ID          string
	ValidFrom   time.Time
	Numbers     []string
	Warned      bool
	Limit       time.Duration
	Parts       []struct{ Name string }
	Note        string
	PINHash     [32]byte
	Secret      string
	AccessToken string
	URL         string
	Headers     []string
	Version     int
}

func TestARecordShowsWhatDiffersAndNoSecret(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	before := document{ID: "x", Numbers: []string{"+391"}, Limit: time.Hour, Version: 1}
	after := document{
		ID: "x", ValidFrom: at, Numbers: []string{"+391", "+392"}, Warned: true, Limit: 2 * time.Hour, Parts: []struct{ Name string }{{"a"}},
		Note: strings.Repeat("è", 81), PINHash: [32]byte{1}, Secret: "hidden", AccessToken: "hidden", URL: "https://u:hidden@host", Headers: []string{"hidden"}, Version: 2,
	}
	got := Differences(before, after)
	want := []Field{
		{"access_token", "", ""}, {"headers", "", ""}, {"limit", "1h0m0s", "2h0m0s"}, {"note", "", ""}, {"numbers", "+391", "+391, +392"},
		{"parts", "", ""}, {"pin_hash", "", ""}, {"secret", "", ""}, {"url", "", ""}, {"valid_from", "", "2026-11-23T09:00:00Z"}, {"warned", "false", "true"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n%v, want\n%v", got, want)
	}
	if text := fmt.Sprint(got); strings.Contains(text, "hidden") {
		t.Error("a secret stands in a record")
	}
	if got := Differences(after, after); len(got) != 0 {
		t.Errorf("a value differs from itself: %v", got)
	}
}

func TestAnOriginNamesWhoActs(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	if _, ok := Of(t.Context()); ok {
		t.Error("somebody acts in a context of nobody")
	}
	o, ok := Of(context.WithoutCancel(With(t.Context(), Origin{From: "192.0.2.1", Route: "POST /login", At: at})))
	if r := (Record{Who: Staff("anna")}).By(o); !ok || r.Who != "staff:anna" || r.From != "192.0.2.1" || !r.At.Equal(at) {
		t.Errorf("%+v", r)
	}
	if r := (Record{Who: Staff("anna"), At: at.Add(1)}).By(Origin{Who: Staff("laura"), At: at}); r.Who != "staff:laura" || !r.At.After(at) {
		t.Errorf("%+v", r)
	}
}
