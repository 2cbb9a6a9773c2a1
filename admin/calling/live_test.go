package calling

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2/sse"

	"hotline/dispatch/chains"
	"hotline/oncall/ring"
	"hotline/tickets"
)

// reader is somebody who reads the stream.
type reader struct {
	mu    sync.Mutex
	began time.Time
	got   []string
}

func (r *reader) send(m sse.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, fmt.Sprintf("%d %T", int(time.Since(r.began).Seconds()), m.Data))
	return nil
}

func (r *reader) read() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.ReplaceAll(strings.Join(r.got, ", "), "calling.", "")
}

// The snapshot comes first, then what happens as it happens, a beat after ten seconds in which nothing does, and the reason when
// this side ends it.
func TestTheStreamTellsWhatHappensAndThatItLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := chains.New(time.Now)
		c, r := Config{Chains: f, Node: "n", Now: time.Now}, &reader{began: time.Now()}
		var streaming sync.WaitGroup
		streaming.Go(func() { c.stream(t.Context(), &streamInput{}, r.send) })
		time.Sleep(25 * time.Second)
		f.Changed(tickets.Ticket{Number: 417})
		time.Sleep(9 * time.Second)
		f.Line(ring.Event{Ticket: 417, Kind: tickets.Accepted})
		time.Sleep(11 * time.Second)
		f.Close()
		streaming.Wait()
		if got, want := r.read(), "0 snapshotEvent, 10 beatEvent, 20 beatEvent, 25 ticketEvent, 34 lineEvent, 44 beatEvent, 45 endEvent"; got != want {
			t.Errorf("the stream is %s\nwant %s", got, want)
		}
		streaming.Go(func() { c.stream(t.Context(), &streamInput{}, r.send) })
		streaming.Wait() // of a node that is stopping
	})
}

func TestTheStreamEndsWithItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := chains.New(time.Now)
		c, r := Config{Chains: f, Now: time.Now}, &reader{began: time.Now()}
		c.stream(t.Context(), &streamInput{head: true}, r.send)
		ctx, leave := context.WithCancel(t.Context())
		var streaming sync.WaitGroup
		streaming.Go(func() { c.stream(ctx, &streamInput{}, r.send) })
		time.Sleep(time.Second)
		leave()
		streaming.Wait()
		broken := func(sse.Message) error { return context.DeadlineExceeded }
		c.stream(t.Context(), &streamInput{}, broken)
		if got := r.read(); got != "0 snapshotEvent" {
			t.Errorf("the stream is %s", got)
		}
		for range 200 { // nobody is left behind
			_, w, err := f.Watch()
			if err != nil {
				t.Fatal(err)
			}
			w.Close()
		}
	})
}

// A reader whose connection takes nothing for a while is let go, and hears why.
func TestAReaderThatIsTooSlowHearsWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := chains.New(time.Now)
		c, r := Config{Chains: f, Now: time.Now}, &reader{began: time.Now()}
		var reason string
		slow := func(m sse.Message) error {
			if _, ticket := m.Data.(ticketEvent); ticket {
				time.Sleep(time.Second)
			}
			if e, ended := m.Data.(endEvent); ended {
				reason = e.Reason
			}
			return r.send(m)
		}
		var streaming sync.WaitGroup
		streaming.Go(func() { c.stream(t.Context(), &streamInput{}, slow) })
		synctest.Wait()
		for n := range 1000 {
			f.Changed(tickets.Ticket{Number: tickets.Number(n)})
		}
		streaming.Wait()
		if reason != chains.ErrSlow.Error() {
			t.Errorf("the reader hears %q", reason)
		}
	})
}
