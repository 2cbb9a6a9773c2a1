package chains_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/dispatch/chains"
	"hotline/oncall/ring"
	"hotline/tickets"
)

// street is telephones of which one picks up.
type street struct{ picks string }

func (s street) Ring(_ context.Context, address string, _ ring.Introduction) (ring.Telephone, error) {
	if address != s.picks {
		return nil, ring.ErrUnheard
	}
	return nil, nil
}

func clock() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// next is the next event that waits.
func next(t *testing.T, w *chains.Watcher) chains.Event {
	t.Helper()
	select {
	case e, more := <-w.Events():
		if !more {
			t.Fatalf("the watcher was let go: %v", w.Why())
		}
		return e
	default:
		t.Fatal("nothing happened")
	}
	return chains.Event{}
}

func TestAWatcherSeesWhoIsRungAndWhatCameOfIt(t *testing.T) {
	f := chains.New(clock)
	phones := f.Telephones(street{"sip:marco"})
	if _, err := phones.Ring(t.Context(), "sip:anna", ring.Introduction{Ticket: 417, Whose: "anna"}); !errors.Is(err, ring.ErrUnheard) {
		t.Fatal(err)
	}
	now, w, err := f.Watch()
	if err != nil || len(now) != 1 || now[0].Ticket != 417 || now[0].Whose != "anna" || !now[0].Since.Equal(clock()) || !now[0].Ended.IsZero() {
		t.Fatalf("the snapshot is %+v, %v", now, err)
	}
	defer w.Close()
	f.Leg(cdr.Leg{Engineer: "anna", Address: "sip:anna", Started: clock(), Ended: clock().Add(20 * time.Second), Result: "no answer"})
	if a := next(t, w).Attempt; a == nil || a.Result != "no answer" || a.Ticket != 417 || a.Ended.IsZero() {
		t.Errorf("Anna's end is %+v", a)
	}
	if _, err := phones.Ring(t.Context(), "sip:marco", ring.Introduction{Ticket: 417, Whose: "marco"}); err != nil {
		t.Fatal(err)
	}
	if a := next(t, w).Attempt; a == nil || a.Whose != "marco" || !a.Answered.IsZero() {
		t.Errorf("Marco's ringing is %+v", a)
	}
	if a := next(t, w).Attempt; a == nil || a.Whose != "marco" || a.Answered.IsZero() {
		t.Errorf("Marco's answer is %+v", a)
	}
	f.Line(ring.Event{Kind: tickets.Accepted, Ticket: 417, Engineer: "marco"})
	if l := next(t, w).Line; l == nil || l.Kind != tickets.Accepted {
		t.Errorf("the line is %+v", l)
	}
	f.Changed(tickets.Ticket{Number: 418, Version: 1})
	if k := next(t, w).Ticket; k == nil || k.Number != 418 {
		t.Errorf("the ticket is %+v", k)
	}
	f.Leg(cdr.Leg{Engineer: "marco", Address: "sip:marco", Started: clock().Add(time.Minute), Ended: clock().Add(time.Minute), Result: "engaged"}) // for another ticket: never rang
	if now, second, _ := f.Watch(); len(now) != 1 || len(w.Events()) != 0 {
		t.Errorf("Marco talks, and the snapshot is %+v", now)
	} else {
		second.Close()
	}
	f.Leg(cdr.Leg{Engineer: "marco", Address: "sip:marco", Started: clock(), Answered: clock(), Ended: clock(), Result: "accepted"})
	if a := next(t, w).Attempt; a == nil || a.Result != "accepted" {
		t.Errorf("Marco's end is %+v", a)
	}
	f.Leg(cdr.Leg{Engineer: "anna", Address: "sip:anna", Result: "engaged"}) // never rang
	if now, second, _ := f.Watch(); len(now) != 0 || len(w.Events()) != 0 {
		t.Errorf("what is over stands in the snapshot: %+v", now)
	} else {
		second.Close()
	}
}

// A watcher that does not read is let go with the reason, and keeps nobody waiting: neither the line nor the other watchers.
func TestAWatcherThatDoesNotReadIsLetGo(t *testing.T) {
	f := chains.New(clock)
	_, slow, err := f.Watch()
	if err != nil {
		t.Fatal(err)
	}
	_, quick, _ := f.Watch()
	defer quick.Close()
	for n := range 1000 {
		f.Changed(tickets.Ticket{Number: tickets.Number(n)})
		if e := next(t, quick); e.Ticket.Number != tickets.Number(n) {
			t.Fatalf("ticket %d is told as %d", n, e.Ticket.Number)
		}
	}
	read := 0
	for range slow.Events() {
		read++
	}
	if read == 0 || read > 256 || !errors.Is(slow.Why(), chains.ErrSlow) {
		t.Errorf("%d events were kept, then %v", read, slow.Why())
	}
	slow.Close() // once more
	if !errors.Is(slow.Why(), chains.ErrSlow) {
		t.Errorf("then %v", slow.Why())
	}
}

func TestAFeedTakesSoManyWatchersAndClosesThemAll(t *testing.T) {
	f := chains.New(clock)
	var all []*chains.Watcher
	for {
		_, w, err := f.Watch()
		if errors.Is(err, chains.ErrFull) {
			break
		}
		if err != nil || len(all) > 1000 {
			t.Fatal(len(all), err)
		}
		all = append(all, w)
	}
	all[0].Close()
	if _, w, err := f.Watch(); err != nil {
		t.Error("no place was left by the one that went:", err)
	} else {
		all[0] = w
	}
	f.Close()
	f.Close()
	for _, w := range all {
		if _, more := <-w.Events(); more || !errors.Is(w.Why(), chains.ErrClosed) {
			t.Errorf("a watcher stays: %v", w.Why())
		}
	}
	if _, _, err := f.Watch(); !errors.Is(err, chains.ErrClosed) {
		t.Errorf("a feed that is closed takes watchers: %v", err)
	}
}
