package mailingtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"hotline/alarm"
	"hotline/directory"
	"hotline/notify"
	"hotline/notify/mailing"
	"hotline/storage/storagetest/check"
)

// town is two nodes on one store, each of which is begun again when it dies, and the mail server. One goes round after the other: what one has
// claimed and not settled is the other's once the claim has ended.
type town[L any] struct {
	Store[L]
	dice   *rand.Rand
	fatal  int // in so many steps a node dies; 0: never
	answer func(to string) error
	now    time.Time
	taken  map[string]int // letters that the mail server has taken, by Message-ID
	lost   map[string]int // those of which the node that handed them over wrote nothing any more
	deaths int
	alarms []string
}

func newTown[L any](s Store[L], seed uint64, fatal int) *town[L] {
	return &town[L]{
		Store: s, dice: rand.New(rand.NewPCG(seed, 1)), fatal: fatal, now: Tuesday(), taken: map[string]int{}, lost: map[string]int{}, answer: func(string) error { return nil },
	}
}

var errDead = errors.New("this node is dead")

// node is a sender that may die before each step and after it.
func (w *town[L]) node() mailing.Sender[L] {
	dead, open := false, ""
	step := func() error {
		if !dead && w.fatal > 0 && w.dice.IntN(w.fatal) == 0 {
			dead = true
			w.deaths++
			if open != "" {
				w.lost[open]++
			}
		}
		if dead {
			return errDead
		}
		return nil
	}
	around := func(do func() error) error {
		if err := step(); err != nil {
			return err
		}
		return errors.Join(do(), step())
	}
	return mailing.Sender[L]{
		Standing: w.Standing,
		Claim: func(ctx context.Context, now, until time.Time) (list []L, err error) {
			err = around(func() (err error) { list, err = w.Store.Claim(ctx, now, until); return err })
			return list, err
		},
		Put: func(ctx context.Context, l L) error {
			return around(func() error { open = ""; return w.Store.Put(ctx, l) })
		},
		Write: func(_ context.Context, claimed []L, _ time.Time) (m notify.Message, told, left []L, err error) {
			id := string(w.Contract(claimed[0]))
			return notify.Message{ID: id, To: id + "@example.org", Subject: "a letter"}, claimed, nil, step()
		},
		Send: func(_ context.Context, m notify.Message) error {
			return around(func() error {
				if err := w.answer(m.To); err != nil {
					return err
				}
				open = m.ID
				w.taken[m.ID]++
				return nil
			})
		},
		Alarm: func(_ alarm.Kind, text string) { w.alarms = append(w.alarms, text) },
	}
}

// goes has both nodes go round every ten seconds until an instant.
func (w *town[L]) goes(t *testing.T, until time.Time) {
	t.Helper()
	nodes := []mailing.Sender[L]{w.node(), w.node()}
	for ; w.now.Before(until); w.now = w.now.Add(10 * time.Second) {
		for n := range nodes {
			err := nodes[n].Round(t.Context(), w.now, func(context.Context, time.Time) error { return nil })
			if errors.Is(err, errDead) {
				nodes[n] = w.node()
			} else {
				check.Must(t, err)
			}
		}
	}
}

// writes notes letters to so many contracts.
func (w *town[L]) writes(t *testing.T, letters int) {
	t.Helper()
	for n := range letters {
		w.note(t, directory.ContractID(fmt.Sprintf("c%02d", n)), time.Duration(n)*time.Second)
	}
}

// stand counts letters by state.
func (w *town[L]) stand(t *testing.T) map[mailing.State]int {
	t.Helper()
	list, err := w.Letters(t.Context(), mailing.Filter{Limit: 1000})
	check.Must(t, err)
	counts := map[mailing.State]int{}
	for _, l := range list {
		counts[l.State]++
	}
	return counts
}

func nodesLive[L any](t *testing.T, s Store[L]) {
	w := newTown(s, 1, 0)
	w.writes(t, 60) // more than a round takes
	w.goes(t, Tuesday().Add(2*time.Minute))
	check.Equal(t, "letters", w.stand(t), map[mailing.State]int{mailing.Sent: 60})
	check.Equal(t, "taken", len(w.taken), 60)
	for id, n := range w.taken {
		check.Equal(t, "copies of "+id, n, 1)
	}
}

// nodesDie: everything arrives, and nothing more often than nodes died between handing it over and writing that down.
func nodesDie[L any](t *testing.T, s Store[L]) {
	w := newTown(s, 2, 12)
	w.writes(t, 30)
	w.goes(t, Tuesday().Add(45*time.Minute))
	check.Equal(t, "letters", w.stand(t), map[mailing.State]int{mailing.Sent: 30})
	for id, n := range w.taken {
		if n > 1+w.lost[id] {
			t.Errorf("%s is handed over %d times, although a node died behind it %d times", id, n, w.lost[id])
		}
	}
	if w.deaths < 5 || len(w.lost) == 0 {
		t.Errorf("%d deaths, %d of them behind a letter, show nothing", w.deaths, len(w.lost))
	}
}

// serverDown: what is not taken now is tried again, what is refused for ever is an alarm once, and after a week nothing is tried any more.
func serverDown[L any](t *testing.T, s Store[L]) {
	w := newTown(s, 3, 0)
	w.writes(t, 3)
	w.answer = func(to string) error {
		switch {
		case to == "c01@example.org":
			return fmt.Errorf("550 no such user: %w", notify.ErrRefused)
		case to == "c02@example.org" || w.now.Before(Tuesday().Add(30*time.Minute)):
			return errors.New("451 later")
		}
		return nil
	}
	w.goes(t, Tuesday().Add(29*time.Minute))
	check.Equal(t, "while it is down", w.stand(t), map[mailing.State]int{mailing.Waiting: 2, mailing.Failed: 1})
	w.goes(t, Tuesday().Add(70*time.Minute))
	check.Equal(t, "when it is back", w.stand(t), map[mailing.State]int{mailing.Waiting: 1, mailing.Sent: 1, mailing.Failed: 1})
	check.Equal(t, "taken", w.taken, map[string]int{"c00": 1})
	w.now = Tuesday().Add(mailing.KeepTrying + time.Minute)
	w.goes(t, w.now.Add(time.Minute))
	check.Equal(t, "after a week", w.stand(t), map[mailing.State]int{mailing.Sent: 1, mailing.Failed: 2})
	check.Equal(t, "alarms", len(w.alarms), 2)
}
