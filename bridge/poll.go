package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline/bridge/zammad"
	"hotline/storage"
)

// The facts of the installation by which the nodes share the poll.
const (
	factPolled = "bridge.polled" // when a poll began last
	factCursor = "bridge.cursor" // how new the newest ticket was that a poll has seen
)

const (
	overlap   = 10 * time.Minute // how far behind its newest ticket a poll looks: Zammad's search may be behind
	pagesMost = 40               // of one poll; what is older comes with the webhooks, or not: the log says so
)

// poll looks for tickets there that have changed, where it is time to.
func (b *Bridge) poll(ctx context.Context, now time.Time) {
	at, err := b.instant(ctx, factPolled)
	if err != nil || now.Sub(at) < b.Every {
		return
	}
	if err := b.Facts.PutFact(ctx, factPolled, now.UTC().Format(time.RFC3339Nano)); err != nil {
		return
	}
	err = b.changes(ctx, now)
	b.noted(err, now)
	if err != nil && ctx.Err() == nil {
		b.Log.Warn("Zammad is asked later what has changed there", "error", err)
	}
}

// instant reads a fact that is an instant; the zero time: nobody has written it.
func (b *Bridge) instant(ctx context.Context, key string) (time.Time, error) {
	text, err := b.Facts.Fact(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, text)
}

// changes pokes every ticket there that has changed since the poll before and concerns us. The first poll of all begins with now.
func (b *Bridge) changes(ctx context.Context, now time.Time) error {
	cursor, err := b.instant(ctx, factCursor)
	if err != nil {
		return ours(err)
	}
	if cursor.IsZero() {
		cursor = now
	}
	since, newest := cursor.Add(-overlap), cursor
	for page := 1; ; page++ {
		list, err := b.Client.Changed(ctx, page)
		if err != nil {
			return err
		}
		for _, t := range list {
			if t.UpdatedAt.Before(since) {
				continue
			}
			if t.UpdatedAt.After(newest) {
				newest = t.UpdatedAt
			}
			if err := b.changed(ctx, t, now); err != nil {
				return ours(err)
			}
		}
		if len(list) == 0 || list[len(list)-1].UpdatedAt.Before(since) {
			break
		}
		if page == pagesMost {
			b.Log.Warn("more tickets of Zammad have changed than one poll looks at", "looked_at", pagesMost*len(list), "since", since)
			break
		}
	}
	return ours(b.Facts.PutFact(ctx, factCursor, newest.UTC().Format(time.RFC3339Nano)))
}

// changed pokes a ticket that is the twin of one of ours, and newer than when it was read, or that may have to be opened here.
func (b *Bridge) changed(ctx context.Context, t zammad.Ticket, now time.Time) error {
	twin, err := b.Store.TwinOf(ctx, t.ID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		if !slices.Contains(b.Born, t.Group) {
			return nil
		}
	case err != nil:
		return err
	case !t.UpdatedAt.After(twin.Read):
		return nil
	}
	return b.Store.AddPoke(ctx, t.ID, now)
}

// Check asks Zammad whether the token is good for all that the bridge does with it. Findings are what is wrong, in words; an error says that
// Zammad cannot be asked.
func (b *Bridge) Check(ctx context.Context) (findings []string, err error) {
	me, err := b.Client.Me(ctx)
	if err != nil {
		return nil, err
	}
	for _, group := range slices.Compact(slices.Sorted(slices.Values(append([]string{b.Group}, b.Born...)))) {
		has := me.Groups[group]
		for _, need := range []string{"read", "create", "change"} {
			if !slices.Contains(has, "full") && !slices.Contains(has, need) {
				findings = append(findings, fmt.Sprintf("the user %s may not %s in group %q: give it all of the group in Zammad", me.Login, need, group))
			}
		}
	}
	known, err := b.Client.States(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range distinct(b.Said) {
		if !slices.Contains(known, name) {
			findings = append(findings, fmt.Sprintf("Zammad has no state %q that bridge.shown names", name))
		}
	}
	for _, name := range known {
		if _, named := b.Heard[name]; !named {
			findings = append(findings, fmt.Sprintf("bridge.states does not say what the state %q of Zammad does here", name))
		}
	}
	if known, err = b.Client.Priorities(ctx); err != nil {
		return nil, err
	}
	for _, name := range distinct(b.Priorities) {
		if !slices.Contains(known, name) {
			findings = append(findings, fmt.Sprintf("Zammad has no priority %q that bridge.priorities names", name))
		}
	}
	return findings, nil
}

// distinct are the values of a map, each once, in their order.
func distinct[K comparable](m map[K]string) []string {
	var list []string
	for _, v := range m {
		if v != "" {
			list = append(list, v)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
