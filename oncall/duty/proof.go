package duty

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/storage"
	"hotline/tickets"
)

// ProofStore keeps which telephones engineers have proven. escalation.Store and oncall.Store implement it.
type ProofStore interface {
	Engineer(ctx context.Context, id oncall.EngineerID) (oncall.Engineer, error)
	ProofsOf(ctx context.Context, id oncall.EngineerID) (oncall.Proofs, error)
	PutProofs(ctx context.Context, p oncall.Proofs) (oncall.Proofs, error)
}

// Legs takes outgoing legs into the records of calls. calls.Records implements it.
type Legs interface {
	AddLeg(call tickets.CallID, l cdr.Leg)
}

// Prover notes that a telephone is proven when its engineer accepted a call or a test call on it: both the key and sound came. It
// hands every leg on. Safe for concurrent use.
type Prover struct {
	Legs  Legs
	Store ProofStore
	Log   *slog.Logger
}

// Of a proof by a call that was accepted.
const (
	heard = 25 // packets that came, at least: half a second of sound
	tries = 5  // to write it, while others write the same engineer's
)

// AddLeg takes a leg into the record, and a proof where it is one. A store that does not answer costs the proof, and 2 s.
func (p *Prover) AddLeg(call tickets.CallID, l cdr.Leg) {
	p.Legs.AddLeg(call, l)
	how := provenBy(call, l)
	if how == "" || l.Answered.IsZero() || l.Quality.PacketsIn < heard {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	proof := oncall.Proof{Engineer: oncall.EngineerID(l.Engineer), Phone: l.Address, At: l.Answered.Truncate(time.Second), Key: true, Sound: true, How: how}
	if err := p.keep(ctx, proof); err != nil {
		p.Log.Warn("a telephone was proven, and that is not written", "engineer", l.Engineer, "error", err)
	}
}

// provenBy says by what a leg proves its telephone; empty where it does not.
func provenBy(call tickets.CallID, l cdr.Leg) string {
	switch {
	case l.Result == cdr.LegProven:
		return "test call"
	case l.Accepted() && call == "": // in a bulletin, or for a ticket that came by no call
		return "accepted without a caller"
	case l.Accepted():
		return fmt.Sprintf("accepted in call %s", call)
	}
	return ""
}

// keep writes a proof; an engineer who is gone, such as the operator, has none.
func (p *Prover) keep(ctx context.Context, proof oncall.Proof) error {
	e, err := p.Store.Engineer(ctx, proof.Engineer)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	for range tries {
		stands := oncall.Proofs{Engineer: e.ID}
		if err == nil {
			stands, err = p.Store.ProofsOf(ctx, e.ID)
		}
		if errors.Is(err, storage.ErrNotFound) {
			stands, err = oncall.Proofs{Engineer: e.ID}, nil
		}
		if err != nil {
			return err
		}
		if _, err = p.Store.PutProofs(ctx, stands.With(proof, e.Phones)); !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) {
			return err
		}
		err = nil // somebody was faster: read again
	}
	return storage.ErrConflict
}
