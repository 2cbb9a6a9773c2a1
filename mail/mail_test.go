package mail

import (
	"strings"
	"testing"

	"hotline/sla"
	"hotline/tickets"
)

func person() Letter {
	return Letter{ReturnPath: "a@b.example", From: "a@b.example", MessageID: "1@b.example", Marks: Marks{ContentType: "text/plain", AutoSubmitted: "no", AutoResponse: "All"}}
}

// TestEveryMarkOfAMachineIsSeenAlone, and a person has none.
func TestEveryMarkOfAMachineIsSeenAlone(t *testing.T) {
	if why := person().Machine("house.example"); why != "" {
		t.Errorf("a person is a machine: %s", why)
	}
	marks := map[string]func(l *Letter){
		"empty Return-Path": func(l *Letter) { l.ReturnPath = "" }, "auto-generated": func(l *Letter) { l.Marks.AutoSubmitted = "Auto-Generated; x=y" },
		"auto-replied": func(l *Letter) { l.Marks.AutoSubmitted = "auto-replied" }, "report": func(l *Letter) { l.Marks.ContentType = "Multipart/Report" },
		"bulk": func(l *Letter) { l.Marks.Precedence = "Bulk" }, "list": func(l *Letter) { l.Marks.Precedence = "list" }, "auto_reply": func(l *Letter) { l.Marks.Precedence = "auto_reply" },
		"List-Id": func(l *Letter) { l.Marks.ListID = "<x>" }, "X-Autoreply": func(l *Letter) { l.Marks.AutoReply = "yes" },
		"own sender": func(l *Letter) { l.From = "x@house.example" }, "own Message-ID": func(l *Letter) { l.MessageID = "1@HOUSE.example" },
		"mailer-daemon": func(l *Letter) { l.From = "mailer-daemon@b.example" }, "no sender": func(l *Letter) { l.From = "" },
	}
	seen := map[string]bool{}
	for name, mark := range marks {
		l := person()
		mark(&l)
		why := l.Machine("house.example")
		if why == "" {
			t.Errorf("%s is taken for a person", name)
		}
		seen[why] = true
	}
	for _, m := range machines() {
		if !seen[m.why] {
			t.Errorf("no letter of the test is known by %q", m.why)
		}
	}
}

// TestDecide goes through every combination of what the table looks at.
func TestDecide(t *testing.T) {
	states := []tickets.State{tickets.Open, tickets.Assigned, tickets.InProgress, tickets.Waiting, tickets.Restored, tickets.Closed, tickets.NotRequest}
	used := map[string]bool{}
	for n := range 1 << 8 {
		on := func(bit int) bool { return n>>bit&1 == 1 }
		f := Facts{Bounce: on(1), Known: on(2), Staff: on(3), Forged: on(4), Forward: on(7)}
		if on(0) {
			f.Machine = "List-Id"
		}
		if on(5) {
			f.Lately = 5
		}
		if on(6) {
			f.Repeated = 6
		}
		for i := range len(states) + 1 {
			if i > 0 {
				f.Thread = Thread{Ticket: tickets.Ticket{Number: 417, State: states[i-1]}, By: ByHeaders}
			}
			d := Decide(f)
			used[d.Rule] = true
			if (f.Machine != "" || f.Bounce) && (d.Receipt || d.Effect != NoEffect) {
				t.Errorf("%+v: a machine is answered, or moves a ticket: %+v", f, d)
			}
			if d.Outcome == Filed && f.Machine == "" && !f.Bounce {
				t.Errorf("%+v: a person's letter is on no ticket: %+v", f, d)
			}
			if d.Outcome == Commented && d.Ticket == 0 {
				t.Errorf("%+v: on which ticket? %+v", f, d)
			}
			if d.Effect == Resumes && f.Thread.Ticket.State != tickets.Waiting {
				t.Errorf("%+v: %+v", f, d)
			}
			if EffectOf(d.Rule) != d.Effect {
				t.Errorf("rule %q", d.Rule)
			}
			if !d.Receipt && d.Outcome == Opened && f.Machine == "" && !f.Forged {
				t.Errorf("%+v: a person is not answered: %+v", f, d)
			}
		}
	}
	for _, r := range rules() {
		if !used[r.name] {
			t.Errorf("row %q never counts", r.name)
		}
	}
}

func TestAddresses(t *testing.T) {
	a, other := Addresses{"support@house.example", []byte("k")}, Addresses{"support@house.example", []byte("l")}
	for _, c := range []struct {
		address string
		want    Meant
		ok      bool
	}{
		{"Support@House.example", Meant{}, true}, {a.Ticket(417), Meant{Ticket: 417}, true}, {strings.ToUpper(a.Contract("Rossi-24")), Meant{Contract: "rossi-24"}, true},
		{a.Contract("417"), Meant{Contract: "417"}, true}, {other.Ticket(417), Meant{}, false}, {"support+417@house.example", Meant{}, false}, {"support+@house.example", Meant{}, false},
		{"x@house.example", Meant{}, false}, {strings.TrimPrefix(a.Ticket(417), "support+"), Meant{}, false}, {strings.TrimSuffix(a.Ticket(417), "@house.example"), Meant{}, false}, {"support@other.example", Meant{}, false}, {"", Meant{}, false}, {strings.Replace(a.Ticket(417), "417", "418", 1), Meant{}, false},
		{strings.Replace(a.Ticket(417), "417", "0417", 1), Meant{}, false}, {"support+" + strings.Repeat("9", 200) + ".x@house.example", Meant{}, false},
	} {
		if got, ok := a.Of(c.address); got != c.want || ok != c.ok {
			t.Errorf("%s: %v %v, want %v %v", c.address, got, ok, c.want, c.ok)
		}
	}
	id := a.MessageID("receipt-1.2", 417)
	if n, ok := a.OfMessage(id + "@house.example"); !ok || n != 417 {
		t.Errorf("%s is of ticket %d", id, n)
	}
	if _, ok := other.OfMessage(id + "@house.example"); ok {
		t.Error("another key reads it")
	}
}

func TestBareSubjects(t *testing.T) {
	for in, want := range map[string]string{
		"Re: Forno": "forno", "RE:Forno": "forno", "R: I: Forno  fermo": "forno fermo", "Fwd: Re[2]: AW: forno": "forno", "Rif: x": "x", "Report: x": "report: x", "": "", "Re:": "",
	} {
		if got := Bare(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestWhatALetterSaysItself(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"ciao", "ciao"},
		{"sì\n\nOn Mon, Nov 23, 2026 at 9:00 AM hotline <x@y> wrote:\n> old\n> older", "sì"},
		{"sì\n\nIl giorno lun 23 nov 2026 alle 9:00 hotline\n<x@y> ha scritto:\n\n> old", "sì"},
		{"yes\n\n-----Original Message-----\nFrom: a\nSent: b\nold", "yes"},
		{"yes\n\nFrom: hotline <x@y>\nSent: Monday\nTo: z\nSubject: s\n\nold", "yes"},
		{"Da: solo una riga\nche non è storia", "Da: solo una riga\nche non è storia"},
		{"> which lamp?\nthe red one\n> and the other?\noff", "> which lamp?\nthe red one\n> and the other?\noff"},
		{"> only a quote", "> only a quote"},
		{"On Monday my boss wrote:\nthe pump", "On Monday my boss wrote:\nthe pump"},
		{"He wrote:\nthe pump stands still", "He wrote:\nthe pump stands still"},
	} {
		if got := New(c.in); got != c.want {
			t.Errorf("%q\nsays %q\nwant %q", c.in, got, c.want)
		}
	}
}

func TestClaim(t *testing.T) {
	it := Form{Field: "Categoria", Categories: map[sla.Category]string{sla.Blocking: "anomalia bloccante"}}
	for in, want := range map[string]sla.Category{
		"Categoria: Anomalia bloccante": sla.Blocking, "categoria : blocking\nx": sla.Blocking, "È un'anomalia bloccante": sla.Uncategorised, "> Categoria: blocking": sla.Uncategorised,
		strings.Repeat("x\n", 20) + "Categoria: blocking": sla.Uncategorised,
	} {
		if got := Claim(in, it); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzNew(f *testing.F) {
	f.Add("sì\n\nOn Mon wrote:\n> old")
	f.Fuzz(func(t *testing.T, s string) {
		if New(s) == "" && strings.TrimSpace(s) != "" {
			t.Errorf("nothing is left of %q", s)
		}
		Bare(s)
		Numbers(s)
		Claim(s)
	})
}
