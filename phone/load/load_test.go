package load_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/media/mediatest"
	"hotline/phone/load"
	"hotline/sip"
)

var here = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// line is a small line on real sockets that plays to its callers and records them.
type line struct {
	agent  *sip.Agent
	engine *media.Engine
	menu   media.Sound

	mu    sync.Mutex
	tapes []*tape
}

// tape keeps one recording.
type tape struct{ octets []byte }

func (t *tape) open(g711.Codec) (io.WriteCloser, error) { return t, nil }

func (t *tape) Write(octets []byte) (int, error) {
	t.octets = append(t.octets, octets...)
	return len(octets), nil
}

func (t *tape) Close() error { return nil }

func newLine(t *testing.T, most int) *line {
	t.Helper()
	pcm := make([]int16, 16000)
	for i := range pcm {
		pcm[i] = int16(i%89*100 - 4000)
	}
	l := &line{menu: media.NewSound(pcm)}
	l.engine = mediatest.Start(t, media.Config{Bind: []netip.Addr{here}})
	var err error
	l.agent, err = sip.New(sip.Config{Listen: []netip.AddrPort{netip.AddrPortFrom(here, 0)}, AcceptAnyone: true, MaxCalls: most, Handle: l.answer})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.agent.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.stop)
	return l
}

func (l *line) stop() {
	_ = l.agent.Stop(context.Background())
	l.engine.Stop()
}

func (l *line) answer(ctx context.Context, in *sip.Invite) {
	leg, answer, err := l.engine.Answer(in.Offer, media.Peer{Local: in.Local.Addr(), Remote: in.Source.Addr()})
	if err != nil {
		_ = in.Refuse(488, "Not Acceptable Here")
		return
	}
	defer leg.Close()
	if _, err := in.Answer(ctx, answer, sip.OnActivity(leg.Activity)); err != nil {
		return
	}
	kept := &tape{}
	recording, err := leg.Record(kept.open, media.RecordOptions{})
	if err != nil {
		return
	}
	for err == nil {
		if err = leg.Play(in.Context(), l.menu, media.PlayOptions{BargeIn: true, Loop: true}); errors.Is(err, media.ErrBargeIn) {
			_, err = leg.Key(in.Context())
		}
	}
	_, _ = recording.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tapes = append(l.tapes, kept)
}

func crowd(t *testing.T, l *line, voice []byte) *load.Crowd {
	t.Helper()
	k, err := load.New(load.Config{Server: l.agent.Addresses()[0], Voice: voice})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// hour bounds a wait that a busy machine may stretch.
const hour = 2 * time.Minute

// until lets the crowd go on until something is so.
func until(t *testing.T, k *load.Crowd, what string, is func() bool) {
	t.Helper()
	if err := k.RunUntil(t.Context(), hour, is); err != nil {
		t.Fatal(err)
	}
	if !is() {
		t.Fatalf("waited in vain until %s", what)
	}
}

// upTo lets the crowd go on until so much is measured, and gives what is.
func upTo(t *testing.T, k *load.Crowd, m *load.Span, what string, is func(load.Result) bool) (r load.Result) {
	t.Helper()
	until(t, k, what, func() bool {
		var err error
		if r, err = m.End(); err != nil {
			t.Fatal(err)
		}
		return is(r)
	})
	return r
}

func TestACrowdIsAnsweredHeardAndRecordedSampleForSample(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		l := newLine(t, 0)
		voice := make([]byte, 7*160)
		for i := range voice {
			voice[i] = byte(0x40 ^ i*37 ^ i>>3)
		}
		k := crowd(t, l, voice)
		const calls = 20
		k.Dial(calls, 200, load.Plan{Number: "1", Secure: secure})
		until(t, k, "everybody is up", func() bool { return k.Up() == calls })
		m, err := k.Measure(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		r := upTo(t, k, m, "so much sound has come", func(r load.Result) bool { return r.Packets >= calls*75 })
		if r.Lost > 0 || r.Broken > 0 || r.Up != calls {
			t.Errorf("encrypted %v: %d packets of %d calls, %d lost, %d broken", secure, r.Packets, r.Up, r.Lost, r.Broken)
		}
		k.HangUp(500)
		until(t, k, "everybody has hung up", func() bool { return k.Alive() == 0 })
		l.stop()
		whole := bytes.Repeat(voice, 3)
		if len(l.tapes) != calls {
			t.Fatalf("%d calls were recorded", len(l.tapes))
		}
		for i, kept := range l.tapes {
			frames, all := said(kept.octets, 160, whole)
			rounds, _ := said(kept.octets, len(voice), whole)
			if rounds == 0 || frames < all/2 { // whoever stands still says nothing meanwhile
				t.Errorf("encrypted %v, call %d: what it said is %d times in its recording, and in %d of %d frames", secure, i, rounds, frames, all)
			}
		}
	}
}

// said counts the parts of a recording, and those that were said.
func said(recording []byte, size int, whole []byte) (there, all int) {
	for part := range slices.Chunk(recording, size) {
		if all++; len(part) == size && bytes.Contains(whole, part) {
			there++
		}
	}
	return there, all
}

func TestKeysOfACrowdAreAnswered(t *testing.T) {
	t.Parallel()
	l := newLine(t, 0)
	k := crowd(t, l, nil)
	k.Dial(5, 200, load.Plan{Number: "1", Keys: func(n int) string { return ",5" }})
	until(t, k, "everybody is up", func() bool { return k.Up() == 5 })
	m, err := k.Measure(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := upTo(t, k, m, "all have pressed and heard", func(r load.Result) bool { return r.Keys >= 5 && r.Reaction.Count >= 5 })
	if r.Keys != 5 || r.Reaction.Count != 5 {
		t.Errorf("%d keys, %d answers to them", r.Keys, r.Reaction.Count)
	}
}

func TestOfTwiceAsManyCallsAsALineTakesHalfAreToldToComeLater(t *testing.T) {
	t.Parallel()
	l := newLine(t, 10)
	k := crowd(t, l, nil)
	m, err := k.Measure(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	k.Dial(20, 200, load.Plan{Number: "1"})
	until(t, k, "everybody has an answer", func() bool { return k.Alive() == 10 && k.Up() == 10 })
	if err := k.Run(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	r, err := m.End()
	if err != nil {
		t.Fatal(err)
	}
	if r.Up != 10 || r.Refused[503] != 10 || r.RetryAfter != 10 || r.Unanswered != 0 || r.Lost != 0 {
		t.Errorf("%d up, refused %v, %d of them told when to come again, %d unanswered, %d packets lost", r.Up, r.Refused, r.RetryAfter, r.Unanswered, r.Lost)
	}
}

func TestCallsThatComeAndGoKeepTheirNumber(t *testing.T) {
	t.Parallel()
	l := newLine(t, 0)
	k := crowd(t, l, nil)
	m, err := k.Measure(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	k.Dial(8, 200, load.Plan{Number: "1", Hold: 200 * time.Millisecond, Redial: true})
	upTo(t, k, m, "each has come twice", func(r load.Result) bool { return r.Completed >= 16 })
	if k.Alive() < 7 || k.Alive() > 8 {
		t.Errorf("%d are alive", k.Alive())
	}
}
