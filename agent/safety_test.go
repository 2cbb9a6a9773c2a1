package agent_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/agent"
	"hotline/agent/protocol"
)

// TestACapturedMessageIsRefused: whoever has seen a message sends it again, later, changed, or to another agent.
func TestACapturedMessageIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, erp())
		h.start(h.config(t.TempDir(), h.token()))
		h.fails("erp:9000", true)
		passes(3 * time.Minute)
		h.fails("erp:9000", false)
		passes(3 * time.Minute)
		h.stand("417 erp blocking restored")
		last := len(h.asked) - 2 // that of the problem
		captured, body := h.asked[last], h.bodies[last]
		if !strings.Contains(string(body), "nothing listens there") {
			t.Fatalf("the message is %s", body)
		}
		answer := func(path string, body []byte, change ...string) (int, string) {
			r := captured.Clone(t.Context())
			r.URL.Path = path
			for n := 0; n+1 < len(change); n += 2 {
				r.Header.Set(change[n], change[n+1])
			}
			got := h.ask(r, body)
			text := make([]byte, 400)
			n, _ := got.Body.Read(text) // less is as good
			return got.StatusCode, string(text[:n])
		}
		path := captured.URL.Path
		later := fmt.Sprint(time.Now().Unix())
		for what, c := range map[string]struct {
			status int
			want   string
			got    func() (int, string)
		}{
			"again":           {409, `"reason":"replayed"`, func() (int, string) { return answer(path, body) }},
			"with a new time": {401, "not signed", func() (int, string) { return answer(path, body, protocol.TimeHeader, later) }},
			"changed": {401, "not signed", func() (int, string) {
				return answer(path, []byte(strings.Replace(string(body), "critical", "info", 1)))
			}},
			"without a signature": {401, "not signed", func() (int, string) { return answer(path, body, protocol.SignatureHeader, "") }},
			"to another agent":    {401, "not signed", func() (int, string) { return answer("/agent/other/messages", body) }},
			"to another address":  {405, "use GET", func() (int, string) { return answer("/agent/plant/configuration", body) }},
			"to nowhere":          {404, "", func() (int, string) { return answer("/agent/plant", body) }},
		} {
			if status, text := c.got(); status != c.status || !strings.Contains(text, c.want) {
				t.Errorf("%s: %d %s", what, status, text)
			}
		}
		passes(6 * time.Minute)
		if status, text := answer(path, body); status != 409 || !strings.Contains(text, `"reason":"clock"`) {
			t.Errorf("an old one: %d %s", status, text)
		}
		h.token()
		if status, text := answer(path, body); status != 401 {
			t.Errorf("after a new token: %d %s", status, text)
		}
		h.stand("417 erp blocking restored")
	})
}

// TestAWrongClockIsSaidAndLosesNothing: the machine of the plant is three hours behind, or a day ahead.
func TestAWrongClockIsSaidAndLosesNothing(t *testing.T) {
	for _, off := range []time.Duration{-3 * time.Hour, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			h := open(t, erp())
			c := h.config(t.TempDir(), h.token())
			wrong := off
			c.Now = func() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return time.Now().Add(wrong) }
			h.start(c)
			passes(time.Minute)
			h.stand("417 agent/clock non_blocking open")
			way := map[bool]string{true: "behind", false: "ahead"}[off < 0]
			if text := h.history(417); !strings.Contains(text, "is wrong") || !strings.Contains(text, fmt.Sprintf("It is %s %s", off.Abs(), way)) {
				t.Errorf("the ticket says %s", text)
			}
			h.fails("erp:9000", true)
			passes(4 * time.Minute)
			h.stand("417 agent/clock non_blocking open", "418 erp blocking open")
			if text := h.history(418); strings.Contains(text, "could not be reached") {
				t.Errorf("a fact of a moment ago is told as late: %s", text)
			}
			h.set(func() { wrong = 0 })
			passes(16 * time.Minute)
			h.stand("417 agent/clock non_blocking closed", "418 erp blocking open")
		})
	}
}

// TestTwoAgentsWithOneTokenAreToldApart: the second one takes over, the first one ends and says why, and staff have a ticket.
func TestTwoAgentsWithOneTokenAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, erp())
		token := h.token()
		first := h.start(h.config(filepath.Join(t.TempDir(), "first"), token))
		passes(time.Minute)
		h.start(h.config(filepath.Join(t.TempDir(), "second"), token))
		passes(16 * time.Minute)
		if err := first(); !errors.Is(err, agent.ErrReplaced) || !strings.Contains(err.Error(), "another agent on host second took over") {
			t.Errorf("the first one ended with %v", err)
		}
		h.stand("417 agent/twice non_blocking open")
		passes(90 * time.Minute)
		h.stand("417 agent/twice non_blocking closed")
	})
}

// portal is one who sits on the way and says yes to everything, with whatever signature he has seen.
type portal struct{}

// RoundTrip says yes.
func (portal) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set(protocol.TimeHeader, r.Header.Get(protocol.TimeHeader))
	w.Header().Set(protocol.SignatureHeader, r.Header.Get(protocol.SignatureHeader))
	w.Header().Set("ETag", `"9"`)
	_, _ = w.WriteString(`{"sequence":1,"checks":[]}`) // into memory
	return w.Result(), nil
}

func TestAnAnswerOfSomebodyElseIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, erp())
		dir, token := t.TempDir(), h.token()
		c := h.config(dir, token)
		c.File.Checks, c.Transport = erp().Checks, portal{}
		h.fails("erp:9000", true)
		stop := h.start(c)
		passes(5 * time.Minute)
		if waiting := files(t, dir); waiting != 1 {
			t.Errorf("%d facts wait, want 1", waiting)
		}
		must(t, stop())
		h.start(h.config(dir, token))
		passes(time.Minute)
		h.stand("417 erp blocking open")
	})
}

func FuzzMessage(f *testing.F) {
	whole, err := json.Marshal(protocol.Message{Sequence: 1, Process: "p", Spool: "s", Facts: []protocol.Fact{{Number: 1, Check: "erp", Title: "dead", At: monday}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"sequence":-1}`))
	f.Add([]byte(`{"facts":[{"number":1},{"number":1}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := protocol.ParseMessage(body)
		if err != nil {
			return
		}
		text, err := json.Marshal(m)
		must(t, err)
		again, err := protocol.ParseMessage(text)
		if err != nil || len(again.Facts) != len(m.Facts) || again.Sequence != m.Sequence {
			t.Errorf("%s is read as %+v, which is read as %+v, %v", body, m, again, err)
		}
	})
}
