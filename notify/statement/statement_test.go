package statement_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/alarm"
	"hotline/app"
	"hotline/app/apptest"
	"hotline/directory"
	"hotline/notify"
	"hotline/notify/mailing"
	"hotline/notify/statement"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets"
	"hotline/web/reports"
	"hotline/web/ui"
)

// postBox is the mail server through which letters leave. Each takes its time.
type postBox struct {
	mu      sync.Mutex
	takes   time.Duration
	letters []notify.Message // statements alone
	at      []time.Time
	tries   int
	fault   error
}

// sent are the letters so far.
func (b *postBox) sent() []notify.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.letters)
}

func (b *postBox) Send(_ context.Context, m notify.Message) error {
	if !strings.HasPrefix(m.ID, "statement-") {
		return nil
	}
	b.mu.Lock()
	takes := b.takes
	b.mu.Unlock()
	<-time.After(takes)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries++
	if b.fault == nil {
		b.letters, b.at = append(b.letters, m), append(b.at, time.Now())
	}
	return b.fault
}

// house is the program, which has stopped, with the contract of Rossi, which wants its statement; a blocking and a non-blocking ticket
// were opened in November, and nobody took them. The nodes are the test's own.
type house struct {
	*apptest.Program
	out    *postBox
	alarms []string
}

func run(t *testing.T, test func(h *house)) {
	t.Helper()
	runFor(t, time.Second, test)
}

// runFor is run with a program that ran so long after the ticket was opened.
func runFor(t *testing.T, ran time.Duration, test func(h *house)) {
	t.Helper()
	b := &postBox{}
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		h := &house{Program: p, out: b}
		h.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
		h.wants(func(c *directory.Contract) { c.Statement, c.Calendar = true, sla.OfficeHours })
		h.Open("rossi")
		_, err := h.Desk.Open(h.Context(), tickets.Draft{
			Identity: tickets.Identity{Contract: h.Desk.Book().Contracts.At("rossi"), Customer: h.Desk.Book().Customers.At("rossi")}, Claim: sla.NonBlocking, Channel: tickets.Web, Actor: "staff:carla",
		}, time.Now())
		h.must(err)
		h.Passes(ran)
		h.Stop()
		test(h)
	}, func(c *app.Config) { c.Virtual.Mailer = b })
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// wants changes the contract of Rossi, in the store and for the desk.
func (h *house) wants(change func(c *directory.Contract)) {
	h.Helper()
	c, err := h.Store.Contract(h.Context(), "rossi")
	h.must(err)
	change(&c)
	_, err = h.Store.PutContract(h.Context(), c)
	h.must(err)
	h.ChangeRossi(func(*directory.Customer) {})
}

func (h *house) node() *statement.Announcer {
	return statement.New(statement.Config{
		Store: h.Store, Figures: h.Store, Desk: h.Desk, Own: sla.OfficeHours, Send: h.out.Send, Log: slog.New(slog.DiscardHandler),
		Alarm: func(_ alarm.Kind, text string) { h.alarms = append(h.alarms, text) },
	})
}

// rounds has a node go round every so often from now until an instant.
func (h *house) rounds(a *statement.Announcer, every time.Duration, until time.Time) {
	for time.Now().Before(until) {
		a.Round(h.Context(), time.Now())
		<-time.After(every)
	}
}

// stands are the states of the letters of Rossi.
func (h *house) stands() string {
	h.Helper()
	list, err := h.Store.Statements(h.Context(), "rossi")
	h.must(err)
	var words []string
	for _, l := range list {
		words = append(words, fmt.Sprintf("%s %s", l.Month, l.State))
	}
	return strings.Join(words, ", ")
}

// december is an instant of December 2026 in Rome, where the first is a Tuesday.
func december(day, hour int) time.Time { return time.Date(2026, 12, day, hour-1, 0, 0, 0, time.UTC) }

func TestAContractGetsTheStatementOfTheMonthOnItsFirstWorkingDay(t *testing.T) {
	run(t, func(h *house) {
		h.rounds(h.node(), time.Hour, december(31, 23))
		if len(h.out.letters) != 1 || h.stands() != "2026-11 sent" {
			h.Fatalf("%d letters, %s", len(h.out.letters), h.stands())
		}
		if at := h.out.at[0]; at.Before(december(1, 9)) || at.After(december(1, 10)) {
			h.Errorf("it goes at %v", at)
		}
		want := `Rossi S.p.A.

Rapporto di novembre 2026
Contratto: rossi
`
		if m := h.out.letters[0]; !strings.HasPrefix(m.Text, want) || m.To != "guasti@rossi.example" || m.Subject != "Rapporto di novembre 2026" || !m.HTML || m.Reply != "" {
			h.Errorf("%+v", m)
		}
	})
}

// TestTheLetterHasTheFiguresOfThePortal: what the page says of a month stands in the letter: each clock of each line and of the total, and each promise
// that was broken with its account.
func TestTheLetterHasTheFiguresOfThePortal(t *testing.T) {
	for _, lang := range prompts.Written() {
		runFor(t, 5*time.Hour, func(h *house) {
			h.wants(func(c *directory.Contract) { c.Language = string(lang) })
			<-time.After(time.Until(december(1, 9)))
			h.node().Round(h.Context(), time.Now())
			if len(h.out.letters) != 1 {
				h.Fatalf("%d letters", len(h.out.letters))
			}
			v := ui.View{Words: written.In(lang), Lang: lang, Now: time.Now(), Zone: h.Desk.Zone(), Can: func(string) bool { return false }}
			r := &ui.Request{Request: httptest.NewRequestWithContext(h.Context(), "GET", "/portal/statement?month=2026-11", nil), View: v}
			page, err := reports.Handlers{Store: h.Store, Desk: h.Desk}.Statement(r, h.Desk.Book().Contracts.At("rossi"))
			h.must(err)
			text, shown := h.out.letters[0].Text, string(page.Content)
			if on, in := figures(onPage, shown), figures(inLetter, text); len(on) != 9 || !slices.Equal(on, in) {
				h.Errorf("the page has\n%q\nthe letter\n%q", on, in)
			}
			broken := regexp.MustCompile(`</h3><p>([^<]+)</p></article>`).FindAllStringSubmatch(shown, -1)
			for _, b := range broken {
				if told := html.UnescapeString(b[1]); !strings.Contains(text, told) {
					h.Errorf("the letter does not say %q:\n%s", told, text)
				}
			}
			if len(broken) == 0 || strings.Count(text, v.T("page-ticket")+" 417,") != len(broken) {
				h.Errorf("%d broken promises on the page; the letter:\n%s", len(broken), text)
			}
		})
	}
}

// How a page and a letter say how a clock fared: the percentage, where one ended, and three numbers.
const (
	onPage   = `(?:([0-9]+)%</strong> )?<span class="quiet">([0-9]+) / ([0-9]+) / ([0-9]+)</span>`
	inLetter = `(?m)^- .*: [^0-9\n]+([0-9]+), [^0-9\n]+([0-9]+), [^0-9\n]+([0-9]+)(?: \(([0-9]+)%\))?$`
)

// figures are those of a text, as "kept broken open percentage".
func figures(how, text string) (list []string) {
	for _, m := range regexp.MustCompile(how).FindAllStringSubmatch(text, -1) {
		if how == onPage {
			m = []string{"", m[2], m[3], m[4], m[1]}
		}
		list = append(list, strings.Join(m[1:], " "))
	}
	return list
}

// TestTheProgramSendsIt once, though it is started anew.
func TestTheProgramSendsIt(t *testing.T) {
	b := &postBox{}
	apptest.RunAfter(t, december(1, 9).Add(-time.Minute).Sub(apptest.Monday()), func(t *testing.T, p *apptest.Program) {
		h := &house{Program: p, out: b}
		h.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
		h.wants(func(c *directory.Contract) { c.Statement, c.Calendar = true, sla.OfficeHours })
		h.Passes(50 * time.Second)
		if early := b.sent(); len(early) != 0 {
			h.Errorf("before the hours: %+v", early)
		}
		h.Passes(2 * time.Minute)
		h.Stop()
		h.Restart()
		h.Passes(10 * time.Minute)
		if sent := b.sent(); len(sent) != 1 || h.stands() != "2026-11 sent" || !strings.Contains(sent[0].Text, "In questo mese non è stato aperto nessun ticket.") {
			h.Errorf("%s, %+v", h.stands(), sent)
		}
	}, func(c *app.Config) { c.Virtual.Mailer = b })
}

// TestTwoNodesSendOneLetter also where one dies between the two, and where the letters take their time.
func TestTwoNodesSendOneLetter(t *testing.T) {
	run(t, func(h *house) {
		h.out.takes = 25 * time.Second
		<-time.After(time.Until(december(1, 8)))
		var nodes sync.WaitGroup
		for range 2 {
			nodes.Go(func() { h.rounds(h.node(), 10*time.Second, december(1, 11)) })
		}
		nodes.Wait()
		h.rounds(h.node(), time.Minute, december(1, 13)) // started anew
		if len(h.out.letters) != 1 || h.stands() != "2026-11 sent" {
			h.Errorf("%d letters, %s", len(h.out.letters), h.stands())
		}
	})
}

// TestANodeThatDiesLeavesTheLetterToAnother: what it has claimed is tried again once the claim has ended.
func TestANodeThatDiesLeavesTheLetterToAnother(t *testing.T) {
	run(t, func(h *house) {
		<-time.After(time.Until(december(1, 9)))
		now := time.Now()
		h.must(h.Store.NoteStatement(h.Context(), statement.Letter{Contract: "rossi", Month: "2026-11", Standing: mailing.Standing{Noted: now, State: mailing.Waiting, Due: now}}))
		_, err := h.Store.ClaimStatements(h.Context(), now, now.Add(2*time.Minute))
		h.must(err)
		h.rounds(h.node(), 10*time.Second, now.Add(10*time.Minute))
		if len(h.out.letters) != 1 || h.out.at[0].Before(now.Add(2*time.Minute)) {
			h.Errorf("letters at %v, %s", h.out.at, h.stands())
		}
	})
}

// TestAnAddressThatComesLateIsNotTooLate: it stands that there was none, until there is one.
func TestAnAddressThatComesLateIsNotTooLate(t *testing.T) {
	run(t, func(h *house) {
		h.ChangeRossi(func(c *directory.Customer) { c.Email = "" })
		<-time.After(time.Until(december(1, 9)))
		a := h.node()
		h.rounds(a, time.Hour, december(3, 9))
		h.rounds(h.node(), time.Hour, december(3, 12)) // started anew
		if got := h.stands(); got != "2026-11 no_address" {
			h.Fatalf("without an address: %s", got)
		}
		h.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
		h.rounds(a, time.Hour, december(31, 9))
		list, err := h.Store.Letters(h.Context(), mailing.Filter{Contract: "rossi"})
		h.must(err)
		if len(h.out.letters) != 1 || len(list) != 1 || list[0].State != mailing.Sent || list[0].Address != "guasti@rossi.example" || list[0].Settled.Before(december(3, 12)) {
			h.Errorf("%d letters, %+v", len(h.out.letters), list)
		}
	})
}

// TestWhoGetsNone and what becomes of what cannot be sent.
func TestWhoGetsNone(t *testing.T) {
	for name, c := range map[string]struct {
		change func(h *house)
		from   time.Time
		want   string
	}{
		"who does not want it":       {func(h *house) { h.wants(func(c *directory.Contract) { c.Statement = false }) }, december(1, 9), ""},
		"who has no address":         {func(h *house) { h.ChangeRossi(func(c *directory.Customer) { c.Email = " " }) }, december(1, 9), "2026-11 no_address"},
		"a contract that came later": {func(h *house) { h.wants(func(c *directory.Contract) { c.ValidFrom = december(1, 0) }) }, december(1, 9), ""},
		"one that ended in the month": {func(h *house) {
			h.wants(func(c *directory.Contract) { c.ValidUntil = december(-5, 0) })
		}, december(1, 9), "2026-11 sent"},
		"around the clock, as the month begins": {func(h *house) { h.wants(func(c *directory.Contract) { c.Calendar = "" }) }, december(1, 0), "2026-11 sent"},
		"after a week without power":            {func(*house) {}, december(8, 8), "2026-11 sent"},
		"after more than a week":                {func(*house) {}, december(8, 9), ""},
		"before the hours of that day":          {func(*house) {}, december(1, 8), ""},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(h *house) {
				c.change(h)
				<-time.After(time.Until(c.from))
				h.node().Round(h.Context(), time.Now())
				if got := h.stands(); got != c.want || (len(h.out.letters) == 1) != (c.want == "2026-11 sent") {
					h.Errorf("%q, want %q; %d letters", got, c.want, len(h.out.letters))
				}
			})
		})
	}
}

// TestALetterThatTheServerDoesNotTakeComesAgain, one that it refuses for ever is an alarm, and one that nobody wants any more is left.
func TestALetterThatTheServerDoesNotTakeComesAgain(t *testing.T) {
	for name, c := range map[string]struct {
		first  error
		then   func(h *house)
		want   string
		alarms int
	}{
		"taken later":       {errors.New("451 later"), func(h *house) { h.out.fault = nil }, "2026-11 sent", 0},
		"never taken":       {errors.New("451 later"), func(*house) {}, "2026-11 failed", 1},
		"refused":           {fmt.Errorf("550: %w", notify.ErrRefused), func(h *house) { h.out.fault = nil }, "2026-11 failed", 1},
		"not wanted by now": {errors.New("451 later"), func(h *house) { h.wants(func(c *directory.Contract) { c.Statement = false }) }, "2026-11 moot", 0},
		"no address by now": {errors.New("451 later"), func(h *house) { h.ChangeRossi(func(c *directory.Customer) { c.Email = "" }) }, "2026-11 no_address", 0},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(h *house) {
				h.out.fault = c.first
				<-time.After(time.Until(december(1, 9)))
				a := h.node()
				a.Round(h.Context(), time.Now())
				c.then(h)
				h.rounds(a, 30*time.Minute, december(10, 9))
				if got := h.stands(); got != c.want || len(h.alarms) != c.alarms || (len(h.out.letters) == 1) != (c.want == "2026-11 sent") {
					h.Errorf("%s, %d letters, alarms %q", got, len(h.out.letters), h.alarms)
				}
			})
		})
	}
}
