package tickets_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hotline/journal"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// crossed is a store and a journal in whose way somebody may come: meanwhile is done once, in the middle of the next
// Append or Apply.
type crossed struct {
	*sick
	tickets.Journal
	inAppend, inApply func()
	overtake          func() // somebody else writes the ticket
	deaf              bool   // it writes, and its answer is lost
	strict            bool   // it does not write for one who has gone, as PostgreSQL does not
}

func (c *crossed) Append(ctx context.Context, change tickets.Change) error {
	if err := c.Journal.Append(ctx, change); err != nil {
		return err
	}
	if f := c.inAppend; f != nil {
		c.inAppend = nil
		f()
	}
	return nil
}

func (c *crossed) Apply(ctx context.Context, change tickets.Change) error {
	if f := c.inApply; f != nil {
		c.inApply = nil
		f()
	}
	if c.strict && ctx.Err() != nil {
		return ctx.Err()
	}
	err := c.sick.Apply(ctx, change)
	if c.deaf {
		return storage.ErrDown
	}
	return err
}

// journalled opens the desk of a node with a journal on the disk, over the office's store.
func (o office) journalled(t *testing.T) (*tickets.Desk, *crossed, *journal.Journal) {
	t.Helper()
	j, err := journal.Open(t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, j.Close()) })
	c := &crossed{sick: o.sick, Journal: j}
	var ids atomic.Int64
	d := tickets.NewDesk(tickets.DeskConfig{
		Store: c, Book: o.Book(), Numbers: o.store, Journal: c, PINKey: []byte("key"), Own: sla.OfficeHours,
		NewID: func() string { return fmt.Sprintf("j%d", ids.Add(1)) },
	})
	return d, c, j
}

// told are the texts of a ticket's history behind the opening.
func told(lines []tickets.Event) string {
	var list []string
	for _, e := range lines[1:] {
		list = append(list, e.Text)
	}
	return strings.Join(list, ", ")
}

// TestTwoWhoWriteWhileTheStoreIsDownAreBothWrittenOnce: the slower one is worked out anew, and the journal must not bring
// its first version back at the next start.
func TestTwoWhoWriteWhileTheStoreIsDownAreBothWrittenOnce(t *testing.T) {
	for place, hook := range map[string]func(*crossed, func()){
		"before the store is tried": func(c *crossed, f func()) { c.inAppend = f },
		"while the store is tried":  func(c *crossed, f func()) { c.inApply = f },
	} {
		t.Run(place, func(t *testing.T) {
			o, ctx := openOffice(t), t.Context()
			ticket := o.blocking(t)
			d, c, j := o.journalled(t)
			_, err := d.Comment(ctx, ticket.Number, "staff:carla", "before", monday(3)) // the desk knows the ticket
			must(t, err)
			c.set(true)
			hook(c, func() {
				_, err := d.Comment(ctx, ticket.Number, "staff:ugo", "faster", monday(3))
				must(t, err)
			})
			_, err = d.Comment(ctx, ticket.Number, "staff:carla", "slower", monday(3))
			must(t, err)
			if n := len(j.Pending()); n != 2 {
				t.Errorf("%d changes are open in the journal, want the two that wait", n)
			}
			c.set(false)
			// The process dies here, and the next one replays its journal.
			must(t, j.Replay(ctx, func(ctx context.Context, c tickets.Change) error { return tickets.Restore(ctx, o.store, c) }))
			must(t, d.Replay(ctx))
			lines, err := o.store.History(ctx, ticket.Number)
			must(t, err)
			if got := told(lines); got != "before, faster, slower" {
				t.Errorf("the history is %q", got)
			}
		})
	}
}

// TestAReplayThatIsFasterThanItsWriterIsHisWriting: the journal of a start without a database is replayed beside the
// calls, and may put a change on top of what another node wrote before its own writer is told of the conflict.
func TestAReplayThatIsFasterThanItsWriterIsHisWriting(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket := o.blocking(t)
	d, c, j := o.journalled(t)
	reader := &behind{Store: o.store}
	c.Store = reader
	c.inApply = func() {
		_, err := comments(ctx, o.another(t), ticket.Number)
		must(t, err)
		must(t, j.Replay(ctx, func(ctx context.Context, c tickets.Change) error { return tickets.Restore(ctx, o.store, c) }))
		reader.conflicts = true // the store looked before the replay was there
	}
	got, err := d.Comment(ctx, ticket.Number, "staff:carla", "mine", monday(3))
	must(t, err)
	lines, err := o.store.History(ctx, ticket.Number)
	must(t, err)
	if told(lines) != "still looking, mine" || got.Version != 3 || len(j.Pending()) != 0 {
		t.Errorf("the history is %q, version %d, %d open in the journal", told(lines), got.Version, len(j.Pending()))
	}
}

// behind answers one write with a conflict.
type behind struct {
	tickets.Store
	conflicts bool
}

func (b *behind) Apply(ctx context.Context, c tickets.Change) error {
	if b.conflicts {
		b.conflicts = false
		return storage.ErrConflict
	}
	return b.Store.Apply(ctx, c)
}

func TestALineThatTheStoreTookAlthoughItsAnswerWasLostStandsOnce(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket := o.blocking(t)
	d, c, _ := o.journalled(t)
	c.deaf = true
	_, err := d.Comment(ctx, ticket.Number, "staff:carla", "one", monday(3))
	must(t, err)
	_, err = d.Comment(ctx, ticket.Number, "staff:carla", "two", monday(3))
	must(t, err)
	lines, err := d.History(ctx, ticket.Number)
	must(t, err)
	if got := told(lines); got != "one, two" || d.Waiting() != 1 {
		t.Errorf("the history is %q, %d wait", got, d.Waiting())
	}
	c.deaf = false
	must(t, d.Replay(ctx))
	lines, err = d.History(ctx, ticket.Number)
	must(t, err)
	if got := told(lines); got != "one, two" || d.Waiting() != 0 {
		t.Errorf("once replayed it is %q, %d wait", got, d.Waiting())
	}
}

// TestATicketThatWaitsIsReadWhileItIsWritten is for the race detector. Whoever hears of what waits may ask the desk.
func TestATicketThatWaitsIsReadWhileItIsWritten(t *testing.T) {
	const comments = 100
	o, ctx := openOffice(t), t.Context()
	ticket := o.blocking(t)
	var d *tickets.Desk
	var ids, heard atomic.Int64
	d = tickets.NewDesk(tickets.DeskConfig{
		Store: o.sick, Book: o.Book(), Numbers: o.store, PINKey: []byte("key"), Own: sla.OfficeHours,
		NewID:    func() string { return fmt.Sprintf("w%d", ids.Add(1)) },
		Deferred: func(tickets.Number, error) { heard.Add(int64(d.Waiting())) },
	})
	_, err := d.Comment(ctx, ticket.Number, "staff:carla", "before", monday(3))
	must(t, err)
	o.sick.set(true)
	var both sync.WaitGroup
	both.Go(func() {
		for range comments {
			if _, err := d.Comment(ctx, ticket.Number, "staff:carla", "again", monday(3)); err != nil {
				t.Error(err)
			}
		}
	})
	both.Go(func() {
		for range comments {
			if got, err := d.Ticket(ctx, ticket.Number); err != nil || got.Number != ticket.Number {
				t.Errorf("the ticket is %+v, %v", got, err)
			}
		}
	})
	both.Wait()
	o.sick.set(false)
	must(t, d.Replay(ctx))
	lines, err := o.store.History(ctx, ticket.Number)
	must(t, err)
	if len(lines) != comments+2 || heard.Load() != 1 {
		t.Errorf("%d lines, %d tickets were heard of", len(lines), heard.Load())
	}
}
