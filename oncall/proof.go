package oncall

import (
	"slices"
	"time"
)

// ProofTime is for how long a proof holds: a telephone that was well a week ago may be lost, empty or silenced by now.
const ProofTime = 7 * 24 * time.Hour

// Proof is a telephone that was rung, and at which its engineer heard what was said and pressed the key that was asked for.
type Proof struct {
	Engineer EngineerID
	Phone    string
	At       time.Time
	Key      bool   // the key that was asked for came
	Sound    bool   // sound came from the telephone, and its owner heard ours: the key was said, not known before
	How      string // "test call", "accepted ticket 417"
}

// Holds tells whether the proof is a whole one and still counts at now.
func (p Proof) Holds(now time.Time) bool {
	return p.Key && p.Sound && !now.Before(p.At) && now.Before(p.At.Add(ProofTime))
}

// Proven is until when an engineer's telephone counts as proven; zero when it does not at now.
func Proven(proofs []Proof, id EngineerID, phone string, now time.Time) (until time.Time) {
	for _, p := range proofs {
		if end := p.At.Add(ProofTime); p.Engineer == id && p.Phone == phone && p.Holds(now) && end.After(until) {
			until = end
		}
	}
	return until
}

// Proofs are what one engineer has proven, as it is kept: of each telephone the newest.
type Proofs struct {
	Engineer EngineerID
	List     []Proof
	Version  int
}

// With adds a proof in the place of an older one of the same telephone. Telephones that the engineer does not have any more
// are dropped.
func (p Proofs) With(proof Proof, phones []string) Proofs {
	next := Proofs{Engineer: p.Engineer, Version: p.Version}
	for _, old := range p.List {
		newer := old.Phone == proof.Phone && !old.At.After(proof.At)
		if !newer && slices.Contains(phones, old.Phone) {
			next.List = append(next.List, old)
		}
	}
	if !slices.ContainsFunc(next.List, func(old Proof) bool { return old.Phone == proof.Phone }) {
		next.List = append(next.List, proof)
	}
	return next
}
