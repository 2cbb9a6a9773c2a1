package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/app/database"
	"hotline/directory"
	"hotline/notify"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// postBox takes letters unless it is told otherwise.
type postBox struct {
	mu      sync.Mutex
	letters []notify.Message
	at      []time.Time
	tries   int
	fault   func(to string) error
}

func (b *postBox) Send(_ context.Context, m notify.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries++
	if b.fault != nil {
		if err := b.fault(m.To); err != nil {
			return err
		}
	}
	b.letters, b.at = append(b.letters, m), append(b.at, time.Now())
	return nil
}

func (b *postBox) set(fault func(to string) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = fault
}

// posted lists readers and subjects so far.
func (b *postBox) posted() (list []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n, m := range b.letters {
		list = append(list, fmt.Sprintf("%s %s: %s", b.at[n].UTC().Format("15:04:05"), m.To, m.Subject))
	}
	return list
}

// sent are the letters so far, and how often one was tried.
func (b *postBox) sent() ([]notify.Message, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.letters), b.tries
}

// withMail starts the program with a mail server, readers, and an address of Rossi. It stops with the test.
func withMail(t *testing.T, changes ...func(*app.Config)) (*apptest.Program, *postBox) {
	t.Helper()
	b := &postBox{}
	n := apptest.Start(t, append([]func(*app.Config){func(c *app.Config) {
		c.Virtual.Mailer = b
		c.Config.Mail.Staff = []string{"staff@house.example", "desk@house.example"}
		c.Config.Mail.Manager = []string{"manager@house.example"}
	}}, changes...)...)
	t.Cleanup(n.Stop)
	n.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
	return n, b
}

func TestAReceiptGoesOutAndAlarmsAreMailedToStaffAndManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := withMail(t)
		n.Open("rossi") // nine UTC: contact is due at ten
		n.Open("verdi") // no address
		time.Sleep(80 * time.Minute)
		got := b.posted()
		slices.Sort(got) // both tickets are rung for at the same time
		if !slices.ContainsFunc(got, func(l string) bool {
			return strings.HasPrefix(l, "09:00:0") && strings.HasSuffix(l, "guasti@rossi.example: [417] Abbiamo ricevuto la vostra richiesta")
		}) {
			t.Errorf("the receipt: %v", got)
		}
		count := func(what string) (sum int) {
			for _, l := range got {
				if strings.Contains(l, what) {
					sum++
				}
			}
			return sum
		}
		early := 0 // the rota is called again and again, and in vain
		for _, l := range got {
			if strings.HasPrefix(l, "09:") && strings.Contains(l, "manager@house.example: [417] Rossi S.p.A.: nessun tecnico raggiunto") {
				early++
			}
		}
		if early != 1 {
			t.Errorf("within one hour %d letters tell that nobody was reached, want 1", early)
		}
		for what, want := range map[string]int{
			"guasti@": 1, "staff@house.example: [417] Rossi S.p.A.: contatto, si avvicina": 1, "desk@house.example: [417] Rossi S.p.A.: contatto, si avvicina": 1,
			"manager@house.example: [417] Rossi S.p.A.: contatto, scadenza superata": 1, "[418] Verdi S.r.l.: contatto": 3,
			"staff@house.example: [417] Rossi S.p.A.: nuova richiesta": 1, "desk@house.example: [418] Verdi S.r.l.: nuova richiesta": 1,
		} {
			if count(what) != want {
				t.Errorf("%d letters with %q, want %d: %s", count(what), what, want, strings.Join(got, "\n"))
			}
		}
	})
}

func TestLettersOutliveHoursWithoutAMailServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := withMail(t)
		b.set(func(string) error { return errors.New("connection refused") })
		n.Open("rossi")
		time.Sleep(3 * time.Hour)
		if letters, tries := b.sent(); len(letters) != 0 || tries < 10 {
			t.Fatalf("%d letters, %d tries", len(letters), tries)
		}
		b.set(func(to string) error {
			if to == "staff@house.example" {
				return fmt.Errorf("no such user: %w", notify.ErrRefused)
			}
			return nil
		})
		time.Sleep(time.Minute)
		all := strings.Join(b.posted(), "\n")
		for _, reader := range []string{"guasti@rossi.example", "desk@house.example", "manager@house.example"} {
			if !strings.Contains(all, reader) {
				t.Errorf("%s got nothing: %s", reader, all)
			}
		}
		seen := map[string]bool{}
		letters, _ := b.sent()
		for _, m := range letters {
			if seen[m.ID+m.To] {
				t.Errorf("%s got %s twice", m.To, m.ID)
			}
			seen[m.ID+m.To] = true
		}
		if got := n.History(); !strings.Contains(got, "undelivered staff: contact") || !strings.Contains(got, "notified receipt, mailed to guasti@rossi.example") {
			t.Errorf("history:\n%s", got)
		}
	})
}

func TestALetterThatNobodyTakesIsGivenUpAndSaidSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := withMail(t)
		b.set(func(string) error { return errors.New("connection refused") })
		ticket := n.Open("rossi")
		old := tickets.Work{ID: "receipt-x", Kind: tickets.WorkReceipt, Ticket: ticket.Number, Due: time.Now().Add(time.Minute - 4*24*time.Hour)}
		if err := n.App.Letters().Receipt(t.Context(), old); err == nil {
			t.Error("it is not tried again")
		}
		time.Sleep(2 * time.Minute)
		if err := n.App.Letters().Receipt(t.Context(), old); err != nil {
			t.Errorf("it is tried again: %v", err)
		}
		if got := n.History(); !strings.Contains(got, "undelivered receipt, not delivered to guasti@rossi.example: connection refused") {
			t.Errorf("history:\n%s", got)
		}
	})
}

func TestAWarningThatTheNightHeldBackIsNotMailedWhenItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := withMail(t)
		for _, c := range []struct {
			alarm string
			late  time.Duration // the contact comes so long after the opening
			met   bool
			want  int // letters: to two of the staff
		}{{"75%", 0, false, 2}, {"75%", 0, true, 0}, {sla.AtBreach, 0, true, 0}, {sla.AtBreach, 61 * time.Minute, true, 2}} {
			ticket := n.Open("verdi")
			time.Sleep(c.late)
			if c.met {
				if _, err := n.Desk.Contact(t.Context(), ticket.Number, "staff:carla", time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			before := len(b.posted())
			w := tickets.Work{ID: fmt.Sprint("w", ticket.Number), Kind: tickets.WorkNotify, Ticket: ticket.Number, Due: time.Now(), Facts: map[string]string{
				"clock": "contact", "alarm": c.alarm, "to": "staff",
			}}
			if err := n.App.Letters().Alarm(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			if got := len(b.posted()) - before; got != c.want {
				t.Errorf("alarm %s, met %v after %v: %d letters, want %d", c.alarm, c.met, c.late, got, c.want)
			}
		}
	})
}

// full is a store that reads and takes no changes, as on a full disk.
type full struct {
	database.Store
	full atomic.Bool
}

func (f *full) Apply(ctx context.Context, c tickets.Change) error {
	if f.full.Load() {
		return storage.ErrDown
	}
	return f.Store.Apply(ctx, c)
}

// TestWhatWaitsForTheStoreIsKnownToThoseWhoAct: a letter whose line waits is not sent again, and a caller who hung up is
// known to have done so.
func TestWhatWaitsForTheStoreIsKnownToThoseWhoAct(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store *full
		n, b := withMail(t, func(c *app.Config) {
			store = &full{Store: c.Virtual.Store}
			c.Virtual.Store = store
		})
		ticket := n.Open("rossi")
		time.Sleep(time.Minute)
		store.full.Store(true)
		before := len(b.posted())
		w := tickets.Work{ID: "receipt-x", Kind: tickets.WorkReceipt, Ticket: ticket.Number, Due: time.Now()}
		for range 2 {
			if err := n.App.Letters().Receipt(t.Context(), w); err != nil {
				t.Fatal(err)
			}
		}
		if got := b.posted()[before:]; len(got) != 1 {
			t.Errorf("the same receipt was sent %d times: %v", len(got), got)
		}
		second := n.Open("verdi")
		if got := ofOpening(n, second.Number); got != tickets.Unanswered {
			t.Errorf("the escalation of the opening finds a ticket that was just opened %s", got)
		}
		if _, err := n.Desk.Note(t.Context(), second.Number, tickets.Event{Kind: tickets.CallerGone, Actor: "caller"}, time.Now()); err != nil {
			t.Fatal(err)
		}
		if got := ofOpening(n, second.Number); got != tickets.Settled {
			t.Errorf("the caller hung up, which has an escalation of its own, and the one of the opening finds it %s", got)
		}
		store.full.Store(false)
		time.Sleep(time.Minute)
		if got := n.Desk.Waiting(); got != 0 {
			t.Errorf("%d tickets wait with a store that takes changes again", got)
		}
	})
}

// ofOpening is what the escalation that a ticket's opening asked for finds now.
func ofOpening(n *apptest.Program, number tickets.Number) tickets.Stand {
	n.Helper()
	ticket, err := n.Desk.Ticket(n.Context(), number)
	if err != nil {
		n.Fatal(err)
	}
	lines, err := n.Desk.History(n.Context(), number)
	if err != nil {
		n.Fatal(err)
	}
	return tickets.Escalation(ticket, lines, tickets.Work{ID: "escalate-" + lines[0].ID, Kind: tickets.WorkEscalate, Ticket: number})
}
