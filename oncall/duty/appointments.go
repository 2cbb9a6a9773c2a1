package duty

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/storage"
)

// Appointments rings engineers for the test calls that they have agreed to: each week at their time, on every telephone that has
// not been proven since. Where nobody presses the key it rings twice more. Who is absent then is left alone. Used by one
// goroutine.
type Appointments struct {
	Roster   *Roster
	Facts    Facts // remembers what was rung, for all nodes
	TestCall func(ctx context.Context, a oncall.Attempt) (result string)
	Log      *slog.Logger
}

// How an appointment is kept.
const (
	testTries = 3                // of each telephone
	testAgain = 10 * time.Minute // between two of them; a start later than that rings nobody for it
	testFact  = "test call "     // before the engineer's id
)

// Round rings whoever it is time for, all at once, and comes back when they have hung up.
func (p *Appointments) Round(ctx context.Context, now time.Time) {
	k, err := p.Roster.read(ctx)
	if err != nil {
		return // the roster's watch says so
	}
	var calls sync.WaitGroup
	for _, c := range k.facts.Contacts {
		begin, agreed := c.TestBefore(now)
		if try := begin.Add(now.Sub(begin).Truncate(testAgain)); agreed && try.Before(begin.Add(testTries*testAgain)) {
			calls.Go(func() { p.keep(ctx, k, c, begin, try) })
		}
	}
	calls.Wait()
}

// keep is one try of one engineer's appointment, unless it was made.
func (p *Appointments) keep(ctx context.Context, k known, c escalation.Contact, begin, try time.Time) {
	who, exists := engineer(k.facts, c.Engineer)
	phones := slices.DeleteFunc(slices.Clone(who.Phones), func(phone string) bool { return provenSince(k.facts.Proofs, who.ID, phone, begin) })
	away := absentAt(k.documents, c.Engineer, try)
	if !exists || away || len(phones) == 0 {
		return
	}
	key := testFact + string(c.Engineer)
	last, err := p.Facts.Fact(ctx, key)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		p.Log.Warn("whether a test call was made is not known; it is looked again", "engineer", c.Engineer, "error", err)
		return
	}
	this := try.UTC().Format(time.RFC3339)
	if last >= this {
		return
	}
	if err := p.Facts.PutFact(ctx, key, this); err != nil { // else this node would ring without end, and another one as well
		p.Log.Warn("a test call is made later, since it cannot be written down", "engineer", c.Engineer, "error", err)
		return
	}
	for _, phone := range phones {
		result := p.TestCall(ctx, oncall.Attempt{Engineer: who.ID, Name: who.Name, Phone: phone, Language: who.Language})
		p.Log.Info("a test call by appointment", "engineer", who.ID, "agreed", begin, "result", result)
	}
}

// provenSince tells whether a telephone was proven at an instant or later.
func provenSince(proofs []oncall.Proof, id oncall.EngineerID, phone string, at time.Time) bool {
	return slices.ContainsFunc(proofs, func(p oncall.Proof) bool {
		return p.Engineer == id && p.Phone == phone && p.Key && p.Sound && !p.At.Before(at)
	})
}

// absentAt tells whether an engineer is away at an instant.
func absentAt(d escalation.Documents, id oncall.EngineerID, at time.Time) bool {
	shift := Shift{}
	shift.From, shift.Until = at, at.Add(time.Second)
	return absent(d, id, shift)
}
