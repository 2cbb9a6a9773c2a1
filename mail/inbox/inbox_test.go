package inbox_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
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
	"hotline/mail/smtpd"
	"hotline/notify"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// postBox is the mail server through which letters leave.
type postBox struct {
	mu      sync.Mutex
	letters []notify.Message
	fault   error
}

func (b *postBox) Send(_ context.Context, m notify.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault == nil {
		b.letters = append(b.letters, m)
	}
	return b.fault
}

// to are the letters to one reader.
func (b *postBox) to(reader string) (list []notify.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.letters {
		if m.To == reader {
			list = append(list, m)
		}
	}
	return list
}

// house is the program with mail both ways.
type house struct {
	*apptest.Program
	out *postBox
	n   int
}

const support = "support@house.example"

func withMail(address string, b *postBox) func(c *app.Config) {
	return func(c *app.Config) {
		c.Virtual.Mailer = b
		c.Config.Mail.Staff = []string{"desk@house.example"}
		c.Config.Mail.From = address
		c.Config.Mail.Inbox.Listen, c.Config.Mail.Inbox.Address = netip.MustParseAddrPort("127.0.0.1:25"), address
	}
}

// run runs a test in a house in which Rossi has an address.
func run(t *testing.T, test func(h *house)) {
	t.Helper()
	b := &postBox{}
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		p.ChangeRossi(func(c *directory.Customer) { c.Email = "Guasti@rossi.example" })
		test(&house{Program: p, out: b})
	}, withMail(support, b))
}

// mail is what a customer's program sends.
type mail struct {
	from, to, subject, text, id, headers string
	path                                 string // Return-Path, "-" for none; empty: from
}

func (h *house) put(m mail) {
	h.Helper()
	h.n++
	if m.to == "" {
		m.to = support
	}
	if m.id == "" {
		m.id = fmt.Sprintf("%d.%s", h.n, m.from)
	}
	if m.path == "" {
		m.path = m.from
	}
	raw := fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\nMessage-ID: <%s>\r\n%s\r\n%s\r\n", m.from, m.to, m.subject, m.id, m.headers, m.text)
	if m.to == "-" { // the header names somebody else
		raw, m.to = strings.Replace(raw, "To: <->\r\n", "", 1), support
	}
	e := smtpd.Envelope{From: strings.Trim(m.path, "-"), Recipients: []string{m.to}, At: time.Now()}
	if err := h.App.Mails().Keep(h.Context(), e, []byte(raw)); err != nil {
		h.Fatal(err)
	}
	h.Passes(10 * time.Second)
}

func (h *house) ticket(n tickets.Number) tickets.Ticket {
	h.Helper()
	t, err := h.Desk.Ticket(h.Context(), n)
	if err != nil {
		h.Fatal(err)
	}
	return t
}

// all are the numbers of all tickets.
func (h *house) all() (list []tickets.Number) {
	h.Helper()
	p, err := h.Desk.List(h.Context(), tickets.Filter{Limit: 100})
	if err != nil {
		h.Fatal(err)
	}
	for _, t := range p.Items {
		list = append(list, t.Number)
	}
	slices.Sort(list)
	return list
}

// received are the texts of mails in a history, the opening's included.
func (h *house) received(n tickets.Number) (list []string) {
	h.Helper()
	lines, err := h.Desk.History(h.Context(), n)
	if err != nil {
		h.Fatal(err)
	}
	for _, e := range lines {
		if e.Kind == tickets.MailReceived || e.Kind == tickets.Opened {
			list = append(list, strings.ReplaceAll(e.Text, "\n", "|"))
		}
	}
	return list
}

func (h *house) want(what string, got, want any) {
	h.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		h.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestACustomerWritesAndIsAnsweredAndAnswers(t *testing.T) {
	run(t, func(h *house) {
		h.put(mail{from: "guasti@rossi.example", subject: "Forno fermo", text: "Il forno 3 non parte.", id: "1@rossi.example"})
		h.Passes(2 * time.Minute) // the receipt waits for a category
		k := h.ticket(417)
		h.want("channel", k.Channel, tickets.Email)
		h.want("customer", k.Name, "Rossi S.p.A.")
		h.want("contract", k.Contract != "", true)
		h.want("category", k.Category(), sla.Uncategorised)
		h.want("history", h.received(417), []string{"Forno fermo||Il forno 3 non parte."})
		letters := h.out.to("guasti@rossi.example")
		if len(letters) != 1 || !strings.Contains(letters[0].Subject, "[417]") || letters[0].Answers != "1@rossi.example" || !strings.HasPrefix(letters[0].Reply, "support+417.") {
			h.Fatalf("the receipt: %+v", letters)
		}
		if _, err := h.Desk.WaitForCustomer(h.Context(), 417, "staff:carla", "Quale spia è accesa?", time.Now()); err != nil {
			h.Fatal(err)
		}
		h.Passes(time.Minute)
		letters = h.out.to("guasti@rossi.example")
		if len(letters) != 2 || !strings.Contains(letters[1].Text, "Quale spia è accesa?") {
			h.Fatalf("the question: %+v", letters)
		}
		h.put(mail{from: "guasti@rossi.example", to: letters[1].Reply, subject: "Re: " + letters[1].Subject, text: "La spia rossa.\r\n\r\nIl giorno 23 nov 2026 hotline ha scritto:\r\n> Quale spia è accesa?"})
		h.want("it goes on", h.ticket(417).State, tickets.Open)
		h.want("history", h.received(417)[1], "Re: "+letters[1].Subject+"||La spia rossa.")
		h.want("tickets", h.all(), []int{417})
	})
}

// TestThreads: one row for each way in which a letter names a ticket.
func TestThreads(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(receipt notify.Message) mail
		joins  bool
	}{
		"the address, from a colleague": {func(r notify.Message) mail { return mail{from: "anna@rossi.example", to: r.Reply, subject: "altro"} }, true},
		"a guessed address": {func(notify.Message) mail {
			return mail{from: "x@evil.example", to: "support+417.aaaaaaaa@house.example", subject: "altro"}
		}, false},
		"headers of his own letter": {func(notify.Message) mail {
			return mail{from: "anna@rossi.example", subject: "RE:Forno fermo", headers: "In-Reply-To: <1@rossi.example>\r\n"}
		}, true},
		"headers and a new subject": {func(notify.Message) mail {
			return mail{from: "guasti@rossi.example", subject: "Altra cosa", headers: "In-Reply-To: <1@rossi.example>\r\n"}
		}, false},
		"our Message-ID": {func(r notify.Message) mail {
			return mail{from: "guasti@rossi.example", subject: "R: " + r.Subject, headers: "References: <" + r.ID + "@house.example>\r\n"}
		}, true},
		"a forged Message-ID": {func(r notify.Message) mail {
			return mail{from: "x@evil.example", subject: r.Subject, headers: "References: <receipt.417.aaaaaaaa@house.example>\r\n"}
		}, false},
		"the subject, of the customer": {func(notify.Message) mail { return mail{from: "guasti@rossi.example", subject: "[#417] ancora"} }, true},
		"the subject, of a stranger":   {func(notify.Message) mail { return mail{from: "x@evil.example", subject: "Re: [#417] ancora"} }, false},
		"the number without brackets":  {func(notify.Message) mail { return mail{from: "guasti@rossi.example", subject: "417"} }, false},
		"a number that nobody has":     {func(notify.Message) mail { return mail{from: "guasti@rossi.example", subject: "[#999]"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(h *house) {
				h.put(mail{from: "guasti@rossi.example", subject: "Forno fermo", id: "1@rossi.example"})
				h.Passes(2 * time.Minute)
				m := c.answer(h.out.to("guasti@rossi.example")[0])
				m.text = "di più"
				h.put(m)
				if got := len(h.all()) == 1; got != c.joins {
					h.Errorf("joins: %v, want %v; %q", got, c.joins, h.received(417))
				}
			})
		})
	}
}

// TestAMachineIsNeverAnsweredAndMovesNothing: every mark, on every state of a ticket, and without one.
func TestAMachineIsNeverAnsweredAndMovesNothing(t *testing.T) {
	marks := map[string]mail{
		"empty Return-Path": {path: "-"}, "Auto-Submitted": {headers: "Auto-Submitted: auto-replied\r\n"}, "report": {headers: "Content-Type: multipart/report; boundary=x\r\n"},
		"bulk": {headers: "Precedence: bulk\r\n"}, "list": {headers: "List-Id: <l.rossi.example>\r\n"}, "X-Autoreply": {headers: "X-Autoreply: yes\r\n"},
		"this house": {from: "other@house.example"},
	}
	moves := map[string]func(h *house) error{
		"waiting": func(h *house) error {
			_, err := h.Desk.WaitForCustomer(h.Context(), 417, "staff:c", "?", time.Now())
			return err
		},
		"restored": func(h *house) error { _, err := h.Desk.Restored(h.Context(), 417, "staff:c", time.Now()); return err },
		"closed":   func(h *house) error { _, err := h.Desk.Close(h.Context(), 417, "staff:c", "", time.Now()); return err },
	}
	for name, m := range marks {
		t.Run(name, func(t *testing.T) {
			run(t, func(h *house) {
				h.put(mail{from: "guasti@rossi.example", subject: "Forno fermo"})
				h.Passes(2 * time.Minute)
				r := h.out.to("guasti@rossi.example")[0]
				for state, move := range moves {
					if err := move(h); err != nil {
						h.Fatal(state, err)
					}
					h.Passes(time.Minute)
					stood, before := h.ticket(417).State, len(h.out.to("guasti@rossi.example"))+len(h.out.to("desk@house.example"))
					answer := m
					answer.to, answer.subject, answer.text = r.Reply, "Re: "+r.Subject, "Sono in ferie."
					if answer.from == "" {
						answer.from = "guasti@rossi.example"
					}
					h.put(answer)
					h.Passes(2 * time.Minute)
					h.want(state, h.ticket(417).State, stood)
					h.want("letters after an answer to a "+state+" ticket", len(h.out.to("guasti@rossi.example"))+len(h.out.to("desk@house.example"))-before, 0)
					h.want("it is on the ticket", strings.Contains(strings.Join(h.received(417), "|"), "Sono in ferie."), true)
					if stood == tickets.Closed {
						if _, err := h.Desk.Reopen(h.Context(), 417, "staff:c", "", time.Now()); err != nil {
							h.Fatal(err)
						}
					}
				}
				h.want("tickets", h.all(), []int{417})
				alone := m
				alone.subject, alone.text = "disk full", "98 %"
				if alone.from == "" {
					alone.from = "guasti@rossi.example"
				}
				before := len(h.out.to(alone.from))
				h.put(alone)
				h.put(alone)
				h.Passes(2 * time.Minute)
				h.want("answers", len(h.out.to(alone.from))-before, 0)
				known := 2
				if alone.from != "guasti@rossi.example" {
					known = 1 // a stranger's is filed
				}
				h.want("tickets", len(h.all()), known)
			})
		})
	}
}

func TestTheSameMailTwiceIsOne(t *testing.T) {
	run(t, func(h *house) {
		m := mail{from: "guasti@rossi.example", subject: "Forno fermo", id: "same@rossi.example", text: "x"}
		for range 3 {
			h.put(m)
		}
		h.want("tickets", h.all(), []int{417})
		h.want("lines", len(h.received(417)), 1)
		m.to, m.id, m.subject = h.App.Threads().Ticket(417), "again@rossi.example", "Re: Forno fermo"
		for range 3 {
			h.put(m)
		}
		h.want("lines", len(h.received(417)), 2)
		h.want("tickets", h.all(), []int{417})
	})
}

func TestOneReceiptForAnAddressAndHour(t *testing.T) {
	run(t, func(h *house) {
		receipts := func() (n int) {
			for _, m := range h.out.to("x@stranger.example") {
				if strings.Contains(m.Subject, "ricevuto") {
					n++
				}
			}
			return n
		}
		for i := range 6 {
			h.put(mail{from: "x@stranger.example", subject: fmt.Sprint("guasto ", i)})
		}
		h.Passes(5 * time.Minute)
		h.want("receipts", receipts(), 1)
		h.want("tickets of a stranger who has had his share", h.all(), []int{417, 418, 419})
		h.Passes(time.Hour)
		h.put(mail{from: "x@stranger.example", subject: "altro"})
		h.Passes(5 * time.Minute)
		h.want("receipts, an hour later", receipts(), 2)
		h.want("Support on Request", h.ticket(420).Level, sla.OnRequest)
	})
}

func TestAClosedTicketStaysClosedAndANewOneFollowsIt(t *testing.T) {
	run(t, func(h *house) {
		h.put(mail{from: "guasti@rossi.example", subject: "Forno fermo"})
		if _, err := h.Desk.Close(h.Context(), 417, "staff:carla", "", time.Now()); err != nil {
			h.Fatal(err)
		}
		h.put(mail{from: "guasti@rossi.example", to: h.App.Threads().Ticket(417), subject: "Re: Forno fermo", text: "È di nuovo fermo."})
		h.want("the former one", h.ticket(417).State, tickets.Closed)
		h.want("the new one", h.ticket(418).Customer, h.ticket(417).Customer)
		h.want("the former one names it", h.received(417)[1], "Re: Forno fermo||-> 418")
	})
}

func TestABounceMarksTheAddressAndAsksForNoLetter(t *testing.T) {
	run(t, func(h *house) {
		h.put(mail{from: "guasti@rossi.example", subject: "Forno fermo"})
		h.Passes(2 * time.Minute)
		r := h.out.to("guasti@rossi.example")[0]
		report := "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\nReferences: <" + r.ID + "@house.example>\r\n"
		text := "--b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.rossi.example\r\n\r\n" +
			"Final-Recipient: rfc822; Guasti@rossi.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n--b--"
		before := len(h.out.to("desk@house.example"))
		h.put(mail{from: "mailer-daemon@mx.rossi.example", path: "-", subject: "Undelivered Mail Returned to Sender", headers: report, text: text})
		bad, err := h.Store.BadAddresses(h.Context())
		if err != nil || len(bad) != 1 || bad[0].Address != "guasti@rossi.example" {
			h.Errorf("addresses: %v, %v", bad, err)
		}
		h.want("on the ticket", len(h.received(417)), 2)
		h.Passes(time.Minute)
		h.want("letters", len(h.out.to("desk@house.example"))-before, 0)
		h.put(mail{from: "guasti@rossi.example", subject: "sono qui"})
		bad, _ = h.Store.BadAddresses(h.Context())
		h.want("addresses, once one is heard from", len(bad), 0)
	})
}

func TestTheFormNamesTheCategory(t *testing.T) {
	for text, want := range map[string]sla.Category{
		"Category: blocking anomaly\r\n\r\nfermo": sla.Blocking, "Categoria: anomalia bloccante\r\n\r\nfermo": sla.Blocking, "Category: blocking\r\nx": sla.Blocking,
		"il forno è bloccato, urgente!!!": sla.Uncategorised, "Categoria: qualcosa": sla.Uncategorised,
	} {
		run(t, func(h *house) {
			h.put(mail{from: "guasti@rossi.example", subject: "x", text: text})
			h.want(text, h.ticket(417).Claim, want)
		})
	}
}

// forgetful is a store that does not note that a mail is done while it should not: the process ends just before.
type forgetful struct {
	database.Store
	forgets atomic.Bool
}

func (f *forgetful) MailDone(ctx context.Context, id string) error {
	if f.forgets.Load() {
		return storage.ErrDown
	}
	return f.Store.MailDone(ctx, id)
}

// TestACrashLosesNothingAndDoublesNothing: the process ends after the ticket or the line was written, and before that was noted; it finds
// the mail again, and a copy of it.
func TestACrashLosesNothingAndDoublesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, store := &postBox{}, &forgetful{}
		p := apptest.Start(t, withMail(support, b), func(c *app.Config) { store.Store = c.Virtual.Store; c.Virtual.Store = store })
		h := &house{Program: p, out: b}
		for i, to := range []string{support, p.App.Threads().Ticket(417)} {
			store.forgets.Store(true)
			h.put(mail{from: "x@stranger.example", to: to, subject: "uno"})
			in := filepath.Join(p.Config.Config.Data, "mail", "in")
			waiting, err := filepath.Glob(filepath.Join(in, "*.eml"))
			if err != nil || len(waiting) != 1 {
				h.Fatal(waiting, err)
			}
			whole, err := os.ReadFile(waiting[0])
			if err == nil {
				err = os.WriteFile(filepath.Join(in, "copy.eml"), whole, 0o600)
			}
			if err != nil {
				h.Fatal(err)
			}
			p.Stop()
			store.forgets.Store(false)
			p.Restart()
			h.Passes(time.Minute)
			h.want("tickets", h.all(), []int{417})
			h.want("lines", len(h.received(417)), i+1)
			left, _ := filepath.Glob(filepath.Join(in, "*.eml"))
			h.want("waiting", len(left), 0)
		}
		kept, _ := filepath.Glob(filepath.Join(p.Config.Config.Data, "mail", "2026-11", "*.eml"))
		h.want("originals", len(kept), 2)
		p.Stop()
	})
}

// TestTwoHotlinesThatMailEachOtherSettle at two letters: a receipt each, at most.
func TestTwoHotlinesThatMailEachOtherSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const other = "hotline@other.example"
		a, b := &postBox{}, &postBox{}
		pa := apptest.Start(t, withMail(support, a))
		pb := apptest.Start(t, withMail(other, b))
		defer pa.Stop()
		defer pb.Stop()
		houses := map[string]*house{support: {Program: pa, out: a}, other: {Program: pb, out: b}}
		houses[support].put(mail{from: other, subject: "Hello", text: "who is there?"}) // somebody forges the first one
		given := map[string]int{}
		for range 60 {
			for from, to := range map[string]string{support: other, other: support} {
				letters := houses[from].out.to(to)
				for _, m := range letters[given[from]:] {
					houses[to].put(mail{from: from, to: to, subject: m.Subject, text: m.Text, id: m.ID + "@" + from, headers: "Auto-Submitted: auto-replied\r\n"})
				}
				given[from] = len(letters)
			}
			time.Sleep(time.Minute)
		}
		if n := given[support] + given[other]; n < 1 || n > 2 {
			t.Errorf("%d letters", n)
		}
	})
}
