package news_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/alarm"
	"hotline/app"
	"hotline/app/apptest"
	"hotline/directory"
	"hotline/evosupport"
	"hotline/evosupport/news"
	"hotline/notify"
	"hotline/sla"
	"hotline/tickets"
)

// postBox is the mail server through which letters leave.
type postBox struct {
	mu      sync.Mutex
	letters []notify.Message
	at      []time.Time
	tries   int
	fault   error
}

func (b *postBox) Send(_ context.Context, m notify.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries++
	if b.fault == nil {
		b.letters, b.at = append(b.letters, m), append(b.at, time.Now())
	}
	return b.fault
}

func (b *postBox) set(fault error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = fault
}

// news are the letters about versions so far.
func (b *postBox) news() (list []notify.Message, at []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n, m := range b.letters {
		if strings.HasPrefix(m.ID, "news-") {
			list, at = append(list, m), append(at, b.at[n])
		}
	}
	return list, at
}

// house is the program on a Monday at nine UTC, with Evo Support for Rossi, at whose plant 7.2 stands.
type house struct {
	*apptest.Program
	out *postBox
}

func run(t *testing.T, test func(h house), changes ...func(*app.Config)) {
	t.Helper()
	b := &postBox{}
	changes = append([]func(*app.Config){func(c *app.Config) { c.Virtual.Mailer = b }}, changes...)
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		h := house{p, b}
		h.entitle("rossi", true)
		h.installs("rossi-plant", "rossi", "plant", "7.2")
		p.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
		test(h)
	}, changes...)
}

func (h house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h house) entitle(id directory.ContractID, evo bool) {
	h.Helper()
	c, err := h.Store.Contract(h.Context(), id)
	h.must(err)
	c.EvoSupport, c.Level = evo, sla.Professional
	_, err = h.Store.PutContract(h.Context(), c)
	h.must(err)
	h.ChangeRossi(func(*directory.Customer) {})
}

func (h house) installs(id, contract, installation, release string) {
	h.Helper()
	i, _ := h.Store.Installed(h.Context(), id)
	_, err := h.Store.PutInstalled(h.Context(), evosupport.Installed{
		ID: id, Contract: directory.ContractID(contract), Installation: installation, Product: "pbx", Release: release, Version: i.Version,
	})
	h.must(err)
}

func (h house) publishes(product string, r evosupport.Release) {
	h.Helper()
	p, _ := h.Store.Product(h.Context(), product)
	p.ID, r.At = product, time.Now()
	_, err := h.Store.PutProduct(h.Context(), p.Publish(r))
	h.must(err)
}

// told are the states of the notices about the PBX, by contract and version.
func (h house) told() string {
	h.Helper()
	list, err := h.Store.Notices(h.Context(), "pbx")
	h.must(err)
	var words []string
	for _, n := range list {
		words = append(words, fmt.Sprintf("%s %s %s", n.Contract, n.Release, n.State))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

func TestAnEntitledCustomerGetsOneLetterAboutAVersion(t *testing.T) {
	run(t, func(h house) {
		wish, err := h.Desk.Open(h.Context(), tickets.Draft{Claim: sla.Feature, Channel: tickets.Web, Actor: "staff:carla", Language: "it", Identity: tickets.Identity{Contract: h.Desk.Book().Contracts.At("rossi"), Customer: h.Desk.Book().Customers.At("rossi")}}, time.Now())
		h.must(err)
		h.installs("bianchi-plant", "bianchi", "", "7.2") // without Evo Support
		h.publishes("pbx", evosupport.Release{Name: "8.1", Note: "Faster start <b>", Tickets: []tickets.Number{wish.Number, 9999}})
		h.Passes(9 * time.Minute)
		if list, _ := h.out.news(); len(list) != 0 {
			h.Errorf("what may be taken back is told: %+v", list)
		}
		h.Passes(2 * time.Minute)
		h.Stop()
		h.Restart()
		h.Passes(time.Hour)
		h.publishes("pbx", evosupport.Release{Name: "8.1", Note: "again"})
		h.Passes(time.Hour)
		list, _ := h.out.news()
		if len(list) != 1 {
			h.Fatalf("%d letters: %+v", len(list), list)
		}
		want := `Rossi S.p.A.

È uscita la versione pbx 8.1.
Il vostro contratto comprende Evo Support: la nuova versione vi spetta senza altri ordini.

pbx 8.1 (pubblicata lunedì 23 novembre 2026 10:00)
Installata oggi: plant, 7.2
Faster start <b>
Porta quanto avete chiesto con la richiesta ` + fmt.Sprint(wish.Number) + `.

Per installarla telefonate all'assistenza: un tecnico concorda con voi quando.
`
		if m := list[0]; m.Text != want || m.To != "guasti@rossi.example" || m.Subject != "È uscita la versione pbx 8.1" || !m.HTML || m.Reply != "" {
			h.Errorf("%+v", m)
		}
		if got := h.told(); got != "rossi 8.1 sent" {
			h.Errorf("notices: %s", got)
		}
	})
}

// TestWhoIsToldAndWhen: what is new within ten minutes is one letter; who has no hours now is told when they begin; the newest counts.
func TestWhoIsToldAndWhen(t *testing.T) {
	publish := func(h house) { h.publishes("pbx", evosupport.Release{Name: "8.1"}) }
	for name, c := range map[string]struct {
		act  func(h house)
		want []string // minutes since nine, and the subject
		told string
	}{
		"two products, one letter": {func(h house) {
			_, err := h.Store.PutInstalled(h.Context(), evosupport.Installed{ID: "gate", Contract: "rossi", Product: "gateway", Release: "1"})
			h.must(err)
			publish(h)
			h.Passes(5 * time.Minute)
			h.publishes("gateway", evosupport.Release{Name: "2"})
		}, []string{"10 Sono uscite nuove versioni"}, "rossi 8.1 sent"},
		"a newer one meanwhile": {func(h house) {
			publish(h)
			h.Passes(5 * time.Minute)
			h.publishes("pbx", evosupport.Release{Name: "8.2"})
		}, []string{"10 È uscita la versione pbx 8.2"}, "rossi 8.1 moot, rossi 8.2 sent"},
		"taken back": {func(h house) {
			publish(h)
			h.Passes(5 * time.Minute)
			p, err := h.Store.Product(h.Context(), "pbx")
			h.must(err)
			p.Releases = nil
			_, err = h.Store.PutProduct(h.Context(), p)
			h.must(err)
		}, nil, "rossi 8.1 moot"},
		"installed meanwhile": {func(h house) {
			publish(h)
			h.Passes(5 * time.Minute)
			h.installs("rossi-plant", "rossi", "plant", "8.1")
		}, nil, "rossi 8.1 moot"},
		"it stands there already": {func(h house) { h.installs("rossi-plant", "rossi", "plant", "8.1"); publish(h) }, nil, ""},
		"not entitled":            {func(h house) { h.entitle("rossi", false); publish(h) }, nil, ""},
		"not entitled any more": {func(h house) {
			publish(h)
			h.Passes(time.Minute)
			h.entitle("rossi", false)
		}, nil, "rossi 8.1 moot"},
		"no address": {func(h house) {
			h.ChangeRossi(func(c *directory.Customer) { c.Email = "" })
			publish(h)
		}, nil, "rossi 8.1 no_address"},
		"in the night": {func(h house) {
			h.Passes(12 * time.Hour)
			publish(h)
		}, nil, "rossi 8.1 waiting"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(h house) {
				began := time.Now()
				c.act(h)
				h.Passes(40 * time.Minute)
				list, at := h.out.news()
				var got []string
				for n, m := range list {
					got = append(got, fmt.Sprintf("%.0f %s", at[n].Sub(began).Truncate(time.Minute).Minutes(), m.Subject))
				}
				if !slices.Equal(got, c.want) || h.told() != c.told {
					h.Errorf("letters %q, want %q; notices %q, want %q", got, c.want, h.told(), c.told)
				}
			})
		})
	}
}

func TestInTheMorningTheLetterOfTheNightGoes(t *testing.T) {
	run(t, func(h house) {
		h.Passes(12 * time.Hour)
		h.publishes("pbx", evosupport.Release{Name: "8.1"})
		h.Passes(13 * time.Hour)
		_, at := h.out.news()
		if len(at) != 1 || at[0].Sub(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)).Abs() > time.Minute { // nine in Rome
			h.Errorf("letters at %v; %s", at, h.told())
		}
	})
}

// TestALetterThatTheServerDoesNotTakeComesAgain, and one that it refuses for ever is an alarm and does not.
func TestALetterThatTheServerDoesNotTakeComesAgain(t *testing.T) {
	run(t, func(h house) {
		h.out.set(errors.New("connection refused"))
		h.publishes("pbx", evosupport.Release{Name: "8.1"})
		h.Passes(2 * time.Hour)
		if got := h.told(); got != "rossi 8.1 waiting" || h.out.tries < 3 || h.out.tries > 10 {
			h.Errorf("after two hours: %s, %d tries", got, h.out.tries)
		}
		h.out.set(nil)
		h.Passes(2 * time.Hour)
		if list, _ := h.out.news(); len(list) != 1 || h.told() != "rossi 8.1 sent" {
			h.Errorf("%d letters, %s", len(list), h.told())
		}
		h.out.set(fmt.Errorf("550: %w", notify.ErrRefused))
		tries := h.out.tries
		h.publishes("pbx", evosupport.Release{Name: "8.2"})
		h.Passes(2 * time.Hour)
		if h.told() != "rossi 8.1 sent, rossi 8.2 failed" || h.out.tries != tries+1 || !strings.Contains(h.Logged(), "is not delivered to guasti@rossi.example") {
			h.Errorf("%s, %d tries", h.told(), h.out.tries-tries)
		}
	})
}

func TestAnswersComeBackUnderTheContract(t *testing.T) {
	run(t, func(h house) {
		h.publishes("pbx", evosupport.Release{Name: "8.1"})
		h.Passes(20 * time.Minute)
		list, _ := h.out.news()
		if len(list) != 1 || !strings.Contains(list[0].Text, "rispondete a questa lettera") {
			h.Fatalf("%+v", list)
		}
		if meant, ok := h.App.Threads().Of(list[0].Reply); !ok || meant.Contract != "rossi" {
			h.Errorf("answers go to %q: %+v, %v", list[0].Reply, meant, ok)
		}
	}, func(c *app.Config) {
		c.Config.Mail.From = "support@house.example"
		c.Config.Mail.Inbox.Listen, c.Config.Mail.Inbox.Address = netip.MustParseAddrPort("127.0.0.1:25"), "support@house.example"
	})
}

// TestWithoutAMailServerVersionsAreNoted: once there is one, nobody is told of what is old by then.
func TestWithoutAMailServerVersionsAreNoted(t *testing.T) {
	b := &postBox{}
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		h := house{p, b}
		h.entitle("rossi", true)
		h.installs("rossi-plant", "rossi", "plant", "7.2")
		p.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
		h.publishes("pbx", evosupport.Release{Name: "8.1"})
		h.Passes(time.Minute)
		later := news.New(news.Config{Store: h.Store, Desk: h.Desk, Send: b.Send, Alarm: func(alarm.Kind, string) {}, Log: slog.New(slog.DiscardHandler)})
		later.Round(h.Context(), time.Now())
		later.Round(h.Context(), time.Now().Add(time.Hour))
		if b.tries != 0 || h.told() != "" {
			h.Errorf("%d tries, %s", b.tries, h.told())
		}
	})
}
