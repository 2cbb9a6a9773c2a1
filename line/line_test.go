package line_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hotline/ivr"
	"hotline/line"
	"hotline/media"
	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/mediatest"
	"hotline/oncall/ring"
	"hotline/phone"
	"hotline/prompts"
	"hotline/sip"
)

// tones is a voice that sings a tone for each sentence.
type tones struct{}

func hertz(id prompts.ID) float64 {
	return map[prompts.ID]float64{"welcome": 400, "brief": 1000, "long": 500}[id]
}

func (tones) Sound(_ prompts.Language, p prompts.Phrase) media.Sound {
	var all media.Sound
	for _, i := range p {
		seconds := 1
		if i.ID == "long" {
			seconds = 60
		}
		all = media.Chain(all, media.NewSound(mediatest.Tone(hertz(i.ID), seconds*8000)))
	}
	return all
}

func (tones) Music() media.Sound { return media.NewSound(mediatest.Tone(250, 8000)) }

// spool keeps recordings in memory.
type spool struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func (s *spool) Create(id string, _ g711.Codec) (io.WriteCloser, error) {
	if id == "full" {
		return nil, errors.New("no space left on the disk")
	}
	return &tape{spool: s, id: id}, nil
}

func (s *spool) CreateTwo(id string, c g711.Codec) (io.WriteCloser, error) { return s.Create(id, c) }

func (s *spool) Octets(id string) (g711.Codec, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return g711.ALaw, s.kept[id], nil
}

func (s *spool) Remove(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, id)
	return nil
}

func (s *spool) Sum(id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%x", sha256.Sum256(s.kept[id])), nil
}

type tape struct {
	spool *spool
	id    string
}

func (t *tape) Write(b []byte) (int, error) {
	t.spool.mu.Lock()
	defer t.spool.mu.Unlock()
	t.spool.kept[t.id] = append(t.spool.kept[t.id], b...)
	return len(b), nil
}

func (*tape) Close() error { return nil }

// exchange is a board with a conversation, and telephones around it.
type exchange struct {
	board *line.Switchboard
	spool *spool
}

func newExchange(t *testing.T, converse func(ctx context.Context, l *line.Line), change ...func(*line.Config)) *exchange {
	t.Helper()
	leaks := goleak.IgnoreCurrent()
	x := &exchange{spool: &spool{kept: map[string][]byte{}}}
	here := netip.MustParseAddr("127.0.0.1")
	var err error
	c := line.Config{
		SIP:    sip.Config{Listen: []netip.AddrPort{netip.AddrPortFrom(here, 0)}, AcceptAnyone: true},
		Media:  media.Config{Bind: []netip.Addr{here}, Timeout: 3 * time.Second},
		Voices: tones{}, Spool: x.spool, Converse: converse,
	}
	for _, f := range change {
		f(&c)
	}
	x.board, err = line.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.board.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.board.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t, leaks)
	})
	return x
}

func (x *exchange) address() string { return "sip:hotline@" + x.board.Agent().Addresses()[0].String() }

func plugIn(t *testing.T, user string, answer func(context.Context, *phone.Incoming)) *phone.Phone {
	t.Helper()
	p, err := phone.New(phone.Config{At: netip.MustParseAddrPort("127.0.0.1:0"), User: user, Answer: answer})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestCallerHearsWelcomePressesAKeySpeaksAndHearsItAgain(t *testing.T) {
	type result struct {
		key  byte
		got  ivr.Recorded
		errs []error
	}
	done := make(chan result, 1)
	x := newExchange(t, func(ctx context.Context, l *line.Line) {
		var r result
		r.errs = append(r.errs, l.Say(ctx, "en", prompts.P("welcome"), true))
		var err error
		r.key, err = l.Key(ctx, 5*time.Second)
		r.errs = append(r.errs, err)
		r.got, err = l.Record(ctx, ivr.RecordRequest{ID: "r1"})
		r.errs = append(r.errs, err, l.Replay(ctx, "r1"))
		done <- r
	})
	p := plugIn(t, "caller", nil)
	c, err := p.Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Hangup()
	if err := c.Wait(t.Context(), 1200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	voice := mediatest.Tone(700, 16000)
	for _, err := range []error{c.Press(t.Context(), "5"), c.Wait(t.Context(), 200*time.Millisecond), c.Say(t.Context(), voice), c.Press(t.Context(), "#")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := <-done
	if err := errors.Join(r.errs...); err != nil {
		t.Fatal(err)
	}
	if sum, _ := x.spool.Sum(r.got.Recording.ID); r.got.Recording.SHA256 != sum {
		t.Errorf("the recording's sum is %q, want %s", r.got.Recording.SHA256, sum)
	}
	if r.key != '5' || r.got.End != ivr.EndedByKey || r.got.Recording.Seconds < 2 || r.got.Recording.Seconds > 2.7 {
		t.Errorf("key %c, recorded %+v", r.key, r.got)
	}
	<-c.Context().Done()
	c.Hangup()
	heard := c.Heard()
	if best, _ := likeness.Correlate(heard, mediatest.Tone(400, 7000)); best < 0.9 {
		t.Errorf("the welcome correlates %.2f", best)
	}
	if best, _ := likeness.Correlate(heard, mediatest.Tone(700, 15000)); best < 0.9 {
		t.Errorf("the replay correlates %.2f", best)
	}
	if best, _ := likeness.Correlate(heard, mediatest.Tone(1000, 7000)); best > 0.3 {
		t.Errorf("what was never said correlates %.2f", best)
	}
}

func TestATakeInWhichNobodySpokeLeavesNothingOnTheDisk(t *testing.T) {
	taken := make(chan ivr.Recorded, 1)
	x := newExchange(t, func(ctx context.Context, l *line.Line) {
		got, err := l.Record(ctx, ivr.RecordRequest{ID: "r1", Initial: 300 * time.Millisecond})
		if err != nil {
			t.Error(err)
		}
		taken <- got
	})
	c, err := plugIn(t, "caller", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Hangup()
	if got := <-taken; got.End != ivr.EndedUnspoken {
		t.Errorf("a take of silence ended as %q", got.End)
	}
	x.spool.mu.Lock()
	defer x.spool.mu.Unlock()
	if len(x.spool.kept) != 0 {
		t.Errorf("the silence is still on the disk: %d recordings", len(x.spool.kept))
	}
}

func TestEngineerHearsTheBriefPressesOneAndBothTalk(t *testing.T) {
	talked := make(chan error, 1)
	heardByMarco := make(chan []int16, 1)
	marco := plugIn(t, "marco", func(ctx context.Context, in *phone.Incoming) {
		c, err := in.PickUp(ctx)
		if err != nil {
			return
		}
		_ = c.Wait(ctx, 1300*time.Millisecond)
		_ = c.Press(ctx, "1")
		_ = c.Wait(ctx, 300*time.Millisecond)
		_ = c.Say(ctx, mediatest.Tone(1300, 16000))
		_ = c.Wait(ctx, 200*time.Millisecond)
		c.Hangup()
		heardByMarco <- c.Heard()
	})
	board := make(chan *line.Switchboard, 1)
	x := newExchange(t, func(ctx context.Context, l *line.Line) {
		talked <- func() error {
			stop := l.Music(ctx)
			defer stop()
			tel, err := (<-board).Ring(ctx, marco.Address(), ring.Introduction{Name: "hotline"})
			if err != nil {
				return err
			}
			defer tel.Hangup()
			if err := tel.Say(ctx, "en", prompts.P("brief"), true); err != nil {
				return err
			}
			if k, err := tel.Key(ctx, 5*time.Second); err != nil || k != '1' {
				return errors.Join(err, errors.New("not accepted"))
			}
			stop()
			talks := 0
			err = tel.Join(ctx, string(l.Caller().ID), ring.Joining{Silence: 5 * time.Second, Talk: time.Second, Talked: func() { talks++ }})
			if talks != 1 || !tel.HungUp() {
				err = errors.Join(err, fmt.Errorf("they are heard to talk %d times, and that he put the receiver down: %v", talks, tel.HungUp()))
			}
			return err
		}()
	})
	board <- x.board
	c, err := plugIn(t, "caller", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Hangup()
	_ = c.Say(t.Context(), mediatest.Tone(700, 8*8000))
	if err := <-talked; err != nil {
		t.Errorf("the talk ended with %v, want the engineer's own hang-up", err)
	}
	c.Hangup()
	for who, v := range map[string]struct {
		heard []int16
		hz    []float64
	}{"marco": {<-heardByMarco, []float64{1000, 700}}, "caller": {c.Heard(), []float64{250, 1300}}} {
		for _, hz := range v.hz {
			if best, _ := likeness.Correlate(v.heard, mediatest.Tone(hz, 6000)); best < 0.9 {
				t.Errorf("%s hears %v Hz with correlation %.2f", who, hz, best)
			}
		}
	}
}

func TestTelephonesThatDoNotAnswerAreToldApart(t *testing.T) {
	x := newExchange(t, nil)
	busy := plugIn(t, "busy", func(_ context.Context, in *phone.Incoming) { in.Refuse(486, "Busy Here") })
	var refusal *ring.Refusal
	if _, err := x.board.Ring(t.Context(), busy.Address(), ring.Introduction{Name: "hotline"}); !errors.As(err, &refusal) || refusal.Code != 486 {
		t.Errorf("busy: %v", err)
	}
	if _, err := x.board.Ring(t.Context(), "0612345678", ring.Introduction{Name: "hotline"}); !errors.Is(err, ring.ErrImpossible) {
		t.Errorf("a number without a trunk: %v", err)
	}
	var placed []string
	tell := func(id string) { placed = append(placed, id) }
	nobody := plugIn(t, "nobody", func(ctx context.Context, in *phone.Incoming) { in.Ring(); <-ctx.Done() })
	ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, ring.ErrUnheard)
	defer cancel()
	if _, err := x.board.Ring(ctx, nobody.Address(), ring.Introduction{Name: "hotline", Placed: tell}); !errors.Is(err, ring.ErrUnheard) {
		t.Errorf("nobody picks up: %v", err)
	}
	if len(placed) != 1 || placed[0] == "" {
		t.Errorf("nobody picks up: the Call-IDs are %q", placed)
	}
}

func TestADiskThatIsFullCostsTheMessageAndNotTheCall(t *testing.T) {
	done := make(chan error, 1)
	x := newExchange(t, func(ctx context.Context, l *line.Line) {
		_, err := l.Record(ctx, ivr.RecordRequest{ID: "full"})
		if said := l.Say(ctx, "en", prompts.P("welcome"), false); said != nil {
			err = errors.New("the call ended")
		}
		done <- err
	})
	c, err := plugIn(t, "caller", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Hangup()
	_ = c.Wait(t.Context(), 1500*time.Millisecond)
	if err := c.Press(t.Context(), "#"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("recording on a full disk: %v", err)
	}
}

func TestTheEndingOfACallIsTheConversationsCause(t *testing.T) {
	ended := make(chan error, 1)
	x := newExchange(t, func(ctx context.Context, l *line.Line) {
		_, err := l.Key(ctx, time.Minute)
		ended <- err
	})
	c, err := plugIn(t, "caller", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	c.Hangup()
	if err := <-ended; !errors.Is(err, ivr.ErrHungUp) {
		t.Errorf("after the caller's BYE the conversation hears %v", err)
	}
}

func TestAPanicInAConversationEndsItsCallAndNoOther(t *testing.T) {
	x := newExchange(t, func(ctx context.Context, l *line.Line) {
		if l.Caller().Number == "bad" {
			panic("a fault of the conversation")
		}
		for l.Say(ctx, "en", prompts.P("welcome"), false) == nil { // a telephone that stands still misses the first
		}
	})
	bad, err := plugIn(t, "bad", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-bad.Context().Done():
	case <-time.After(30 * time.Second):
		t.Error("the call of the panic goes on")
	}
	bad.Hangup()
	good, err := plugIn(t, "good", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	defer good.Hangup()
	best := 0.0
	for end := time.Now().Add(30 * time.Second); best < 0.9; best, _ = likeness.Correlate(good.Heard(), mediatest.Tone(400, 3000)) {
		if err := good.Wait(t.Context(), 500*time.Millisecond); err != nil || time.Now().After(end) {
			t.Fatalf("after a panic the next caller hears the welcome with %.2f: %v", best, err)
		}
	}
}
