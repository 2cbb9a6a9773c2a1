package inbox_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/audit"
	letters "hotline/mail"
	"hotline/tickets"
)

// filed puts a stranger's newsletter in, and gives its record.
func (h *house) filed(subject string) letters.Record {
	h.Helper()
	h.put(mail{from: "news@shop.example", subject: subject, text: "Everything must go", headers: "List-Id: <sale.shop.example>\r\n"})
	list, err := h.Store.FiledMails(h.Context(), 9)
	if err != nil || len(list) == 0 || list[0].Subject != subject || !list[0].Done {
		h.Fatalf("filed: %+v, %v", list, err)
	}
	return list[0]
}

func TestStaffOpenATicketOfAFiledMail(t *testing.T) {
	run(t, func(h *house) {
		r := h.filed("Sale")
		read, letter, err := h.App.Mails().Read(h.Context(), r.ID)
		if err != nil || read != r || strings.TrimSpace(letter.Text) != "Everything must go" {
			h.Fatalf("%+v, %q, %v", read, letter.Text, err)
		}
		ctx := audit.With(h.Context(), audit.Origin{Who: "staff:carla", Route: "POST /mails/{id}/open"})
		n, err := h.App.Mails().Open(ctx, r.ID, "staff:carla", time.Now())
		if err != nil {
			h.Fatal(err)
		}
		h.Passes(time.Minute)
		ticket := h.ticket(n)
		lines, err := h.Desk.History(h.Context(), n)
		if err != nil || ticket.Channel != tickets.Email || lines[0].Facts["mail_by"] != "staff:carla" || !strings.Contains(lines[0].Text, "Everything must go") {
			h.Errorf("%+v, %+v, %v", ticket, lines, err)
		}
		if got := h.out.to("news@shop.example"); len(got) != 0 {
			h.Errorf("a machine is answered: %+v", got)
		}
		again, err := h.App.Mails().Open(h.Context(), r.ID, "staff:bruno", time.Now())
		if !errors.Is(err, letters.ErrSettled) {
			h.Errorf("a second time: %d, %v", again, err)
		}
		page, err := h.Store.Audit(h.Context(), audit.Filter{Document: audit.Document{Kind: "mail", ID: r.ID}})
		if err != nil || len(page.Items) != 1 || page.Items[0].Who != "staff:carla" || page.Items[0].What != "opened" {
			h.Errorf("the audit: %+v, %v", page.Items, err)
		}
		h.put(mail{from: "news@shop.example", subject: "Sale", text: "Everything must go", id: r.MessageID, headers: "List-Id: <sale.shop.example>\r\n"}) // it comes again
		if list, _ := h.Store.FiledMails(h.Context(), 9); len(list) != 0 {
			h.Errorf("filed again: %+v", list)
		}
	})
}

func TestStaffAddAFiledMailToATicket(t *testing.T) {
	run(t, func(h *house) {
		on := h.Program.Open("rossi")
		r := h.filed("Sale")
		if _, err := h.App.Mails().AttachTo(h.Context(), r.ID, 9999, "staff:carla", time.Now()); err == nil {
			h.Error("it is on a ticket that there is not")
		}
		if n, err := h.App.Mails().AttachTo(h.Context(), r.ID, on.Number, "staff:carla", time.Now()); err != nil || n != on.Number {
			h.Fatal(n, err)
		}
		lines, err := h.Desk.History(h.Context(), on.Number)
		if err != nil || !slices.ContainsFunc(lines, func(e tickets.Event) bool {
			return e.Kind == tickets.MailReceived && strings.Contains(e.Text, "Everything must go")
		}) {
			h.Errorf("%+v, %v", lines, err)
		}
	})
}

// TestWhatStaffSaidIsDoneAfterACrash: the decision stands in the store, and the ticket does not.
func TestWhatStaffSaidIsDoneAfterACrash(t *testing.T) {
	run(t, func(h *house) {
		r := h.filed("Sale")
		said := letters.Record{ID: r.ID, Outcome: letters.Opened, Ticket: 777, By: "staff:carla"}
		if err := h.Store.SettleMail(h.Context(), said, time.Now()); err != nil {
			h.Fatal(err)
		}
		n, err := h.App.Mails().Open(h.Context(), r.ID, "staff:bruno", time.Now())
		if err != nil || n != 777 || h.ticket(777).Number != 777 {
			h.Errorf("%d, %v", n, err)
		}
	})
}

func TestWhatIsThrownAwayIsGone(t *testing.T) {
	run(t, func(h *house) {
		r := h.filed("Sale")
		if err := h.App.Mails().ThrowAway(h.Context(), r.ID, "staff:carla", time.Now()); err != nil {
			h.Fatal(err)
		}
		found, err := filepath.Glob(filepath.Join(h.Config.Config.Data, "mail", "*", "*.eml"))
		if err != nil || len(found) != 0 {
			h.Errorf("%v is left, %v", found, err)
		}
		if _, _, err := h.App.Mails().Read(h.Context(), r.ID); !errors.Is(err, letters.ErrElsewhere) {
			h.Errorf("it is read: %v", err)
		}
		if got, err := h.Store.Mail(h.Context(), r.ID); err != nil || got.Outcome != letters.Discarded || got.By != "staff:carla" || !got.Done {
			h.Errorf("%+v, %v", got, err)
		}
		if err := h.App.Mails().ThrowAway(h.Context(), r.ID, "staff:bruno", time.Now()); err != nil {
			h.Errorf("a second time: %v", err)
		}
		next := h.filed("Sale 2")
		if err := os.Remove(filepath.Join(h.Config.Config.Data, "mail", next.File)); err != nil {
			h.Fatal(err)
		}
		if _, err := h.App.Mails().Open(h.Context(), next.ID, "staff:carla", time.Now()); !errors.Is(err, letters.ErrElsewhere) {
			h.Errorf("one whose original is not here: %v", err)
		}
		if err := h.App.Mails().ThrowAway(h.Context(), next.ID, "staff:carla", time.Now()); err != nil {
			h.Errorf("one whose original is not here: %v", err)
		}
	})
}

// TestAMailThatTwoAddAtOnceStandsOnItsTicketOnce: staff who press the button in two windows.
func TestAMailThatTwoAddAtOnceStandsOnItsTicketOnce(t *testing.T) {
	run(t, func(h *house) {
		on := h.Program.Open("rossi")
		const want = 20
		for n := range want {
			r := h.filed(fmt.Sprint("Sale ", n))
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					if _, err := h.App.Mails().AttachTo(h.Context(), r.ID, on.Number, "staff:carla", time.Now()); err != nil && !errors.Is(err, letters.ErrSettled) {
						h.Error(err)
					}
				})
			}
			both.Wait()
		}
		lines, err := h.Desk.History(h.Context(), on.Number)
		if err != nil {
			h.Fatal(err)
		}
		seen := map[string]int{}
		for _, e := range lines {
			if e.Kind == tickets.MailReceived {
				seen[e.ID]++
			}
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s stands there %d times", id, n)
			}
		}
		if len(seen) != want {
			t.Errorf("%d of %d mails stand there", len(seen), want)
		}
	})
}

// TestWhatIsThrownAwayIsGoneAfterACrash: the word stands in the store, and the original on the disk.
func TestWhatIsThrownAwayIsGoneAfterACrash(t *testing.T) {
	run(t, func(h *house) {
		r := h.filed("Sale")
		if err := h.Store.SettleMail(h.Context(), letters.Record{ID: r.ID, Outcome: letters.Discarded, By: "staff:carla", Done: true}, time.Now()); err != nil {
			h.Fatal(err)
		}
		if err := h.App.Mails().ThrowAway(h.Context(), r.ID, "staff:carla", time.Now()); err != nil {
			h.Error(err)
		}
		if _, err := os.Stat(filepath.Join(h.Config.Config.Data, "mail", r.File)); !errors.Is(err, os.ErrNotExist) {
			h.Errorf("the original is left: %v", err)
		}
	})
}
