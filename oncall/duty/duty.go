// Package duty tells who is on duty now, also while the store is down.
//
// The rota is read anew for each search. Its last good copy is kept in memory and on the disk, for the time in which the store
// does not answer. The copy is there before the first call, and [Watch] keeps it fresh. oncall/ring asks for the plan. It starts no goroutine.
package duty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"hotline/circuitbreaker"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/storage/stored"
	"hotline/tickets"
)

const (
	timeout  = 2 * time.Second // nobody waits longer for the store; a caller hears on meanwhile
	cooldown = 5 * time.Second // a store that did not answer in time is not asked by searches for so long
	copyName = "rota"          // of the copy on the disk
)

// Store is where rotas, engineers and policies stand.
type Store interface{ escalation.Source }

// Copy keeps values on the disk by name. atomicfile.Values implements it.
type Copy interface {
	Put(name string, v any) error
	Get(name string, v any) error
}

// Roster plans whom to ring. Safe for concurrent use.
type Roster struct {
	store   Store
	copy    Copy
	log     *slog.Logger
	breaker *circuitbreaker.Breaker // of what searches ask
	house   escalation.Defaults

	mu    sync.Mutex
	last  known // as the store last gave it, or as the disk remembers it
	edits int   // how often last was replaced
}

// known is what decides who is rung, and what was worked out of it: calendars are expensive to read.
type known struct {
	documents escalation.Documents
	facts     escalation.Facts
	broken    error // a rota that cannot be worked out
	there     bool
}

// New makes a roster; it reads nothing. house gives the values of a policy that says nothing of its own. Its circuit is not that of
// the tickets: a ticket that is written slowly must not make a rota old.
func New(s Store, c Copy, house escalation.Defaults, log *slog.Logger) *Roster {
	return &Roster{store: s, copy: c, log: log, house: house, breaker: circuitbreaker.New(circuitbreaker.Config{
		Timeout: timeout, Cooldown: cooldown, Trips: func(_ error, late bool) bool { return late },
	})}
}

// Refresh reads what decides who is rung, so that the copy is fresh when the store fails. It waits 2 s for the store.
func (r *Roster) Refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	d, err := escalation.Read(ctx, r.store)
	if err == nil {
		r.learn(d)
	}
	return err
}

// Plan plans who is rung for a blocking ticket at now. The telephones of whoever has the ticket in hand stand in front. It
// implements ring.Duty. The plan asks for no hours: whether it is time to ring is decided before.
func (r *Roster) Plan(ctx context.Context, now time.Time, t tickets.Ticket) (escalation.Plan, error) {
	k, err := r.read(ctx)
	if err != nil {
		return escalation.Plan{}, err
	}
	return r.plan(k, now, t)
}

// plan works the plan out from what stands in the store, or in its copy.
func (r *Roster) plan(k known, now time.Time, t tickets.Ticket) (escalation.Plan, error) {
	if k.broken != nil {
		r.log.Warn("a rota cannot be worked out and rings nobody; others serve its requests", "error", k.broken)
	}
	if len(k.facts.Rotas) == 0 {
		return escalation.Plan{Gap: true}, cmp.Or(k.broken, errors.New("no rota was ever written"))
	}
	return escalation.For(escalation.Case{
		Request: rota.Request{Contract: string(t.Contract), Category: sla.Blocking, Level: t.Level, Language: t.Language},
		Channel: string(t.Channel), OnLine: true, Assignee: oncall.EngineerID(t.Assignee),
	}, k.facts, now), nil
}

// read asks the store, and takes the last good copy where it does not answer.
func (r *Roster) read(ctx context.Context) (known, error) {
	var d escalation.Documents
	err := r.breaker.Do(ctx, func(ctx context.Context) error {
		var err error
		d, err = escalation.Read(ctx, r.store)
		return err
	})
	if err == nil {
		return r.learn(d), nil
	}
	if last := r.lastGood(); last.there {
		return last, nil
	}
	var kept stored.Documents
	if r.copy.Get(copyName, &kept) != nil {
		return known{}, fmt.Errorf("reading the rota: %w", err)
	}
	return r.remember(kept.Domain()), nil
}

// learn keeps what the store gave, where it is new.
func (r *Roster) learn(d escalation.Documents) known {
	if last := r.lastGood(); last.there && reflect.DeepEqual(last.documents, d) {
		return last
	}
	k := r.remember(d)
	if err := r.copy.Put(copyName, stored.OfDocuments(d)); err != nil { // a full disk wakes nobody less
		r.log.Warn("the copy of the rota is stale", "error", err)
	}
	return k
}

func (r *Roster) remember(d escalation.Documents) known {
	k := known{documents: d, there: true}
	k.facts, k.broken = d.Facts()
	k.facts.Defaults = r.house
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = k
	r.edits++
	return k
}

func (r *Roster) lastGood() known {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// telephone is one that may be rung.
type telephone struct{ whose, phone string }

// telephones are those of engineers and of policies by the last plan, and how often they were replaced.
func (r *Roster) telephones() (list []telephone, edits int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.last.documents.Engineers {
		for _, p := range e.Phones {
			list = append(list, telephone{e.Name, p})
		}
	}
	for _, policy := range r.last.documents.Policies {
		for _, p := range policy.Overflow {
			list = append(list, telephone{"the overflow of policy " + policy.ID, p})
		}
	}
	return list, r.edits
}

// Of lists the engineers who have a telephone that same takes for the one asked for, by the last plan.
func (r *Roster) Of(same func(telephone string) bool) []oncall.Engineer {
	var list []oncall.Engineer
	for _, e := range r.lastGood().documents.Engineers {
		if slices.ContainsFunc(e.Phones, same) {
			list = append(list, e)
		}
	}
	return list
}

// Known tells whether there is a last plan.
func (r *Roster) Known() bool { return r.lastGood().there }

// Engineers are all of them, by the last plan. The caller does not write to the list.
func (r *Roster) Engineers() []oncall.Engineer { return r.lastGood().documents.Engineers }

// HasTelephone tells whether same is true for a telephone of an engineer or of a policy, as last read.
func (r *Roster) HasTelephone(same func(telephone string) bool) bool {
	list, _ := r.telephones()
	return slices.ContainsFunc(list, func(t telephone) bool { return same(t.phone) })
}
