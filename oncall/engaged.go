package oncall

import (
	"context"
	"time"
)

// Engagement is somebody whom a node rings or talks to. Nodes that share a database tell each other of it, so that nobody is rung
// twice at once.
type Engagement struct {
	Name  string    // an engineer's id, or a telephone that is no engineer's
	Node  string    // that rings or talks
	Talks bool      // to a caller; else the telephone rings, or its owner is being asked
	Until time.Time // it holds until then, unless it is renewed: a node may die
}

// Engagements keeps them. Everything is by the nodes' own clocks, which may differ by a few seconds. Safe for concurrent use.
type Engagements interface {
	// Engage lets a node ring a telephone. It is false when another node rings the same one at now, or talks to it and talking is
	// false. Of several nodes that ask at once one gets true.
	Engage(ctx context.Context, e Engagement, talking bool, now time.Time) (bool, error)
	// EngagedElsewhere gives those of the names that other nodes than this one ring or talk to at now.
	EngagedElsewhere(ctx context.Context, node string, names []string, now time.Time) ([]string, error)
	// Disengage ends what a node has with somebody.
	Disengage(ctx context.Context, node, name string) error
	// RenewEngagements writes all engagements of a node. What it has beside them ends where it would have ended before stale; that of
	// other nodes, which may be no more, is forgotten an hour later.
	RenewEngagements(ctx context.Context, node string, list []Engagement, stale time.Time) error
}

// Holds tells whether an engagement holds at now: it has not ended, and it is not of a clock that has been set back since.
func (e Engagement) Holds(now time.Time) bool {
	return e.Until.After(now) && !e.Until.After(now.Add(2*EngagedTime))
}

const (
	EngagedTime = 30 * time.Second // for so long an engagement holds that is not renewed
	Forgotten   = time.Hour        // after so long a node that renews nothing is no more
)
