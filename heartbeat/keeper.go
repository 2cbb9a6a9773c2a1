package heartbeat

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"hotline/directory"
	"hotline/intake"
	"hotline/limits"
	"hotline/storage"
)

// Store keeps heartbeats, how they stand, and when nodes listened. storagetest.Heartbeats holds each store to it. All methods are
// safe for concurrent use and fail with the errors of package storage.
type Store interface {
	Heartbeat(ctx context.Context, id string) (Heartbeat, error)
	Heartbeats(ctx context.Context) ([]Heartbeat, error) // by id
	PutHeartbeat(ctx context.Context, h Heartbeat) (Heartbeat, error)
	DeleteHeartbeat(ctx context.Context, id string, version int) error // with how it stands
	// Beat is how a heartbeat stands; one of which nothing is known has version 0.
	Beat(ctx context.Context, id string) (Beat, error)
	Beats(ctx context.Context) ([]Beat, error) // by id
	// BeatOf finds the one whose key has this SHA-256.
	BeatOf(ctx context.Context, key [32]byte) (Beat, error)
	// PutBeat writes how it stands. Its version must be the one that stands: storage.ErrConflict.
	PutBeat(ctx context.Context, b Beat) error
	// DueBeats are those that are to be looked at, the longest due first.
	DueBeats(ctx context.Context, now time.Time, limit int) ([]string, error)
	// Listened notes a span in which a process listened, in the place of an earlier note of the same beginning, and forgets what
	// ended before an instant.
	Listened(ctx context.Context, process string, g Gap, forget time.Time) error
	// Listening are the spans in which processes listened, those that began first come first.
	Listening(ctx context.Context) ([]Gap, error)
}

// Intake is the Alerting Manager. *intake.Intake is it.
type Intake interface {
	Take(ctx context.Context, o intake.Origin, b intake.Batch, now time.Time) (intake.Outcome, error)
}

// Source is how the Alerting Manager calls what comes from here.
const Source = "heartbeat"

// Config is what a keeper needs. Everything is required.
type Config struct {
	Store   Store
	Intake  Intake
	Process string // names this process among all there ever were
	NewKey  func() string
	Log     *slog.Logger
}

// Keeper keeps heartbeats. Safe for concurrent use.
type Keeper struct {
	cfg Config

	mu       sync.Mutex
	listened Gap // the span that this process writes
}

// New makes a keeper.
func New(c Config) *Keeper { return &Keeper{cfg: c} }

// Bounds of what a signal may bring.
const (
	TextMost = 10_000 // octets that are read
	textKept = 2000   // characters
	runMost  = 64
	keyMost  = 64
)

const (
	tries      = 64                   // of a write, because others were faster
	dueAtOnce  = 500                  // of one look
	reportTime = 30 * time.Second     // of one report, its tries together: what is written is told, whether or not the request lasts
	forgetTime = 100 * 24 * time.Hour // when nodes listened is known for so long: longer than any period and grace
)

// Signal takes what a job said at the address with a key: storage.ErrNotFound for a key that is not known.
func (k *Keeper) Signal(ctx context.Context, key string, s Signal) error {
	if key == "" || len(key) > keyMost {
		return fmt.Errorf("heartbeat: %w", storage.ErrNotFound)
	}
	s.Run, s.Text = limits.OneLine(s.Run, runMost), limits.Plain(strings.TrimSpace(s.Text), textKept)
	b, err := k.cfg.Store.BeatOf(ctx, sha256.Sum256([]byte(key)))
	if err != nil {
		return fmt.Errorf("looking for a heartbeat: %w", err)
	}
	return k.step(ctx, b.ID, s.At, func(b Beat, h Heartbeat) Beat { return b.Hear(h, s) })
}

// Due looks at what is due, after noting that this process listened until now. Call it every few seconds, on every node.
func (k *Keeper) Due(ctx context.Context, now time.Time) error {
	if err := k.listens(ctx, now); err != nil {
		return fmt.Errorf("noting that this node listens: %w", err)
	}
	due, err := k.cfg.Store.DueBeats(ctx, now, dueAtOnce)
	if err != nil || len(due) == 0 {
		return err
	}
	listened, err := k.cfg.Store.Listening(ctx)
	if err != nil {
		return fmt.Errorf("reading when nodes listened: %w", err)
	}
	gaps := Gaps(listened)
	var failed []error
	for _, id := range due {
		if ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		failed = append(failed, k.step(ctx, id, now, func(b Beat, h Heartbeat) Beat { return b.Look(h, gaps, now) }))
	}
	return errors.Join(failed...)
}

// listens notes that this process listened until now. It did not while it could not write this for longer than a blink: what it hears
// then is not kept either.
func (k *Keeper) listens(ctx context.Context, now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	span := Gap{k.listened.From, now}
	if k.listened.From.IsZero() || now.Sub(k.listened.Until) > blink {
		span.From = now
	}
	err := k.cfg.Store.Listened(ctx, k.cfg.Process, span, now.Add(-forgetTime))
	if err == nil {
		k.listened = span
	}
	return err
}

// Edited takes over a document that was written in the place of another one; of a new one, was has no ID.
func (k *Keeper) Edited(ctx context.Context, id string, was Heartbeat, now time.Time) error {
	var moved bool
	err := k.step(ctx, id, now, func(b Beat, h Heartbeat) Beat {
		moved = was.ID != "" && (was.Contract != h.Contract || was.Installation != h.Installation) && !b.State.DownSince.IsZero()
		return b.Edited(h, moved, now)
	})
	if err == nil && moved {
		k.ended(ctx, was, "the heartbeat is another installation's now", now)
	}
	return err
}

// Rekey gives a heartbeat a new key; the former one is unknown from then on. It is shown once: the store keeps its SHA-256.
func (k *Keeper) Rekey(ctx context.Context, id string, now time.Time) (key string, err error) {
	if _, err := k.cfg.Store.Heartbeat(ctx, id); err != nil {
		return "", err
	}
	key = k.cfg.NewKey()
	return key, k.step(ctx, id, now, func(b Beat, _ Heartbeat) Beat {
		b.KeyHash = sha256.Sum256([]byte(key))
		return b
	})
}

// Remove removes a heartbeat in a version of its document, and ends its problem. It fails with the errors of package storage.
func (k *Keeper) Remove(ctx context.Context, id string, version int, now time.Time) error {
	h, err := k.cfg.Store.Heartbeat(ctx, id)
	if err != nil {
		return err
	}
	b, err := k.cfg.Store.Beat(ctx, id)
	if err != nil {
		return err
	}
	if err := k.cfg.Store.DeleteHeartbeat(ctx, id, version); err != nil {
		return err
	}
	if !b.State.DownSince.IsZero() {
		k.Removed(ctx, h, now)
	}
	return nil
}

// Removed ends what the Alerting Manager knows of a heartbeat that is no more.
func (k *Keeper) Removed(ctx context.Context, h Heartbeat, now time.Time) {
	k.ended(ctx, h, "the heartbeat was removed", now)
}

// ended tells the Alerting Manager that a problem is over because nobody expects anything there any more.
func (k *Keeper) ended(ctx context.Context, h Heartbeat, why string, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer cancel()
	if err := k.tell(ctx, h, State{Report: Back, Text: why}, now); err != nil {
		k.cfg.Log.Warn("the problem of a heartbeat stays open, and staff must close its ticket", "heartbeat", h.ID, "why", why, "error", err)
	}
}

// step makes the next state of a heartbeat, writes it, and hands in what follows.
func (k *Keeper) step(ctx context.Context, id string, now time.Time, next func(Beat, Heartbeat) Beat) error {
	h, err := k.cfg.Store.Heartbeat(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return nil // it was removed a moment ago
	}
	for range tries {
		if err != nil {
			break
		}
		var b Beat
		if b, err = k.cfg.Store.Beat(ctx, id); err != nil {
			break
		}
		b = next(b, h)
		if err = k.cfg.Store.PutBeat(ctx, b); errors.Is(err, storage.ErrConflict) {
			err = nil
			continue
		}
		if err == nil {
			b.Version++
			k.report(ctx, h, b, now)
			return nil
		}
	}
	if err == nil {
		err = storage.ErrConflict
	}
	return fmt.Errorf("heartbeat %s: %w", id, err)
}

// report hands in what the Alerting Manager has not heard, and notes that it has. Another node may have heard something else meanwhile
// and handed it in before: whoever finds that his note comes too late hands in how it stands now. What fails is tried again by Due.
func (k *Keeper) report(ctx context.Context, h Heartbeat, b Beat, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer cancel()
	for n := 0; n < tries && b.State.Report != ""; n++ {
		err := k.tell(ctx, h, b.State, now)
		if err == nil {
			b.State.Report, b.State.Text = "", ""
			b.Due = b.due(h, now)
			err = k.cfg.Store.PutBeat(ctx, b)
		}
		if err == nil {
			return
		}
		if !errors.Is(err, storage.ErrConflict) {
			k.cfg.Log.Warn("a heartbeat is reported later", "heartbeat", h.ID, "error", err)
			return
		}
		if b, err = k.cfg.Store.Beat(ctx, h.ID); err != nil || b.Version == 0 {
			return
		}
		if b.State.Report, b.State.Text = Back, "it beats again"; !b.State.DownSince.IsZero() {
			b.State.Report, b.State.Text = Silent, b.State.Why
		}
	}
}

// tell hands a report in.
func (k *Keeper) tell(ctx context.Context, h Heartbeat, s State, now time.Time) error {
	a := intake.Alert{Fingerprint: h.ID, Severity: h.Severity, Title: h.Title, Text: s.Text}
	if s.Report == Back {
		a.Resolved, a.Text, a.End = true, "", s.Text
	}
	o := intake.Origin{Contract: directory.ContractID(h.Contract), Installation: h.Installation, Source: Source}
	_, err := k.cfg.Intake.Take(ctx, o, intake.Batch{Alerts: []intake.Alert{a}}, now)
	return err
}
