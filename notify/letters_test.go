package notify_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/notify"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/prompts/written/writtentest"
	"hotline/sla"
	"hotline/tickets"
)

// ticket is one of Rossi's, opened on a Friday towards the evening in office hours.
func ticket(t *testing.T, level sla.LevelID, c sla.Category, language string) (tickets.Ticket, []sla.Account) {
	t.Helper()
	terms := sla.DefaultLevels()[0].Terms(sla.DefaultCalendars()[0])
	if level == sla.OnRequest {
		terms.Blocking, terms.NonBlocking = sla.Limits{}, sla.Limits{}
	}
	at := time.Date(2026, 11, 20, 16, 20, 41, 0, time.UTC)
	accounts, err := sla.Try(terms, c, at.Format(time.RFC3339))
	if err != nil {
		t.Fatal(err)
	}
	k := tickets.Ticket{
		Number: 417, OpenedAt: at, Reporter: tickets.Reporter{Name: "Rossi S.p.A.", Caller: "+39061234", Language: language},
		Classification: tickets.Classification{Claim: c, Priority: 2}, Commitment: tickets.Commitment{Level: level, Promise: &terms},
	}
	for _, a := range accounts {
		k.Clocks = append(k.Clocks, a.Clock)
	}
	return k, accounts
}

func receipt(k tickets.Ticket) notify.Message {
	return notify.Receipt(k, false, written.In(prompts.Language(k.Language)))
}

func TestAReceiptTellsTheNumberAndByWhenSomebodyActs(t *testing.T) {
	k, _ := ticket(t, sla.Professional, sla.Blocking, "it")
	m := receipt(k)
	want := `Rossi S.p.A.

Abbiamo ricevuto la vostra richiesta.

Numero: 417
Ricevuta: venerdì 20 novembre 2026 17:20
Categoria: anomalia bloccante
Contatto: entro lunedì 23 novembre 2026 09:20
Intervento: entro lunedì 23 novembre 2026 12:20
Ripristino: entro lunedì 23 novembre 2026 17:20 (previsto: decorre dall'intervento)

Per aggiungere qualcosa telefonate all'assistenza: lì sentirete lo stato della richiesta.
`
	if m.Text != want || m.Subject != "[417] Abbiamo ricevuto la vostra richiesta" || m.ID != "receipt-ticket-417-1795191641" || m.Thread != "ticket-417-1795191641" {
		t.Errorf("%+v", m)
	}
	k, _ = ticket(t, sla.Professional, sla.Blocking, "en")
	if m := receipt(k); !strings.Contains(m.Text, "Intervention: by Monday 23 November 2026 12:20\n") || m.Subject != "[417] Your request has been received" {
		t.Errorf("%+v", m)
	}
	for _, c := range []struct {
		level    sla.LevelID
		category sla.Category
		want     string
	}{
		{sla.OnRequest, sla.Blocking, "A technician will call back as soon as possible."},
		{sla.Professional, sla.Uncategorised, "A technician will call back as soon as possible."},
		{sla.Professional, sla.Question, "A specialist will examine the request."},
	} {
		k, _ = ticket(t, c.level, c.category, "en")
		if m := receipt(k); !strings.Contains(m.Text, c.want) || strings.Contains(m.Text, " by ") {
			t.Errorf("%s %q: %s", c.level, c.category, m.Text)
		}
	}
}

func TestABreachIsMailedWithWhereTheTimeWent(t *testing.T) {
	k, accounts := ticket(t, sla.Professional, sla.Blocking, "it")
	m := notify.Alarm("manager-417-intervention-due-2026-11-23T11:20:41Z", k, sla.AtBreach, accounts[1], written.In(prompts.English))
	want := `[417] Rossi S.p.A.: intervention, deadline passed

Intervention: by Monday 23 November 2026 12:20:41
Category: blocking anomaly, P2
Caller: +39061234
Assigned to: nobody

Where the time went:
intervention: opened Friday 20 November 2026 17:20:41; counted 17:20:41-18:00; weekend; Monday 23 09:00-12:20:41; due Monday 23 November 12:20:41
`
	if m.Text != want || m.Subject != "[417] Rossi S.p.A.: intervention, deadline passed" || m.ID != "manager-417-intervention-due-2026-11-23T112041Z-ticket-417-1795191641" {
		t.Errorf("%+v", m)
	}
	k.Assignee = "anna"
	m = notify.Alarm("x", k, "75%", accounts[0], written.In(prompts.Italian))
	if m.Subject != "[417] Rossi S.p.A.: contatto, si avvicina alla scadenza" || !strings.Contains(m.Text, "Assegnato a: anna") {
		t.Errorf("%+v", m)
	}
}

// TestAThirdLanguageIsData: every letter, written with the words of a pretend language, has no word of another.
func TestAThirdLanguageIsData(t *testing.T) {
	w := writtentest.Pretend()
	known := []string{"https://support.example.org/portal/t/X", "Rossi S.p.A.", "P2", "anna", "the line's own text", "rossi"}
	for _, level := range []sla.LevelID{sla.Professional, sla.OnRequest} {
		for _, c := range append(sla.Categories(), sla.Uncategorised) {
			k, accounts := ticket(t, level, c, "xx")
			letters := []notify.Message{notify.Follow(notify.Receipt(k, false, w), "https://support.example.org/portal/t/X", w)}
			for _, a := range accounts {
				letters = append(letters, notify.Alarm("x", k, sla.AtBreach, a, w), notify.Alarm("x", k, "75%", a, w))
			}
			for _, kind := range updates() {
				for _, channel := range []tickets.Channel{tickets.Phone, tickets.Web, tickets.Email} {
					k.Channel = channel
					letters = append(letters, notify.Update(k, tickets.Event{Kind: kind, Actor: "caller", Text: "the line's own text"}, w))
				}
			}
			k.Assignee, k.Contract, k.Name = "anna", "rossi", ""
			letters = append(letters, notify.Update(k, tickets.Event{Kind: tickets.AssignedTo, Actor: "caller"}, w))
			for _, m := range letters {
				if foreign := writtentest.Foreign(m.Subject+"\n"+m.Text, known...); foreign != nil {
					t.Errorf("%q are no words of the language:\n%s", foreign, m.Text)
				}
			}
		}
	}
}

// TestALetterTellsWhatTheProgramWroteInItsLanguage: with the instants and the words of the line; what people wrote stays.
func TestALetterTellsWhatTheProgramWroteInItsLanguage(t *testing.T) {
	k, _ := ticket(t, sla.Professional, sla.Blocking, "it")
	for _, c := range []struct {
		kind        tickets.EventKind
		actor, text string
		want        string
	}{
		{tickets.RotaGap, "system", "nobody is on duty", "nessuno è reperibile"},
		{tickets.Unreached, "engineer:anna", "nobody has talked to the caller", "nessuno ha parlato con chi chiamava"},
		{tickets.Unreached, "caller", "nobody was reached; called back by 2026-11-30T13:00:30Z", "non si è raggiunto nessuno; sarà richiamato entro " + sla.Instant(time.Date(2026, 11, 30, 14, 0, 0, 0, k.Zone()), written.In(prompts.Italian))},
		{tickets.Commented, tickets.ActorCustomer, "nobody has talked to the caller", "nobody has talked to the caller"},
		{tickets.ClosedAtKind, "user:carla", "nobody has talked to the caller", "nobody has talked to the caller"},
		{tickets.Opened, "alert", "Disk full\nand nothing more", "Disk full\nand nothing more"},
	} {
		m := notify.Update(k, tickets.Event{Kind: c.kind, Actor: c.actor, Text: c.text}, written.In(prompts.Italian))
		if !strings.HasSuffix(m.Text, "\n\n"+c.want+"\n") || strings.Contains(m.Text, "system)") || strings.Contains(m.Text, ":carla)") {
			t.Errorf("%s of %s is told as\n%s", c.kind, c.actor, m.Text)
		}
	}
}

// updates are the lines of a history that staff are told of.
func updates() []tickets.EventKind {
	return []tickets.EventKind{tickets.Opened, tickets.BundledCall, tickets.Reopened, tickets.AssignedTo, tickets.Accepted, tickets.RestoredAt, tickets.ClosedAtKind, tickets.MarkedNoTicket, tickets.Unreached, tickets.RotaGap}
}

func TestEveryLetterHasItsWordsInEveryLanguage(t *testing.T) {
	source, err := os.ReadFile("letters.go")
	if err != nil {
		t.Fatal(err)
	}
	ids := regexp.MustCompile(`w\.Text\("(letter-[a-z-]+)"\)`).FindAllStringSubmatch(string(source), -1)
	if len(ids) < 15 {
		t.Fatalf("%d words: this test no longer reads them", len(ids))
	}
	for _, lang := range prompts.Written() {
		words := written.In(lang)
		for _, m := range ids {
			if words.Text(m[1]) == m[1] {
				t.Errorf("%s has no words for %s", lang, m[1])
			}
		}
		for _, kind := range updates() {
			if id := "event-" + string(kind); (tickets.Event{Kind: kind}).Update() == "" || words.Text(id) == id {
				t.Errorf("%s has no words for %s, or staff are not told of it", lang, kind)
			}
		}
		for _, c := range append(sla.Categories(), sla.Uncategorised) {
			if id := "category-" + string(c); words.Text(id) == id {
				t.Errorf("%s has no words for category %q", lang, c)
			}
		}
	}
}
