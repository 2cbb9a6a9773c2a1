package ticketstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// updates holds that staff are told in writing of what happens to a ticket, whatever its category and whether it has a
// contract. The letter is due work of the store, written with the change itself.
func updates(t *testing.T, s DeskStore) {
	ctx := t.Context()
	for _, l := range sla.DefaultLevels() {
		_, err := s.PutLevel(ctx, l)
		check.Must(t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := s.PutCalendar(ctx, c)
		check.Must(t, err)
	}
	staffed(t, s)
	own := Contracts(true)[0]
	_, err := s.PutContract(ctx, own)
	check.Must(t, err)
	book, err := directory.ReadBook(ctx, s, monday)
	check.Must(t, err)
	ids, silent := 0, map[tickets.Update]bool{}
	desk := tickets.NewDesk(tickets.DeskConfig{
		Store: s, Book: book, Numbers: numbersOf{s}, Own: sla.OfficeHours, NewID: func() string { ids++; return fmt.Sprint("u", ids) },
		Updates: func(u tickets.Update) bool { return !silent[u] },
	})
	tell := func(kind tickets.EventKind) func(tickets.Number) (tickets.Ticket, error) {
		return func(n tickets.Number) (tickets.Ticket, error) {
			return desk.Note(ctx, n, tickets.Event{Kind: kind, Actor: "system"}, monday)
		}
	}
	life := []func(tickets.Number) (tickets.Ticket, error){
		func(n tickets.Number) (tickets.Ticket, error) { return desk.Comment(ctx, n, "carla", "a word", monday) }, // no letter
		func(n tickets.Number) (tickets.Ticket, error) {
			return desk.CalledAgainAbout(ctx, n, "c2", tickets.Adds, monday)
		},
		func(n tickets.Number) (tickets.Ticket, error) { // no letter
			return desk.CalledAgainAbout(ctx, n, "c3", "heard the state and hung up", monday)
		},
		func(n tickets.Number) (tickets.Ticket, error) { return desk.Assign(ctx, n, "carla", "anna", monday) },
		func(n tickets.Number) (tickets.Ticket, error) { return desk.Accept(ctx, n, "marco", false, monday) },
		tell(tickets.Unreached), tell(tickets.RotaGap),
		func(n tickets.Number) (tickets.Ticket, error) { return desk.Restored(ctx, n, "carla", monday) },
		func(n tickets.Number) (tickets.Ticket, error) { return desk.Close(ctx, n, "carla", "", monday) },
		func(n tickets.Number) (tickets.Ticket, error) { return desk.Reopen(ctx, n, "carla", "", monday) },
		func(n tickets.Number) (tickets.Ticket, error) { return desk.MarkNotRequest(ctx, n, "carla", monday) },
	}
	want, last := map[tickets.Number][]string{}, tickets.Number(0)
	for _, c := range append(sla.Categories(), sla.Uncategorised) {
		for _, contract := range []directory.Contract{own, {}} {
			x, err := desk.Open(ctx, tickets.Draft{Identity: tickets.Identity{Contract: contract}, Claim: c, Channel: tickets.Phone, Actor: "caller"}, monday)
			check.Must(t, err)
			for _, step := range life {
				_, err := step(x.Number)
				check.Must(t, err)
			}
			last = x.Number
			want[last] = strings.Fields("assigned assigned closed closed new new new restored unreached unreached")
		}
	}
	if !desk.Informed(ctx, last, monday) || desk.Informed(ctx, last, monday.AddDate(0, 0, 1)) {
		t.Error("those in charge are told of what happened, and only of that")
	}
	silent[tickets.UpdateNew], silent[tickets.UpdateUnreached] = true, true
	x, err := desk.Open(ctx, tickets.Draft{Claim: sla.Question, Channel: tickets.Web, Actor: "staff:carla"}, monday)
	check.Must(t, err)
	_, err = tell(tickets.Unreached)(x.Number)
	check.Must(t, err)
	if desk.Informed(ctx, x.Number, monday) {
		t.Error("nobody is told, and yet it is said")
	}
	compareUpdates(t, s, want)
}

// compareUpdates runs the queue until the letters that are wanted came, and sees that no other did.
func compareUpdates(t *testing.T, s tickets.WorkQueue, want map[tickets.Number][]string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done, ended := make(chan tickets.Work, 1000), make(chan error, 1)
	go func() {
		ended <- s.Run(ctx, func(_ context.Context, w tickets.Work) error { done <- w; return nil })
	}()
	got, all := map[tickets.Number][]string{}, 0
	for _, list := range want {
		all += len(list)
	}
	for letters := 0; letters < all; {
		if w := take(t, done); w.Kind == tickets.WorkUpdate {
			got[w.Ticket] = append(got[w.Ticket], w.Facts[tickets.FactUpdate])
			letters++
		}
	}
	cancel()
	check.Must(t, <-ended)
	for n := range got {
		slices.Sort(got[n])
	}
	check.Equal(t, "letters to staff", got, want)
}
