package bridge_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"hotline/bridge"
	"hotline/bridge/zammad"
)

// slow is a body of which nothing comes until it is let go.
type slow struct {
	begun *sync.WaitGroup
	first sync.Once
	let   chan struct{}
}

func (s *slow) Read([]byte) (int, error) {
	s.first.Do(s.begun.Done)
	<-s.let
	return 0, io.EOF
}

// TestWebhooksOfStrangersFillNoMemory: whoever has no secret is refused, but only once the body was read, which may be large.
func TestWebhooksOfStrangersFillNoMemory(t *testing.T) {
	hook := bridge.New(bridge.Config{}).Hook([]byte("secret"), time.Now)
	ask := func(body io.Reader, signature string) int {
		r := httptest.NewRequest(http.MethodPost, bridge.Path, body)
		r.Header.Set(zammad.SignatureHeader, signature)
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, r)
		return w.Code
	}
	if code := ask(io.NopCloser(nil), ""); code != http.StatusUnauthorized {
		t.Errorf("a webhook without a signature, whose body is not read: %d", code)
	}
	wrong := zammad.Sign([]byte("other"), nil)
	var begun, all sync.WaitGroup
	let := make(chan struct{})
	begun.Add(bridge.HooksAtOnce)
	for range bridge.HooksAtOnce {
		all.Go(func() {
			if code := ask(&slow{begun: &begun, let: let}, wrong); code != http.StatusUnauthorized {
				t.Errorf("wrongly signed: %d", code)
			}
		})
	}
	begun.Wait()
	if code := ask(nil, wrong); code != http.StatusServiceUnavailable {
		t.Errorf("one more beside %d: %d", bridge.HooksAtOnce, code)
	}
	close(let)
	all.Wait()
	if code := ask(nil, wrong); code != http.StatusUnauthorized {
		t.Errorf("after them: %d", code)
	}
}
