package inbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/directory"
	letters "hotline/mail"
	"hotline/mail/smtpd"
	"hotline/tickets"
)

// proven runs a test in a house that knows who sent a mail: proven, unless its Return-Path is of strange.example.
func proven(t *testing.T, test func(h *house)) {
	t.Helper()
	b := &postBox{}
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		p.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
		test(&house{Program: p, out: b})
	}, withMail(support, b), func(c *app.Config) {
		c.Virtual.Check = func(_ context.Context, e smtpd.Envelope, from string, _ []byte) letters.Authentication {
			if letters.Domain(e.From) != letters.Domain(from) {
				return letters.Authentication{SPF: letters.Pass, DMARC: letters.None}
			}
			return letters.Authentication{DKIM: letters.Pass, Domain: letters.Domain(from), DMARC: letters.Pass, Proven: true}
		}
	})
}

const inline = "can you look at it?\r\n\r\n---------- Forwarded message ---------\r\nFrom: Mario <Guasti@rossi.example>\r\nDate: Mon, 23 Nov 2026\r\nSubject: Forno\r\nTo: <desk@house.example>\r\n\r\nIl forno non parte."

// attached is a mail with letters as attachments.
func attached(m mail, inner ...string) mail {
	m.headers = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
	text := "--b\r\nContent-Type: text/plain\r\n\r\n" + m.text
	for _, one := range inner {
		text += "\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + one
	}
	m.text = text + "\r\n--b--\r\n"
	return m
}

func letterOf(from string) string {
	return "From: <" + from + ">\r\nTo: <desk@house.example>\r\nSubject: Forno\r\nContent-Type: text/plain\r\n\r\nIl forno non parte."
}

// TestOnlyAForwardByStaffChangesTheCustomer: each row is a mail, and whose the ticket is that it opens.
func TestOnlyAForwardByStaffChangesTheCustomer(t *testing.T) {
	const staff, rossi, stranger = "desk@house.example", "guasti@rossi.example", "evil@strange.example"
	nested := "From: <" + stranger + ">\r\nSubject: Fwd: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\nIl forno non parte.\r\n--c\r\nContent-Type: message/rfc822\r\n\r\n" + letterOf(rossi) + "\r\n--c--\r\n"
	for name, c := range map[string]struct {
		mail     mail
		customer string // empty: Support on Request
		first    string // the fact; empty: there is none
		answered string // who is told what becomes of it
	}{
		"staff, in the text":                                          {mail{from: staff, subject: "Fwd: Forno", text: inline}, "rossi", rossi, rossi},
		"staff, attached":                                             {attached(mail{from: staff, subject: "Fwd: Forno", text: "look"}, letterOf(rossi)), "rossi", rossi, rossi},
		"staff, of a stranger":                                        {mail{from: staff, subject: "Fwd: Forno", text: strings.ReplaceAll(inline, "Guasti@rossi.example", stranger)}, "", stranger, stranger},
		"forged staff":                                                {mail{from: staff, path: stranger, subject: "Fwd: Forno", text: inline}, "", "", staff},
		"a customer's forward":                                        {mail{from: stranger, subject: "Fwd: Forno", text: inline}, "", "", stranger},
		"another customer's, attached":                                {attached(mail{from: stranger, subject: "Fwd: Forno", text: "look"}, letterOf(rossi)), "", "", stranger},
		"staff write to somebody else":                                {mail{from: staff, subject: "Fwd: Forno", text: inline, headers: "To: <other@elsewhere.example>\r\n", to: "-"}, "", "", staff},
		"a letter of staff that somebody passes on":                   {mail{from: staff, subject: "Fwd: Forno", text: inline, headers: "To: <other@elsewhere.example>\r\nDelivered-To: " + support + "\r\n", to: "-"}, "", "", staff},
		"a forward of a forward":                                      {mail{from: staff, subject: "Fwd: Fwd: Forno", text: "---------- Forwarded message ---------\r\nFrom: <" + stranger + ">\r\nTo: x\r\n\r\n" + inline}, "", stranger, stranger},
		"a forward of a forward, attached":                            {attached(mail{from: staff, subject: "Fwd: x", text: "look"}, nested), "", stranger, stranger},
		"a forward of staff's forward":                                {mail{from: staff, subject: "Fwd: Fwd: Forno", text: "---------- Forwarded message ---------\r\nFrom: <carla@house.example>\r\nTo: x\r\n\r\n" + inline}, "", "carla@house.example", ""},
		"what came with the one in the text":                          {attached(mail{from: staff, subject: "Fwd: x", text: strings.ReplaceAll(inline, "Guasti@rossi.example", stranger)}, letterOf(rossi)), "", stranger, stranger},
		"attached to one in the text, under a subject of staff's own": {attached(mail{from: staff, subject: "Rossi, please look", text: strings.ReplaceAll(inline, "Guasti@rossi.example", stranger)}, letterOf(rossi)), "", "", staff},
		"attached to one in a language that is not known":             {attached(mail{from: staff, subject: "PD: x", text: "Od: <" + stranger + ">\r\nDo: desk@house.example\r\nTemat: x\r\n\r\nhelp"}, letterOf(rossi)), "", "", staff},
		"two letters attached":                                        {attached(mail{from: staff, subject: "Fwd: x", text: "look"}, letterOf(rossi), letterOf(stranger)), "", "", staff},
		"a machine's letter":                                          {mail{from: staff, subject: "Fwd: x", text: strings.ReplaceAll(inline, "Guasti@rossi.example", "noreply@strange.example")}, "", "noreply@strange.example", ""},
		"staff quote in an answer":                                    {mail{from: staff, subject: "Re: Forno", text: inline}, "", "", staff},
	} {
		t.Run(name, func(t *testing.T) {
			proven(t, func(h *house) {
				h.put(c.mail)
				h.Passes(3 * time.Minute) // the receipt waits for a category
				k := h.ticket(417)
				lines, err := h.Desk.History(h.Context(), 417)
				if err != nil {
					t.Fatal(err)
				}
				facts := lines[0].Facts
				if string(k.Customer) != c.customer || facts["mail_first"] != c.first || facts[tickets.FactMailFrom] != c.mail.from || facts[tickets.FactAnswer] != c.answered {
					t.Errorf("customer %q, facts %v", k.Customer, facts)
				}
				if c.first != "" && !strings.Contains(lines[0].Text, "Il forno non parte.") {
					t.Errorf("the history shows %q", lines[0].Text)
				}
				for _, reader := range []string{staff, rossi, stranger, "carla@house.example", "noreply@strange.example"} {
					told := 0
					for _, m := range h.out.to(reader) {
						if m.Answers != "" || strings.HasPrefix(m.ID, "receipt") {
							told++
						}
					}
					if want := map[bool]int{true: 1}[reader == c.answered]; told != want {
						t.Errorf("%s got %d receipts, want %d", reader, told, want)
					}
				}
			})
		})
	}
}

// TestWhatAMachineForwardsForStaffIsTheMachines: a mailbox that passes everything on has not looked at it.
func TestWhatAMachineForwardsForStaffIsTheMachines(t *testing.T) {
	proven(t, func(h *house) {
		h.put(mail{from: "desk@house.example", subject: "Fwd: Forno", text: inline, headers: "Auto-Submitted: auto-generated\r\n"})
		h.want("tickets", h.all(), []int{})
		list, err := h.Store.FiledMails(h.Context(), 9)
		if err != nil || len(list) != 1 {
			t.Errorf("filed: %+v, %v", list, err)
		}
	})
}
