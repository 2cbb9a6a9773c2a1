package intake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hotline/limits"
)

// Labels says which labels of alerts name what is installed where they come from. Both are empty, or neither: then nothing is read.
type Labels struct {
	Product string // the label that holds the product's id
	Version string // the one that holds its version
}

// The longest that is written down, as package evosupport keeps it.
const (
	productMost = 63 // characters
	versionMost = 60
)

// recordedFor is how long a version that was handed on is not handed on again.
const recordedFor = time.Minute

// recordedMost is how many versions are remembered for that.
const recordedMost = 10_000

// Found is a version that alerts told of.
type Found struct {
	ID      ID
	Product string
	Version string
}

// check refuses labels of which one is missing.
func (l Labels) check(bad func(field, why string) error) error {
	if (l.Product == "") != (l.Version == "") {
		return bad("labels", "name both labels, or none")
	}
	return nil
}

// found is what the alerts of a message tell of an installation: of each product the last version.
func (l Labels) found(id ID, alerts []Alert) (list []Found) {
	if l.Product == "" {
		return nil
	}
	at := map[string]int{}
	for _, a := range alerts {
		f := Found{id, limits.OneLine(a.Labels[l.Product], productMost), limits.OneLine(a.Labels[l.Version], versionMost)}
		if f.Product == "" || f.Version == "" {
			continue
		}
		if n, there := at[f.Product]; there {
			list[n] = f
			continue
		}
		at[f.Product] = len(list)
		list = append(list, f)
	}
	return list
}

// record hands on which versions a message tells of. The alerts are taken whatever becomes of that.
func (k *Intake) record(ctx context.Context, w *waiting, now time.Time) {
	if k.cfg.Installed == nil {
		return
	}
	s, err := k.settings.now(ctx, k.cfg.Store, now)
	if err != nil {
		return
	}
	for _, f := range s.policy(w.id.Contract).Labels.found(w.id, w.delivery.Batch.Alerts) {
		if !k.recorded.begin(f, now) {
			continue
		}
		if err := k.cfg.Installed(ctx, f, now); err != nil {
			k.recorded.forget(f)
			k.cfg.Log.Warn("the version that an alert tells of is not written down", "contract", f.ID.Contract, "installation", f.ID.Name, "product", f.Product, "error", fmt.Errorf("recording it: %w", err))
		}
	}
}

// recorded remembers for a while which versions were handed on, so that a thousand alerts that tell of one are written once. Safe for
// concurrent use.
type recorded struct {
	mu   sync.Mutex
	last map[Found]time.Time
}

// begin tells whether a version is to be handed on.
func (r *recorded) begin(f Found, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, there := r.last[f]; there && now.Sub(at) < recordedFor {
		return false
	}
	if r.last == nil || len(r.last) >= recordedMost {
		r.last = map[Found]time.Time{}
	}
	for other := range r.last { // what stood there before is no more
		if other.ID == f.ID && other.Product == f.Product {
			delete(r.last, other)
		}
	}
	r.last[f] = now
	return true
}

// forget has a version handed on again the next time.
func (r *recorded) forget(f Found) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.last, f)
}
