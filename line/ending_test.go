package line_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/ivr"
	"hotline/line"
	"hotline/media"
	"hotline/media/mediatest"
	"hotline/oncall/ring"
	"hotline/phone"
	"hotline/prompts"
	"hotline/sip"
	"hotline/sip/siptest"
)

// street is a board and telephones in virtual time, on wires that can be watched.
type street struct {
	t     *testing.T
	board *line.Switchboard
	sip   *siptest.Wire
	media *mediatest.Wire
	deaf  atomic.Bool // nothing of a telephone's sound reaches the line
	sent  atomic.Int64
	stops sync.WaitGroup
}

var lineAt = netip.MustParseAddr("127.0.0.1")

func newStreet(t *testing.T, converse func(context.Context, *line.Line), change ...func(*line.Config)) *street {
	t.Helper()
	s := &street{t: t, sip: siptest.NewWire(1), media: mediatest.NewWire(1)}
	var err error
	c := line.Config{
		SIP:    sip.Config{Listen: []netip.AddrPort{netip.AddrPortFrom(lineAt, 5060)}, AcceptAnyone: true, Wire: s.sip},
		Media:  media.Config{Bind: []netip.Addr{lineAt}, Timeout: 3 * time.Second, Wire: s.media, Low: 20000, High: 20999},
		Voices: tones{}, Spool: &spool{kept: map[string][]byte{"old": make([]byte, 800000)}}, Converse: converse,
	}
	for _, f := range change {
		f(&c)
	}
	s.board, err = line.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.board.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.media.SetFilter(func(from, to netip.AddrPort, b []byte) bool {
		if ours := from.Port() >= 20000 && from.Port() < 21000; !ours {
			return !s.deaf.Load()
		}
		if from.Port()%2 == 0 {
			s.sent.Add(1)
		}
		return true
	})
	return s
}

func (s *street) plugIn(at, user string, answer func(context.Context, *phone.Incoming)) *phone.Phone {
	s.t.Helper()
	p, err := phone.New(phone.Config{At: netip.MustParseAddrPort(at), User: user, Answer: answer, SIPWire: s.sip, MediaWire: s.media})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := p.Start(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return p
}

// under is the call as a verb is tried on it.
type under struct {
	ctx   context.Context
	line  *line.Line
	board *line.Switchboard
}

const silent, picksUp = "sip:silent@127.0.0.3:5060", "sip:marco@127.0.0.4:5060"

// verbs are all that a conversation may be doing when its call ends.
var verbs = []struct {
	name string
	deaf bool // goes on after the end, as what an engineer is still told does
	do   func(u under)
}{
	{"speaks", false, func(u under) { _ = u.line.Say(u.ctx, "en", prompts.P("long"), false) }},
	{"speaks until a key", false, func(u under) { _ = u.line.Say(u.ctx, "en", prompts.P("long"), true) }},
	{"waits for a key", false, func(u under) { _, _ = u.line.Key(u.ctx, 40*time.Second) }},
	{"records", false, func(u under) {
		_, _ = u.line.Record(u.ctx, ivr.RecordRequest{ID: "new", Initial: time.Minute, Silence: time.Minute})
	}},
	{"replays", false, func(u under) { _ = u.line.Replay(u.ctx, "old") }},
	{"plays music while nothing answers", true, func(u under) {
		defer u.line.Music(u.ctx)()
		time.Sleep(30 * time.Second)
	}},
	{"asks a store that hangs", true, func(under) { time.Sleep(30 * time.Second) }},
	{"rings an engineer on", true, func(u under) {
		defer u.line.Music(u.ctx)()
		ringing, cancel := context.WithTimeoutCause(context.WithoutCancel(u.ctx), 20*time.Second, ring.ErrUnheard)
		defer cancel()
		_, _ = u.board.Ring(ringing, silent, ring.Introduction{})
	}},
	{"asks an engineer", true, func(u under) {
		defer u.line.Music(u.ctx)()
		if t, err := u.board.Ring(context.WithoutCancel(u.ctx), picksUp, ring.Introduction{}); err == nil {
			defer t.Hangup()
			_ = t.Say(u.ctx, "en", prompts.P("long"), true)
		}
	}},
	{"joins", false, func(u under) {
		if t, err := u.board.Ring(u.ctx, picksUp, ring.Introduction{}); err == nil {
			defer t.Hangup()
			_ = t.Join(u.ctx, string(u.line.Caller().ID), ring.Joining{Silence: 10 * time.Second})
		}
	}},
}

// A leg closes with its dialog, and a dialog with its leg, whatever the conversation is doing: no packet leaves any more, the
// port is free, and a verb that hears of the end comes back at once.
func TestNothingIsSentAfterTheEndWhateverTheConversationDoes(t *testing.T) {
	endings := []struct {
		name string
		end  func(s *street, c *phone.Call)
		slow time.Duration // until it is noticed
	}{
		{"the caller's BYE", func(_ *street, c *phone.Call) { c.Hangup() }, 0},
		{"sound that is lost", func(s *street, _ *phone.Call) { s.deaf.Store(true) }, 3100 * time.Millisecond},
		{"the line that stops", func(s *street, _ *phone.Call) {
			s.stops.Go(func() { _ = s.board.Stop(context.Background()) })
		}, 0},
	}
	for _, v := range verbs {
		for _, e := range endings {
			t.Run(fmt.Sprintf("%s ends while it %s", e.name, v.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var s *street
					over, ended := make(chan time.Time, 1), make(chan time.Time, 1)
					s = newStreet(t, func(ctx context.Context, l *line.Line) {
						context.AfterFunc(ctx, func() { ended <- time.Now() }) // stopped by nobody: who sees the end may be quicker than it
						v.do(under{ctx, l, s.board})
						over <- time.Now()
						<-ctx.Done()
					})
					quiet := s.plugIn("127.0.0.3:5060", "silent", func(ctx context.Context, in *phone.Incoming) { in.Ring(); <-ctx.Done() })
					marco := s.plugIn("127.0.0.4:5060", "marco", func(ctx context.Context, in *phone.Incoming) {
						if c, err := in.PickUp(ctx); err == nil {
							<-c.Context().Done()
						}
					})
					caller := s.plugIn("127.0.0.2:5060", "caller", nil)
					c, err := caller.Dial(t.Context(), "sip:hotline@127.0.0.1:5060")
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(2 * time.Second)
					sound := c.Sound().Remote // the line's end of it
					if s.sent.Load() < 50 {
						t.Fatalf("%d packets before the end", s.sent.Load())
					}
					at := time.Now()
					e.end(s, c)
					time.Sleep(e.slow + 20*time.Millisecond)
					more := s.countFrom(sound)
					time.Sleep(40 * time.Second)
					if n := more(); n != 0 {
						t.Errorf("%d packets after the end", n)
					}
					if took := (<-ended).Sub(at); took > e.slow+20*time.Millisecond {
						t.Errorf("the call is over %s after its end", took)
					}
					if took := (<-over).Sub(at); !v.deaf && took > e.slow+50*time.Millisecond {
						t.Errorf("the verb comes back %s after the end", took)
					}
					if socket, err := s.media.Listen(sound); err != nil {
						t.Errorf("the port is still taken: %v", err)
					} else {
						_ = socket.Close()
					}
					c.Hangup()
					s.stops.Wait()
					for _, p := range []*phone.Phone{caller, marco, quiet} {
						_ = p.Stop(context.Background())
					}
					if err := s.board.Stop(context.Background()); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// countFrom counts from now on the packets of sound that the line sends from one of its ports.
func (s *street) countFrom(port netip.AddrPort) func() int64 {
	var n atomic.Int64
	s.media.SetFilter(func(from, _ netip.AddrPort, _ []byte) bool {
		if from == port {
			n.Add(1)
		}
		return from.Port() >= 20000 && from.Port() < 21000 || !s.deaf.Load()
	})
	return n.Load
}
