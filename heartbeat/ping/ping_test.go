package ping_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hotline/heartbeat"
	"hotline/heartbeat/ping"
	"hotline/storage"
)

// heard is a keeper that knows one key, and writes down what it hears.
type heard struct {
	list []heartbeat.Signal
	err  error
}

func (h *heard) Signal(_ context.Context, key string, s heartbeat.Signal) error {
	if h.err != nil {
		return h.err
	}
	if key != "k3v9" {
		return storage.ErrNotFound
	}
	h.list = append(h.list, s)
	return nil
}

func serve(k *heard) (ask func(method, path, body string) *httptest.ResponseRecorder, later func(time.Duration)) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	handler := ping.New(k, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	return func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w
	}, func(d time.Duration) { now = now.Add(d) }
}

func TestAJobSaysHowItRan(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/ping/k3v9", "", 200, "success  0 "}, {"HEAD", "/ping/k3v9", "", 200, "success  0 "}, {"POST", "/ping/k3v9", "all well", 200, "success  0 all well"},
		{"GET", "/ping/k3v9/", "", 200, "success  0 "}, {"GET", "/ping/k3v9/start?rid=a-b", "", 200, "start a-b 0 "}, {"POST", "/ping/k3v9/fail", "no room", 200, "fail  0 no room"},
		{"POST", "/ping/k3v9/log", "half", 200, "log  0 half"}, {"GET", "/ping/k3v9/0?rid=a", "", 200, "success a 0 "}, {"GET", "/ping/k3v9/3", "", 200, "fail  3 "}, {"GET", "/ping/k3v9/255", "", 200, "fail  255 "},
		{"GET", "/ping/k3v9/256", "", 400, ""}, {"GET", "/ping/k3v9/-1", "", 400, ""}, {"GET", "/ping/k3v9/success", "", 400, ""}, {"GET", "/ping/k3v9/start/now", "", 400, ""},
		{"PUT", "/ping/k3v9", "", 405, ""}, {"DELETE", "/ping/k3v9", "", 405, ""}, {"GET", "/ping/other", "", 404, ""}, {"GET", "/ping/", "", 404, ""},
		{"POST", "/ping/k3v9/log", strings.Repeat("x", heartbeat.TextMost+1), 200, "log  0 " + strings.Repeat("x", heartbeat.TextMost)},
	} {
		k := &heard{}
		ask, _ := serve(k)
		w := ask(c.method, c.path, c.body)
		got := ""
		for _, s := range k.list {
			got += fmt.Sprintf("%s %s %d %s", s.Kind, s.Run, s.Code, s.Text)
		}
		if w.Code != c.status || got != c.want {
			t.Errorf("%s %s: %d %.60q, want %d %.60q", c.method, c.path, w.Code, got, c.status, c.want)
		}
	}
}

func TestWhatIsNotKeptIsAskedForAgain(t *testing.T) {
	ask, _ := serve(&heard{err: errors.New("the store is down")})
	if w := ask("GET", "/ping/k3v9", ""); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "store is down") {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
}

func TestAJobThatSaysTooMuchIsSlowedDownAlone(t *testing.T) {
	k := &heard{}
	ask, later := serve(k)
	for range 100 {
		ask("GET", "/ping/k3v9", "")
	}
	if len(k.list) != 30 {
		t.Errorf("%d of 100 signals at once were taken, want 30", len(k.list))
	}
	if w := ask("GET", "/ping/k3v9", ""); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := ask("GET", "/ping/other", ""); w.Code != http.StatusNotFound {
		t.Errorf("another key: %d", w.Code)
	}
	later(time.Minute)
	if w := ask("GET", "/ping/k3v9", ""); w.Code != http.StatusOK {
		t.Errorf("a minute later: %d", w.Code)
	}
}
