package news_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"hotline/alarm"
	"hotline/evosupport"
	"hotline/evosupport/news"
	"hotline/notify"
	"hotline/notify/mailing"
)

// TestASlowMailServerHasNobodyToldTwice: of two nodes each claims an address for as long as it writes to it, however long the letters
// before it took.
func TestASlowMailServerHasNobodyToldTwice(t *testing.T) {
	run(t, func(h house) {
		const addresses, each = 11, 25 * time.Second
		h.Stop() // before there is anything to tell: two nodes of the test's own do
		for n := range addresses {
			product := fmt.Sprintf("product-%d", n)
			_, err := h.Store.PutInstalled(h.Context(), evosupport.Installed{ID: product, Contract: "rossi", Product: product, Release: "1"})
			h.must(err)
			_, err = h.Store.NoteReleases(h.Context(), product, []string{"2"}, []news.Notice{{
				Product: product, Release: "2", Contract: "rossi", Address: fmt.Sprintf("%d@rossi.example", n), Standing: mailing.Standing{Noted: time.Now(), State: mailing.Waiting, Due: time.Now()},
			}})
			h.must(err)
			h.publishes(product, evosupport.Release{Name: "2"})
		}
		var mu sync.Mutex
		told := map[string]int{}
		send := func(ctx context.Context, m notify.Message) error {
			<-time.After(each)
			mu.Lock()
			defer mu.Unlock()
			told[m.To]++
			return nil
		}
		var nodes sync.WaitGroup
		for n := range 2 {
			a := news.New(news.Config{Store: h.Store, Desk: h.Desk, Send: send, Alarm: func(alarm.Kind, string) {}, Log: slog.New(slog.DiscardHandler)})
			nodes.Go(func() {
				<-time.After(time.Duration(n) * 121 * time.Second) // the second one starts in the middle of the first one's round
				for range 60 {
					a.Round(h.Context(), time.Now())
					<-time.After(10 * time.Second)
				}
			})
		}
		nodes.Wait()
		for to, n := range told {
			if n != 1 {
				t.Errorf("%s has %d letters", to, n)
			}
		}
		if len(told) != addresses {
			t.Errorf("%d of %d are told", len(told), addresses)
		}
	})
}
