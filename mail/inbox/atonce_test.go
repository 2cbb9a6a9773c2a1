package inbox_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	letters "hotline/mail"
	"hotline/mail/inbox"
	"hotline/mail/smtpd"
	"hotline/postgres"
	"hotline/postgres/local"
	"hotline/sla"
	"hotline/tickets"
)

// counted are numbers of tickets, for all nodes of a test.
type counted struct {
	mu   sync.Mutex
	last tickets.Number
}

func (c *counted) Next(context.Context) (tickets.Number, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	return c.last, nil
}

// twoNodes are two programs with one database and one folder.
type twoNodes struct {
	*testing.T
	store *postgres.Store
	desk  *tickets.Desk
	boxes [2]*inbox.Inbox
}

func openTwoNodes(t *testing.T) *twoNodes {
	t.Helper()
	dir := t.TempDir()
	must(t, errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755))) // the server's user must be able to enter
	server, err := local.Start(t.Context(), local.Config{Dir: filepath.Join(dir, "cluster"), Throwaway: true})
	must(t, err)
	t.Cleanup(func() { server.Stop() })
	n := &twoNodes{T: t}
	n.store, err = postgres.Open(t.Context(), server.URL(), postgres.Config{})
	must(t, err)
	t.Cleanup(n.store.Close)
	for _, l := range sla.DefaultLevels() {
		_, err := n.store.PutLevel(t.Context(), l)
		must(t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := n.store.PutCalendar(t.Context(), c)
		must(t, err)
	}
	book, err := directory.ReadBook(t.Context(), n.store, time.Now())
	must(t, err)
	numbers := &counted{last: 416}
	for i := range n.boxes {
		n.desk = tickets.NewDesk(tickets.DeskConfig{
			Store: n.store, Book: book, Numbers: numbers, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: rand.Text,
		})
		n.boxes[i], err = inbox.New(inbox.Config{
			Dir: filepath.Join(dir, "mail"), Store: n.store, Desk: n.desk, Numbers: numbers, Addresses: letters.Addresses{Main: support, Key: []byte("k")}, Own: []string{"house.example"},
			Language: func() string { return "it" }, Count: func(string) {}, Log: slog.New(slog.DiscardHandler),
		})
		must(t, err)
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// filed is a mail that was filed.
func (n *twoNodes) filed(i int) letters.Record {
	n.Helper()
	raw := fmt.Sprintf("From: <news@shop.example>\r\nTo: <%s>\r\nSubject: Sale %d\r\nMessage-ID: <%d@shop.example>\r\nList-Id: <x>\r\n\r\ntext\r\n", support, i, i)
	must(n.T, n.boxes[0].Keep(n.Context(), smtpd.Envelope{From: "news@shop.example", Recipients: []string{support}, At: time.Now()}, []byte(raw)))
	n.boxes[0].Round(n.Context())
	list, err := n.store.FiledMails(n.Context(), 9)
	if err != nil || len(list) != 1 {
		n.Fatalf("filed: %+v, %v", list, err)
	}
	return list[0]
}

// TestTwoSettleOneMailOverPostgreSQL: staff on two nodes who add one filed mail to a ticket, or open one of it, at the same instant. Whoever
// comes second hears that it is done, never an error, and it is done once.
func TestTwoSettleOneMailOverPostgreSQL(t *testing.T) {
	n := openTwoNodes(t)
	on, err := n.desk.Open(t.Context(), tickets.Draft{Claim: sla.Question, Channel: tickets.Web, Actor: "staff:carla", Language: "it"}, time.Now())
	must(t, err)
	for i := range 12 {
		id := n.filed(i).ID
		settled := make([]tickets.Number, 2)
		var both sync.WaitGroup
		for at, k := range n.boxes {
			both.Go(func() {
				var err error
				if i%2 == 0 {
					settled[at], err = k.AttachTo(t.Context(), id, on.Number, "staff:carla", time.Now())
				} else {
					settled[at], err = k.Open(t.Context(), id, "staff:carla", time.Now())
				}
				if err != nil && !errors.Is(err, letters.ErrSettled) {
					t.Errorf("mail %d: %v", i, err)
				}
			})
		}
		both.Wait()
		r, _, err := n.boxes[0].Read(t.Context(), id)
		if err != nil || !r.Done || r.Ticket == 0 {
			t.Errorf("mail %d: %+v, %v", i, r, err)
		}
		for _, number := range settled {
			if number != 0 && number != r.Ticket {
				t.Errorf("mail %d is on ticket %d and on ticket %d", i, number, r.Ticket)
			}
		}
		lines, err := n.desk.History(t.Context(), r.Ticket)
		must(t, err)
		stands := 0
		for _, e := range lines {
			if e.Facts[tickets.FactMail] == id {
				stands++
			}
		}
		if stands != 1 {
			t.Errorf("mail %d stands %d times on ticket %d", i, stands, r.Ticket)
		}
	}
}
