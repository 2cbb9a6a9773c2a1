package webpush

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"hotline/memory"
	"hotline/outbox"
	"hotline/outbox/push"
	"hotline/outbox/push/pushtest"
	"hotline/users"
	"hotline/web/ui"
)

// TestWhatWaitsGoesAlongWithABrowser: in its order, and the former address is no more. Another one's browser is not there.
func TestWhatWaitsGoesAlongWithABrowser(t *testing.T) {
	store, b, now := memory.New(417), pushtest.NewBrowser(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	h := Handlers{Push: Push{Key: "k3y"}, Store: store, Log: slog.New(slog.DiscardHandler)}
	former, err := push.Subscription{Address: "https://push.example/1", P256dh: b.P256dh(), Auth: b.Auth(), Key: "k3y"}.Endpoint("anna", false)
	if err != nil {
		t.Fatal(err)
	}
	former.Kinds, former.Since = []outbox.Kind{outbox.Breach}, now
	if _, err := store.PutEndpoint(t.Context(), former); err != nil {
		t.Fatal(err)
	}
	var list []outbox.Message
	for n, id := range []string{"m1", "m2", "m3"} {
		list = append(list, outbox.Message{Endpoint: former.ID, ID: id, Ticket: 417, At: now.Add(time.Duration(n) * time.Second), Body: "{}", State: outbox.Waiting, Due: now})
	}
	if err := store.AddMessages(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	move := func(who string) (int, error) {
		form := url.Values{"former": {"https://push.example/1"}, "address": {"https://push.example/2"}, "p256dh": {b.P256dh()}, "auth": {b.Auth()}}
		q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/browsers/moved", strings.NewReader(form.Encode()))
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		r := &ui.Request{Request: q}
		r.User, r.Now = users.User{Name: who}, now
		_, err := h.moved(w, r)
		return w.Code, err
	}
	if _, err := move("carla"); err == nil {
		t.Error("somebody moves another one's browser")
	}
	if code, err := move("anna"); code != http.StatusSeeOther || err != nil {
		t.Errorf("moved: %d %v", code, err)
	}
	all, err := store.Endpoints(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != push.ID("https://push.example/2") || len(all[0].Kinds) != 1 || !all[0].Since.Equal(now) || push.KeyOf(all[0]) != "k3y" || all[0].Owner != "anna" {
		t.Fatalf("there are %+v, %v", all, err)
	}
	for _, id := range []string{"m1", "m2", "m3"} {
		m, err := store.ClaimMessage(t.Context(), all[0].ID, now.Add(time.Minute), now.Add(time.Hour))
		if err != nil || m.ID != id {
			t.Fatalf("next is %s, want %s, %v", m.ID, id, err)
		}
		m.State = outbox.Sent
		if err := store.PutMessage(t.Context(), m, m.Tries); err != nil {
			t.Fatal(err)
		}
	}
}
