package app

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/cdr"
	"hotline/config"
	"hotline/media"
	"hotline/media/g711"
	"hotline/media/mediatest"
	"hotline/memory"
	"hotline/phone"
	"hotline/prompts"
	"hotline/sip/siptest"
	"hotline/tickets"
)

// night is the whole program in virtual time: database and wires in memory, everything else as it ships.
type night struct {
	*testing.T
	app   *App
	store *memory.Store
	sip   *siptest.Wire
	media *mediatest.Wire

	mu   sync.Mutex
	said []string // "caller: text", as it was said
	log  strings.Builder
}

// newNight opens the program on a Monday at nine, UTC; changes alter its configuration before.
func newNight(t *testing.T, changes ...func(*Config)) *night {
	t.Helper()
	time.Sleep(time.Until(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))) // a Monday; the bubble's clock begins in 2000
	n := &night{T: t, store: memory.New(417), sip: siptest.NewWire(1), media: mediatest.NewWire(1)}
	c := config.Default()
	c.SIP.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5060")}
	c.SIP.Accept, c.Data = config.AcceptAnyone, t.TempDir()
	whole := Config{
		Config: c, Demo: &Demo{}, Virtual: &Virtual{Store: n.store, SIP: n.sip, Media: n.media}, Drain: time.Minute, Said: n.hear,
		Log: slog.New(slog.NewTextHandler(n, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	for _, change := range changes {
		change(&whole)
	}
	var err error
	n.app, err = New(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

// hear notes what is said on a line.
func (n *night) hear(to string, _ prompts.Language, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.said = append(n.said, to+": "+text)
}

// Write takes the program's log.
func (n *night) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.Write(b)
}

// heard demands that each of the texts was said to somebody, in this order.
func (n *night) heard(to string, texts ...string) {
	n.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	at := 0
	for _, want := range texts {
		for ; at < len(n.said) && (!strings.HasPrefix(n.said[at], to+": ") || !strings.Contains(n.said[at], want)); at++ {
		}
		if at == len(n.said) {
			n.Fatalf("%s does not hear %q, in this order, of\n%s", to, want, strings.Join(n.said, "\n"))
		}
	}
}

func (n *night) logged() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

func (n *night) end() {
	n.Helper()
	if err := n.app.Stop(context.Background()); err != nil {
		n.Error(err)
	}
	if open := n.media.Open(); open != 0 {
		n.Errorf("%d media sockets are left open", open)
	}
}

func (n *night) phone(at, user string, answer func(context.Context, *phone.Incoming)) *phone.Phone {
	n.Helper()
	p, err := phone.New(phone.Config{At: netip.MustParseAddrPort(at), User: user, Answer: answer, SIPWire: n.sip, MediaWire: n.media})
	if err != nil {
		n.Fatal(err)
	}
	if err := p.Start(n.Context()); err != nil {
		n.Fatal(err)
	}
	return p
}

// history is the newest ticket's lines.
func (n *night) history() string {
	n.Helper()
	page, err := n.store.List(n.Context(), tickets.Filter{})
	list := page.Items
	if err != nil || len(list) == 0 {
		n.Fatalf("no ticket, %v", err)
	}
	lines, err := n.store.History(n.Context(), list[0].Number)
	if err != nil {
		n.Fatal(err)
	}
	var words []string
	for _, e := range lines {
		words = append(words, string(e.Kind)+" "+e.Text)
	}
	return strings.Join(words, "\n")
}

// voice is speech for the recording: the detector wants more than a tone.
func voice(n *night) []int16 {
	book, err := newVoices(n.app.log)
	if err != nil {
		n.Fatal(err)
	}
	return samplesOf(book.Sound(prompts.English, prompts.P("still-searching")))
}

// samplesOf plays a sound out of its A-law.
func samplesOf(s media.Sound) []int16 {
	return g711.ALaw.Samples(s.Octets(g711.ALaw))
}

// report keys PIN and category, speaks and keeps the message.
func report(ctx context.Context, c *phone.Call, said []int16) error {
	if err := c.Press(ctx, "314159#1"); err != nil {
		return err
	}
	if _, err := c.AwaitTone(ctx, 0); err != nil {
		return err
	}
	if err := c.Say(ctx, said); err != nil {
		return err
	}
	if err := c.Press(ctx, "#"); err != nil {
		return err
	}
	if err := c.Wait(ctx, time.Second); err != nil {
		return err
	}
	return c.Press(ctx, "1")
}

// lull waits for a moment without calls and counts those that are left after two minutes: engineers are still being called
// for those who hung up, and between two of them the line is free.
func (n *night) lull() int {
	for range 120 {
		if n.app.board.Agent().Calls() == 0 {
			return 0
		}
		time.Sleep(time.Second)
	}
	return n.app.board.Agent().Calls()
}

// TestTwoHundredCallsOfANight lets callers of every kind call over an hour: some hang up anywhere, some key nonsense.
func TestTwoHundredCallsOfANight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t)
		defer n.end()
		for at, user := range map[string]string{"127.0.0.1:5071": "anna", "127.0.0.1:5072": "marco"} {
			p := n.phone(at, user, func(ctx context.Context, in *phone.Incoming) {
				call, err := in.PickUp(ctx)
				if err != nil {
					return
				}
				_ = call.Wait(ctx, 2*time.Second)
				_ = call.Press(ctx, "1")
				_ = call.Wait(ctx, 35*time.Second)
			})
			defer p.Stop(context.Background())
		}
		caller := n.phone("127.0.0.1:6000", "0612345", nil)
		defer caller.Stop(context.Background())
		guesser := n.phone("127.0.0.1:6001", "0699999", nil) // a number of its own: wrong PINs lock numbers out
		defer guesser.Stop(context.Background())
		said := voice(n)
		var all sync.WaitGroup
		var mu sync.Mutex
		reported := 0
		for i := range 200 {
			dice := rand.New(rand.NewPCG(uint64(i), 1))
			all.Go(func() {
				time.Sleep(time.Duration(dice.IntN(3600)) * time.Second)
				from := caller
				if i%4 == 0 {
					from = guesser
				}
				call, err := from.Dial(t.Context(), "sip:hotline@127.0.0.1:5060")
				if err != nil {
					t.Errorf("call %d: %v", i, err)
					return
				}
				defer call.Hangup()
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5+dice.IntN(90))*time.Second)
				defer cancel()
				switch i % 4 {
				case 0:
					_ = call.Press(ctx, fmt.Sprintf("%06d#%d", dice.IntN(1000000), dice.IntN(10)))
					_ = call.Wait(ctx, time.Minute)
				case 1:
					_ = call.Wait(ctx, time.Minute) // silence
				default:
					if report(ctx, call, said) == nil {
						mu.Lock()
						reported++
						mu.Unlock()
					}
					_ = call.Wait(ctx, 2*time.Minute)
				}
			})
		}
		all.Wait()
		time.Sleep(10 * time.Minute)
		page, err := n.store.Calls(t.Context(), cdr.Filter{Limit: 500})
		calls, total := page.Items, page.Total
		if err != nil || total != 200 {
			t.Errorf("%d calls are on record, %v", total, err)
		}
		for _, c := range calls {
			if c.Ended.IsZero() {
				t.Errorf("call %s never ended", c.ID)
			}
		}
		faults, err := n.store.List(t.Context(), tickets.Filter{Category: "blocking"})
		blocking := faults.Total
		if err != nil || blocking < reported || reported < 30 {
			t.Errorf("%d callers reported a blocking fault, %d tickets, %v", reported, blocking, err)
		}
		if open, waiting := n.lull(), n.app.desk.Waiting(); open != 0 || waiting != 0 {
			t.Errorf("%d calls and %d changes are left", open, waiting)
		}
	})
}

func TestThePINKeyIsMadeOnceAndNeverReplaced(t *testing.T) {
	store, file := memory.New(1), t.TempDir()+"/pin.key"
	first, err := readPINKey(t.Context(), store, file)
	if err != nil || len(first) != pinKeyOctets {
		t.Fatalf("%d octets, %v", len(first), err)
	}
	again, err := readPINKey(t.Context(), store, file)
	if err != nil || string(again) != string(first) {
		t.Errorf("a second start reads another key, %v", err)
	}
	if _, err := readPINKey(t.Context(), store, t.TempDir()+"/pin.key"); err == nil {
		t.Error("a lost key was replaced in silence")
	}
	if _, err := readPINKey(t.Context(), memory.New(1), file); err != nil {
		t.Errorf("a known key with a new database: %v", err)
	}
}
