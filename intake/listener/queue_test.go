package listener

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/intake"
	"hotline/storage"
)

// manager stands for the Alerting Manager: answers says what becomes of each try.
type manager struct {
	mu      sync.Mutex
	answers func(o intake.Origin, try int) error
	tries   map[intake.Origin]int
	taken   map[intake.Origin][]string
	told    int
}

func (m *manager) Take(_ context.Context, o intake.Origin, b intake.Batch, _ time.Time) (intake.Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tries[o]++
	if m.answers != nil {
		if err := m.answers(o, m.tries[o]); err != nil {
			return intake.Outcome{}, err
		}
	}
	for _, a := range b.Alerts {
		m.taken[o] = append(m.taken[o], a.Fingerprint)
	}
	m.told += b.Truncated
	return intake.Outcome{}, nil
}

var rossi, bianchi = intake.Origin{Contract: "rossi", Source: "snmp"}, intake.Origin{Contract: "bianchi", Source: "snmp"}

func alerts(n, from int) (list []intake.Alert) {
	for i := range n {
		list = append(list, intake.Alert{Fingerprint: fmt.Sprint(from + i)})
	}
	return list
}

// queue makes a queue of two sources, and what runs it until the returned function is called.
func queue(m *manager) (q *Queue, results map[Result]int, run func() (stop func())) {
	m.tries, m.taken, results = map[intake.Origin]int{}, map[intake.Origin][]string{}, map[Result]int{}
	var mu sync.Mutex
	log := slog.New(slog.DiscardHandler)
	counts := NewCounts("test", func(r Result, n int) { mu.Lock(); defer mu.Unlock(); results[r] += n }, time.Now, log)
	q = NewQueue(Config{Source: "snmp", Taker: m, Counts: counts, Log: log}, []intake.Origin{rossi, bianchi})
	return q, results, func() func() {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); q.Run(ctx) }()
		return func() { cancel(); <-done }
	}
}

// A store that is down for an hour loses nothing that was waiting, and keeps nobody else's alerts.
func TestWhatWaitsIsTakenWhenTheStoreAnswersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		m := &manager{answers: func(o intake.Origin, _ int) error {
			if o == rossi && time.Since(began) < time.Hour {
				return fmt.Errorf("reading: %w", storage.ErrDown)
			}
			return nil
		}}
		q, results, run := queue(m)
		stop := run()
		done := make(chan bool, 1)
		if !q.Source(0).Offer(alerts(3, 0), func(taken bool) { done <- taken }) || !q.Source(1).Offer(alerts(2, 0), nil) {
			t.Fatal("there is no room")
		}
		time.Sleep(time.Second)
		if m.mu.Lock(); len(m.taken[bianchi]) != 2 || len(done) != 0 {
			t.Errorf("%v", m.taken)
		}
		m.mu.Unlock()
		if !<-done || time.Since(began) < time.Hour || len(m.taken[rossi]) != 3 || len(results) != 0 {
			t.Errorf("after %v: %v, %v", time.Since(began), m.taken, results)
		}
		stop()
	})
}

func TestASourceHoldsSoManyAndTellsOfTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &manager{}
		q, results, run := queue(m)
		for i := range SourceMost + 50 {
			q.Source(0).Offer(alerts(1, i), nil)
		}
		q.Source(0).Missed(7)
		put := make(chan error, 1)
		go func() { put <- q.Source(0).Put(t.Context(), alerts(1, 5000)) }() // who can wait does
		synctest.Wait()
		if len(put) != 0 || results[Overflow] != 50 {
			t.Errorf("%v lost", results)
		}
		stop := run()
		if err := <-put; err != nil {
			t.Error(err)
		}
		stop()
		if got := m.taken[rossi]; len(got) != SourceMost+1 || got[SourceMost] != "5000" || m.told != 57 {
			t.Errorf("%d taken, %d told", len(got), m.told)
		}
		if n, at := q.cfg.Counts.Lost(); n != 50 || at.IsZero() {
			t.Errorf("%d lost", n)
		}
	})
}

func TestAllSourcesTogetherHoldSoMany(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	var origins []intake.Origin
	for i := range 2 * QueueMost / SourceMost {
		origins = append(origins, intake.Origin{Contract: rossi.Contract, Installation: fmt.Sprint(i)})
	}
	q := NewQueue(Config{Counts: NewCounts("test", nil, time.Now, log), Log: log}, origins)
	held := 0
	for i := range origins {
		for range SourceMost {
			if q.Source(i).Offer(alerts(1, 0), nil) {
				held++
			}
		}
	}
	if held != QueueMost {
		t.Errorf("%d are held", held)
	}
}

func TestWhatCannotBeTakenIsCountedAndGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &manager{answers: func(o intake.Origin, _ int) error {
			if o == rossi {
				return intake.ErrContract
			}
			panic("a fault of ours")
		}}
		q, results, run := queue(m)
		stop := run()
		done := make(chan bool, 2)
		q.Source(0).Offer(alerts(3, 0), func(taken bool) { done <- taken })
		q.Source(1).Offer(alerts(4, 0), func(taken bool) { done <- taken })
		for range 2 {
			if <-done {
				t.Error("it was taken")
			}
		}
		stop()
		if results[Failed] != 7 || m.tries[rossi] != 1 || m.tries[bianchi] != triesBad {
			t.Errorf("%v after %v", results, m.tries)
		}
	})
}

// The end of the program hands in what waits, and counts what cannot be.
func TestTheEndTakesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		m := &manager{answers: func(o intake.Origin, _ int) error {
			if o == rossi || down {
				return storage.ErrDown
			}
			return nil
		}}
		q, results, run := queue(m)
		stop := run()
		q.Source(0).Offer(alerts(3, 0), nil)
		q.Source(1).Offer(alerts(4, 0), nil)
		synctest.Wait()
		m.mu.Lock()
		down = false
		m.mu.Unlock()
		stop()
		if len(m.taken[bianchi]) != 4 || results[Unfinished] != 3 {
			t.Errorf("%v taken, %v", m.taken, results)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range SourceMost {
			q.Source(0).Offer(alerts(1, 0), nil)
		}
		if err := q.Source(0).Put(ctx, alerts(1, 0)); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestNetworksHoldTheirAddresses(t *testing.T) {
	n := Networks{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.0.2.7/32")}
	for address, width := range map[string]int{"192.0.2.9": 24, "::ffff:192.0.2.7": 32, "198.51.100.1": -1} {
		if a := netip.MustParseAddr(address); n.Width(a) != width || n.Has(a) != (width >= 0) {
			t.Errorf("%s: %d", address, n.Width(a))
		}
	}
	if !(Networks)(nil).Has(netip.MustParseAddr("2001:db8::1")) {
		t.Error("without networks an address is refused")
	}
}

func TestStrangersAreNamedOnce(t *testing.T) {
	c := NewCounts("test", nil, time.Now, slog.New(slog.DiscardHandler))
	for i := range 3 * strangersMost {
		c.Unknown(Stranger, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), "", "")
	}
	if len(c.strangers) != strangersMost {
		t.Errorf("%d are remembered", len(c.strangers))
	}
}

// The kernel's own count says what it threw away.
func TestWhatTheKernelThrewAwayIsCounted(t *testing.T) {
	d, err := ListenUDP(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	_ = d.conn.SetReadBuffer(1)
	const sent = 200
	for range sent {
		if err := d.Write(make([]byte, 1000), d.Address()); err != nil {
			t.Fatal(err)
		}
	}
	read, dropped := 0, 0
	buffer := make([]byte, 2000)
	for err == nil {
		_ = d.conn.SetReadDeadline(time.Now().Add(3 * time.Second)) // a busy machine may leave the test between this line and the next
		var lost int
		if _, _, lost, err = d.Read(buffer); err == nil {
			read, dropped = read+1, dropped+lost
		}
	}
	_ = d.conn.SetReadDeadline(time.Time{})
	if err := d.Write(make([]byte, 1000), d.Address()); err != nil { // the count comes with what is sent after a loss
		t.Fatal(err)
	}
	n, from, lost, err := d.Read(buffer)
	if err != nil || n != 1000 || from != d.Address() || lost == 0 || read+dropped+lost != sent {
		t.Errorf("%d octets from %v (%v): %d were read and %d thrown away of %d", n, from, err, read, dropped+lost, sent)
	}
}
