package recovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/directory"
	"hotline/media/g711"
	"hotline/memory"
	"hotline/prompts/replaced"
	"hotline/sealed"
	"hotline/sla"
	"hotline/spool"
	"hotline/storage"
	"hotline/tickets"
)

// slow is a store that may not say which recordings it knows.
type slow struct {
	*memory.Store
	down  bool
	asked int
}

func (s *slow) Recording(ctx context.Context, id string) (tickets.Recording, tickets.Number, error) {
	if s.asked++; s.down {
		return tickets.Recording{}, 0, storage.ErrDown
	}
	return s.Store.Recording(ctx, id)
}

// crash is a spool, a desk and a store after a process was killed.
type crash struct {
	*testing.T
	store *slow
	spool *spool.Folder
	desk  *tickets.Desk
	waits []tickets.Change
}

func crashed(t *testing.T) (*crash, *Recordings) {
	c := &crash{T: t, store: &slow{Store: memory.New(417)}}
	keys, err := sealed.ParseKeys([]byte(sealed.NewKey()))
	if err != nil {
		t.Fatal(err)
	}
	if c.spool, err = spool.Open(t.TempDir(), spool.Encryption{Keys: keys}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.spool.Close() })
	for _, k := range sla.DefaultCalendars() {
		if _, err := c.store.PutCalendar(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range sla.DefaultLevels() {
		if _, err := c.store.PutLevel(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	book, err := directory.ReadBook(t.Context(), c.store, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ids := 0
	c.desk = tickets.NewDesk(tickets.DeskConfig{
		Store: c.store, Book: book, Numbers: c.store, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: func() string { ids++; return fmt.Sprint(ids) },
	})
	return c, &Recordings{
		Spool: c.spool, Store: c.store, Desk: c.desk, Log: slog.New(slog.DiscardHandler),
		Pending: func() []tickets.Change { return c.waits },
	}
}

// ticket opens one.
func (c *crash) ticket() tickets.Number {
	c.Helper()
	t, err := c.desk.Open(c.Context(), tickets.Draft{Claim: sla.Question, Channel: tickets.Phone, Actor: "caller"}, time.Now())
	if err != nil {
		c.Fatal(err)
	}
	return t.Number
}

// record leaves a recording in the spool, as a call does.
func (c *crash) record(id string) {
	c.Helper()
	w, err := c.spool.Create(id, g711.ALaw)
	if err == nil {
		_, err = w.Write(make([]byte, 8000))
		if !strings.HasSuffix(id, "-cut") { // whose process died
			err = errors.Join(err, w.Close())
		}
	}
	if err != nil {
		c.Fatal(err)
	}
}

// start lists what lies in the spool, as a process does before it takes calls.
func (c *crash) start(r *Recordings) {
	c.Helper()
	var err error
	if r.Former, err = c.spool.List(); err != nil {
		c.Fatal(err)
	}
}

// recordings is those of a ticket, with a star behind partial ones.
func (c *crash) recordings(of tickets.Number) string {
	c.Helper()
	t, err := c.store.Ticket(c.Context(), of)
	if err != nil {
		c.Fatal(err)
	}
	var words []string
	for _, r := range t.Recordings {
		if words = append(words, r.ID); r.Partial {
			words[len(words)-1] += "*"
		}
	}
	return strings.Join(words, " ")
}

func TestARecordingIsAdoptedOnlyWhenTheStoreSaysThatItHasNone(t *testing.T) {
	c, r := crashed(t)
	ticket, other, third := c.ticket(), c.ticket(), c.ticket()
	whole, cut, spoken, waiting := fmt.Sprint(ticket, "-whole"), fmt.Sprint(ticket, "-cut"), fmt.Sprint(other, "-spoken-cut"), fmt.Sprint(third, "-waiting")
	for _, id := range []string{whole, cut, waiting, "drill-1"} {
		c.record(id)
	}
	c.start(r)
	c.record(spoken) // by this process, and still
	if _, err := c.desk.Keep(t.Context(), ticket, tickets.Recording{ID: whole, File: whole + ".wav"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	c.waits = []tickets.Change{{Ticket: tickets.Ticket{Number: third, Recordings: []tickets.Recording{{ID: waiting}}}}}

	c.store.down = true
	if err := r.adopt(t.Context()); !errors.Is(err, storage.ErrDown) || c.store.asked != 1 {
		t.Errorf("a store that is down is asked %d times: %v", c.store.asked, err)
	}
	if got := c.recordings(ticket); got != whole {
		t.Errorf("while the store is down the ticket has %q", got)
	}
	c.store.down = false
	for range 2 {
		if err := r.adopt(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := c.recordings(ticket), whole+" "+cut+"*"; got != want {
		t.Errorf("the ticket has %q, want %q", got, want)
	}
	if got := c.recordings(other) + c.recordings(third); got != "" {
		t.Errorf("a recording that runs, or that the journal has for the store, was adopted: %q", got)
	}
	if _, err := c.spool.Sum(spoken); !errors.Is(err, sealed.ErrCut) {
		t.Errorf("a recording that runs was ended: %v", err)
	}
	if c.start(r); r.adopt(t.Context()) != nil || c.recordings(other) != spoken+"*" {
		t.Errorf("after this process has died too: %q", c.recordings(other))
	}
}

func TestAStartWithAStoreThatIsDownAdoptsLaterAndOnce(t *testing.T) {
	c, r := crashed(t)
	ticket := c.ticket()
	c.record(fmt.Sprint(ticket, "-cut"))
	c.start(r)
	if highest := HighestTicket(append(r.Former, "drill-1")); highest != ticket {
		t.Errorf("the highest ticket that recordings tell of is %d, want %d", highest, ticket)
	}
	c.store.down = true
	if r.Recover(t.Context()); c.recordings(ticket) != "" {
		t.Errorf("with the store down: %q", c.recordings(ticket))
	}
	c.store.down = false
	r.Recover(t.Context())
	if got, want := c.recordings(ticket), fmt.Sprint(ticket, "-cut*"); got != want {
		t.Errorf("once it answers: %q, want %q", got, want)
	}
	c.record(fmt.Sprint(ticket, "-later"))
	if r.Recover(t.Context()); c.recordings(ticket) != fmt.Sprint(ticket, "-cut*") {
		t.Errorf("a recording of this process was adopted: %q", c.recordings(ticket))
	}
}

// TestATalkThatACrashCutOffIsATalk: its file tells it by its two channels.
func TestATalkThatACrashCutOffIsATalk(t *testing.T) {
	c, r := crashed(t)
	ticket := c.ticket()
	id := fmt.Sprint(ticket, "-talk")
	w, err := c.spool.CreateTwo(id, g711.ALaw)
	if err == nil {
		_, err = w.Write(make([]byte, 2*8000))
	}
	if err != nil {
		t.Fatal(err)
	}
	c.start(r)
	r.Recover(t.Context())
	got, err := c.store.Ticket(t.Context(), ticket)
	if err != nil || len(got.Recordings) != 1 || got.Recordings[0].Kind != tickets.Talk || got.Recordings[0].Seconds != 1 || !got.Recordings[0].Partial {
		t.Errorf("the ticket has %+v, %v", got.Recordings, err)
	}
}

// TestWhatWasToBecomeAPromptAndWasNotConfirmedIsDeleted at the next start, though the store is down; nothing else is.
func TestWhatWasToBecomeAPromptAndWasNotConfirmedIsDeleted(t *testing.T) {
	c, r := crashed(t)
	ticket := c.ticket()
	c.record(replaced.TakePrefix + "a")
	c.record(fmt.Sprint(ticket, "-cut"))
	c.start(r)
	c.store.down = true
	c.record(replaced.TakePrefix + "of-this-process")
	r.Recover(t.Context())
	left, err := c.spool.List()
	if slices.Sort(left); err != nil || !slices.Equal(left, []string{fmt.Sprint(ticket, "-cut"), replaced.TakePrefix + "of-this-process"}) {
		t.Errorf("%v lie on the disk, %v", left, err)
	}
}

// TestARecordingWithoutSoundIsThrownAway: the process died before the first of it was on the disk, in the clear or sealed.
func TestARecordingWithoutSoundIsThrownAway(t *testing.T) {
	for name, encrypted := range map[string]bool{"clear": false, "sealed": true} {
		t.Run(name, func(t *testing.T) {
			c, r := crashed(t)
			if !encrypted {
				folder, err := spool.Open(t.TempDir(), spool.Encryption{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = folder.Close() })
				c.spool, r.Spool = folder, folder
			}
			n := c.ticket()
			if _, err := c.spool.Create(fmt.Sprintf("%d-silent", n), g711.ALaw); err != nil {
				t.Fatal(err)
			}
			c.start(r)
			r.Recover(t.Context())
			ticket, err := c.desk.Ticket(t.Context(), n)
			left, listed := c.spool.List()
			if err != nil || listed != nil || len(ticket.Recordings) != 0 || len(left) != 0 {
				t.Errorf("the ticket has %v, and on the disk lies %v: %v, %v", ticket.Recordings, left, err, listed)
			}
		})
	}
}
