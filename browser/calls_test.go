package browser_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"hotline/app/voices"
	"hotline/browser"
	"hotline/cdr"
	"hotline/directory"
	"hotline/ivr"
	"hotline/line"
	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/mediatest"
	store "hotline/memory"
	"hotline/oncall/ring"
	"hotline/phone"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/sla"
	"hotline/tickets"
)

var rossi = ivr.Caller{Contract: "rossi", CallBack: "0612345", Language: prompts.English}

func spoken(t *testing.T, ids ...prompts.ID) []int16 {
	t.Helper()
	alaw, err := packs.Speech(prompts.English, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return g711.ALaw.Samples(alaw)
}

// desk is one with the contract of Rossi in it.
func desk(t *testing.T) (*tickets.Desk, *store.Store) {
	t.Helper()
	ctx, s, now := t.Context(), store.New(417), time.Now()
	var errs []error
	for _, c := range sla.DefaultCalendars() {
		_, err := s.PutCalendar(ctx, c)
		errs = append(errs, err)
	}
	for _, l := range sla.DefaultLevels() {
		_, err := s.PutLevel(ctx, l)
		errs = append(errs, err)
	}
	_, err := s.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi S.p.A."})
	errs = append(errs, err)
	_, err = s.PutContractWithPIN(ctx, directory.Contract{ID: "rossi", Customer: "rossi", Level: sla.Extended, Language: "it", ValidFrom: now.AddDate(-1, 0, 0), RemoteAccess: true}, directory.HashPIN([]byte("key"), "314159"))
	errs = append(errs, err)
	book, err := directory.ReadBook(ctx, s, now)
	if err = errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	var ids atomic.Int64
	return tickets.NewDesk(tickets.DeskConfig{Store: s, Book: book, Numbers: s, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: func() string { return fmt.Sprint("e", ids.Add(1)) }}), s
}

// TestABrowserHasTheSameConversationAsATelephone: the caller hears the welcome in the language of the page, is asked for no PIN, presses,
// speaks after the tone, hears the number of the ticket, and the line hangs up.
func TestABrowserHasTheSameConversationAsATelephone(t *testing.T) {
	t.Parallel()
	d, s := desk(t)
	v, err := voices.Load(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	flow, err := ivr.Default()
	if err != nil {
		t.Fatal(err)
	}
	tapes := &memory{kept: map[string][]byte{}}
	summary, caller := make(chan ivr.Summary, 1), make(chan ivr.Caller, 1)
	x := open(t, v, tapes, func(ctx context.Context, l *line.Line) {
		caller <- l.Caller()
		var ids int
		summary <- ivr.Converse(ctx, ivr.Config{Desk: d, NewID: func() string { ids++; return fmt.Sprint("r", ids) }}, flow, l)
	})
	c := newCaller(t)
	if err := c.calls(x, rossi); err != nil {
		t.Fatal(err)
	}
	c.connects()
	speech := mediatest.NewSpeaker(6000, 5).Speech(3 * time.Second)
	at := c.awaits("the welcome", 0, spoken(t, "welcome"))
	at = c.awaits("the menu", at, spoken(t, "menu"))
	c.presses(3)
	at = c.awaits("the tone", at, spoken(t, prompts.Tone))
	c.says(speech)
	c.presses(11) // #
	c.presses(1)
	c.awaits("the ticket's number", at, spoken(t, "readout-ticket"))
	select {
	case <-c.over:
	case <-time.After(time.Minute):
		t.Fatal("the line does not hang up")
	}
	sum, who := <-summary, <-caller
	if sum.Ending != nil || sum.Contract != "rossi" || sum.Ticket != 417 || sum.Language != prompts.English {
		t.Errorf("the conversation came to %+v", sum)
	}
	if who.Transport != cdr.Browser || who.Number != "" || who.Trunk != "" || who.House {
		t.Errorf("the caller is %+v", who)
	}
	got, err := d.Ticket(t.Context(), 417)
	if err != nil || got.Contract != "rossi" || got.Claim != sla.Question || got.Caller != "0612345" {
		t.Errorf("the ticket is %+v, %v", got, err)
	}
	if _, err := s.Ticket(t.Context(), 417); err != nil {
		t.Error(err)
	}
	_, octets, err := tapes.Octets("417-r1")
	if like := likeness.Of(g711.ALaw.Samples(octets), speech); err != nil || like < 0.9 {
		t.Errorf("the message is like what was said by %.2f, %v", like, err)
	}
}

// TestABrowserAndAnEngineersTelephoneAreJoined: sound goes both ways, and the call goes on when the engineer has hung up.
func TestABrowserAndAnEngineersTelephoneAreJoined(t *testing.T) {
	t.Parallel()
	heardByAnna, board, joined := make(chan []int16, 1), make(chan *line.Switchboard, 1), make(chan error, 1)
	anna, err := phone.New(phone.Config{At: netip.MustParseAddrPort("127.0.0.1:0"), User: "anna", Answer: func(ctx context.Context, in *phone.Incoming) {
		call, err := in.PickUp(ctx)
		if err != nil {
			return
		}
		_ = call.Say(ctx, mediatest.Tone(1300, 3*8000))
		call.Hangup()
		heardByAnna <- call.Heard()
	}})
	if err == nil {
		err = anna.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	x := open(t, silent{}, nil, func(ctx context.Context, l *line.Line) {
		tel, err := (<-board).Ring(ctx, anna.Address(), ring.Introduction{Name: "hotline"})
		if err == nil {
			err = tel.Join(ctx, string(l.Caller().ID), ring.Joining{Silence: 5 * time.Second, Talk: time.Minute})
			tel.Hangup()
		}
		joined <- err
	})
	t.Cleanup(func() { _ = anna.Stop(context.Background()) })
	board <- x.board
	c := newCaller(t)
	if err := c.calls(x, rossi); err != nil {
		t.Fatal(err)
	}
	c.connects()
	var says sync.WaitGroup
	says.Go(func() { c.says(mediatest.Tone(700, 4*8000)) })
	if err := <-joined; err != nil {
		t.Errorf("the talk ended with %v", err)
	}
	says.Wait()
	<-c.over
	for who, heard := range map[string][]int16{"anna": <-heardByAnna, "the browser": c.hears()} {
		hz := map[string]float64{"anna": 700, "the browser": 1300}[who]
		if best, _ := likeness.Correlate(heard, mediatest.Tone(hz, 4000)); best < 0.99 {
			t.Errorf("%s hears %v Hz with correlation %.3f", who, hz, best)
		}
	}
}

// waits is a conversation in which nothing happens until the call is over; endings are the causes.
func waits(endings chan<- error) func(context.Context, *line.Line) {
	return func(ctx context.Context, _ *line.Line) {
		<-ctx.Done()
		endings <- context.Cause(ctx)
	}
}

// idle is a conversation in which nothing happens, and which tells that it begins: a browser knows of its way to the line before the line
// does, and one that leaves in between had no conversation.
type idle struct {
	begun   chan struct{}
	endings chan error
}

func newIdle() idle { return idle{make(chan struct{}, 10), make(chan error, 10)} }

func (i idle) converse(ctx context.Context, l *line.Line) {
	i.begun <- struct{}{}
	waits(i.endings)(ctx, l)
}

// begins waits for the conversation of a browser that has found its way.
func (i idle) begins(t *testing.T, c *caller) {
	t.Helper()
	c.connects()
	select {
	case <-i.begun:
	case <-time.After(time.Minute):
		t.Fatal("no conversation begins")
	}
}

// ends waits for its end.
func (i idle) ends(t *testing.T, want error) {
	t.Helper()
	select {
	case err := <-i.endings:
		if !errors.Is(err, want) {
			t.Errorf("the call ended with %v, want %v", err, want)
		}
	case <-time.After(time.Minute):
		t.Fatal("the call goes on")
	}
}

func TestACallEndsHoweverABrowserLeaves(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	for _, one := range []struct {
		name   string
		leaves func(x *exchange, c *caller)
		cause  error
		other  []func(*webrtc.SettingEngine)
	}{
		{"by closing its connection", func(_ *exchange, c *caller) { c.leaves() }, ivr.ErrHungUp, nil},
		{"by telling the page", func(x *exchange, c *caller) {
			if x.gateway.Hangup("verdi", c.call) {
				t.Error("another contract hangs up the call")
			}
			if !x.gateway.Hangup("rossi", c.call) || x.gateway.Hangup("rossi", c.call) {
				t.Error("a call that is there is not hung up, or one that is over is")
			}
		}, ivr.ErrHungUp, nil},
		{"by losing its network", func(*exchange, *caller) { cut.Store(true) }, ivr.ErrLineLost, []func(*webrtc.SettingEngine){func(s *webrtc.SettingEngine) {
			l, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s.SetICEUDPMux(webrtc.NewICEUDPMux(nil, &cable{PacketConn: l, cut: &cut}))
			t.Cleanup(func() { _ = l.Close() })
		}}},
	} {
		t.Run(one.name, func(t *testing.T) {
			talk := newIdle()
			x := open(t, silent{}, nil, talk.converse)
			c := newCaller(t, one.other...)
			if err := c.calls(x, rossi); err != nil {
				t.Fatal(err)
			}
			talk.begins(t, c)
			c.says(make([]int16, 8000))
			one.leaves(x, c)
			talk.ends(t, one.cause)
			over, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := x.gateway.Drain(over); err != nil { // the conversation tells its ending before the call is over
				t.Error(err)
			}
			if n := x.gateway.Calls(); n != 0 {
				t.Errorf("%d calls are left", n)
			}
		})
	}
}

// cable is a socket that can be cut.
type cable struct {
	net.PacketConn
	cut *atomic.Bool
}

func (c *cable) WriteTo(b []byte, to net.Addr) (int, error) {
	if c.cut.Load() {
		return len(b), nil
	}
	return c.PacketConn.WriteTo(b, to)
}

func TestThereAreOnlySoManyCalls(t *testing.T) {
	t.Parallel()
	endings := make(chan error, 8)
	x := open(t, silent{}, nil, waits(endings))
	as := func(contract directory.ContractID) error {
		c := newCaller(t)
		return c.calls(x, ivr.Caller{Contract: contract})
	}
	var got []string
	for _, contract := range []directory.ContractID{"rossi", "rossi", "rossi", "verdi", "verdi"} {
		got = append(got, fmt.Sprint(as(contract)))
	}
	if want := []string{"<nil>", "<nil>", browser.ErrBusy.Error(), "<nil>", browser.ErrFull.Error()}; strings.Join(got, ";") != strings.Join(want, ";") {
		t.Errorf("five calls, two of a contract and three at all: %q", got)
	}
	if n := x.gateway.Calls(); n != 3 {
		t.Errorf("there are %d calls", n)
	}
	if err := x.gateway.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := as("bianchi"); !errors.Is(err, browser.ErrFull) {
		t.Errorf("a call after the end: %v", err)
	}
}

// full is a line without room.
type full struct{}

func (full) Room() bool              { return false }
func (full) Take(line.Carried) error { return line.ErrFull }

func TestABusyLineTakesNoBrowser(t *testing.T) {
	t.Parallel()
	g, err := browser.Open(t.Context(), browser.Config{UDP: []netip.AddrPort{netip.AddrPortFrom(here, 0)}, Calls: 3, Each: 2, Line: full{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Stop(context.Background()) }()
	if err := newCaller(t).calls(&exchange{gateway: g}, rossi); !errors.Is(err, browser.ErrFull) {
		t.Errorf("a line without room answers %v", err)
	}
}

// TestACallGoesOverTCPWhereNoUDPPasses: the caller has TCP alone.
func TestACallGoesOverTCPWhereNoUDPPasses(t *testing.T) {
	t.Parallel()
	heard := make(chan []int16, 1)
	x := open(t, silent{}, &memory{kept: map[string][]byte{}}, func(ctx context.Context, l *line.Line) {
		got, err := l.Record(ctx, ivr.RecordRequest{ID: "r", Initial: 5 * time.Second})
		if err != nil || got.End != ivr.EndedByKey {
			t.Errorf("recorded %+v, %v", got, err)
		}
		heard <- nil
	}, func(c *browser.Config) { c.TCP = []netip.AddrPort{netip.AddrPortFrom(here, 0)} })
	c := newCaller(t, func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) })
	if err := c.calls(x, rossi); err != nil {
		t.Fatal(err)
	}
	c.connects()
	c.says(mediatest.NewSpeaker(6000, 5).Speech(time.Second))
	c.presses(11)
	select {
	case <-heard:
	case <-time.After(time.Minute):
		t.Fatal("the key did not come")
	}
	<-c.over
}

// TestManyCallsLeaveNothingBehind makes calls one after the other; TestMain looks whether a goroutine is left.
func TestManyCallsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	talk := newIdle()
	x := open(t, silent{}, nil, talk.converse)
	for range 8 {
		c := newCaller(t)
		if err := c.calls(x, rossi); err != nil {
			t.Fatal(err)
		}
		talk.begins(t, c)
		c.leaves()
		talk.ends(t, ivr.ErrHungUp)
	}
	if err := x.gateway.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if s := x.board.Engine().Stats(); s.Legs != 0 {
		t.Errorf("%d legs are left", s.Legs)
	}
}

// patience is how long a connection by TCP may say nothing.
const patience = 5 * time.Second

// TestStrangersOnTheTCPPortAreClosed opens more connections than one address may have.
func TestStrangersOnTheTCPPortAreClosed(t *testing.T) {
	t.Parallel()
	x := open(t, silent{}, nil, waits(make(chan error, 1)), func(c *browser.Config) { c.TCP = []netip.AddrPort{netip.AddrPortFrom(here, 0)} })
	_, tcp := x.gateway.Addresses()
	var closed atomic.Int32
	var all sync.WaitGroup
	for range 40 {
		began := time.Now()
		conn, err := net.Dial("tcp", tcp[0].String())
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			defer conn.Close()
			_ = conn.SetReadDeadline(began.Add(time.Minute))
			if _, err := conn.Read(make([]byte, 1)); err != nil && !isTimeout(err) && time.Since(began) < patience {
				closed.Add(1)
			}
		})
	}
	all.Wait()
	if n := closed.Load(); n != 24 {
		t.Errorf("of 40 silent connections %d were closed at once", n)
	}
}

func isTimeout(err error) bool {
	var late net.Error
	return errors.As(err, &late) && late.Timeout()
}
