// Package line is one telephone line alive: signalling and sound made into what a conversation needs.
//
// A [Switchboard] owns the SIP agent and the media engine of the process. A call that comes in is answered and becomes a [Line],
// which is an ivr.Call. The owner's conversation gets it in a goroutine of its own. A call that goes out becomes a [Telephone].
// Both end as contexts whose cause is the ending.
//
// Goroutines: beside the conversations, one while music plays and one when a dialog or a sound ends by itself. The call's
// handler waits for both.
package line

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/media/sdp"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sip"
)

// Spool keeps recordings. Safe for concurrent use.
type Spool interface {
	// Create begins a recording in a codec. Write appends octets of the codec, and Close makes the recording whole.
	Create(id string, c g711.Codec) (io.WriteCloser, error)
	// CreateTwo is Create for a recording of two channels: Write takes an octet of each by turns.
	CreateTwo(id string, c g711.Codec) (io.WriteCloser, error)
	// Remove deletes a recording that nobody keeps.
	Remove(id string) error
	// Octets reads a recording back, also one that is still being written.
	Octets(id string) (c g711.Codec, octets []byte, err error)
	// Sum is the SHA-256 of a whole recording, in hexadecimal.
	Sum(id string) (string, error)
}

// Voices are ready sounds. Safe for concurrent use.
type Voices interface {
	// Sound is a phrase as it is heard; what has no sound is left out.
	Sound(lang prompts.Language, p prompts.Phrase) media.Sound
	// Music is what those on hold hear, again and again.
	Music() media.Sound
}

// Config is what a [Switchboard] works with.
type Config struct {
	SIP    sip.Config // Handle is set by New
	Media  media.Config
	Voices Voices
	Spool  Spool
	// E164 is the one spelling in which a telephone number is known inside; nil: as it came.
	E164 func(number string) string
	// Converse is the conversation of one call. It blocks until the conversation is over; ctx ends with the call and
	// its cause is the ending. When it returns, the call is hung up. A panic in it ends the call, nothing else.
	Converse func(ctx context.Context, l *Line)
	// Routes gives the ways to dial a telephone (a number or a SIP address), in the order to try them. nil: SIP addresses are
	// dialled as they stand, and numbers cannot be dialled.
	Routes func(telephone string, as ring.Introduction) ([]Route, error)
	// Said hears what is said on which line ("caller", or the address of an engineer's telephone); nil for nobody.
	Said func(to string, lang prompts.Language, p prompts.Phrase)
	// Encryption is how the sound of a trunk's calls is encrypted, "" being no trunk; nil means plain.
	Encryption func(trunk string) sdp.Encryption
	// Networks are where a trunk's sound may come from beside what its descriptions say; nil means nowhere.
	Networks func(trunk string) []netip.Prefix
	// Ended hears how the sound of each leg came over, once it is over; nil for nobody.
	Ended func(media.LegStats)
	// Reported hears of each report of RTCP by its leg's Call-ID, from the goroutine that moves the sound: it must not block. Nil for nobody.
	Reported func(sipID string, r media.Report)
	// Answered hears how long an answer took, from the INVITE; Refused of each INVITE that was not answered. Nil for nobody.
	Answered func(after time.Duration)
	Refused  func()
	Log      *slog.Logger // nil means silence
}

// Route is one way to a telephone: its SIP address, and the trunk that leads there; empty for a telephone of the house.
type Route struct{ Address, Trunk string }

// Switchboard is all lines of one process. Safe for concurrent use.
type Switchboard struct {
	cfg    Config
	agent  *sip.Agent
	engine *media.Engine

	overload  overload
	strangers atomic.Int64 // whose calls are answered or being answered

	mu   sync.Mutex
	legs map[string]*leg // alive, by id
}

// New checks the configuration and opens nothing.
func New(c Config) (*Switchboard, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Answered == nil {
		c.Answered = func(time.Duration) {}
	}
	if c.Encryption == nil {
		c.Encryption = func(string) sdp.Encryption { return sdp.Plain }
	}
	if c.E164 == nil {
		c.E164 = func(number string) string { return number }
	}
	if c.Networks == nil {
		c.Networks = func(string) []netip.Prefix { return nil }
	}
	if c.Ended == nil {
		c.Ended = func(media.LegStats) {}
	}
	if c.Refused == nil {
		c.Refused = func() {}
	}
	s := &Switchboard{cfg: c, legs: map[string]*leg{}}
	c.SIP.Handle, c.SIP.Overloaded = s.handle, s.overloaded
	var err error
	if s.agent, err = sip.New(c.SIP); err != nil {
		return nil, err
	}
	if s.engine, err = media.New(c.Media); err != nil {
		return nil, err
	}
	return s, nil
}

// Start opens the sockets and takes calls. After an error nothing is left open.
func (s *Switchboard) Start(ctx context.Context) error {
	if err := s.engine.Start(ctx); err != nil {
		return fmt.Errorf("starting media: %w", err)
	}
	if err := s.agent.Start(ctx); err != nil {
		s.engine.Stop()
		return fmt.Errorf("opening the telephone line: %w", err)
	}
	s.overload.start(func() int { return s.engine.Stats().Legs })
	return nil
}

// Agent is the signalling, for its bound addresses and its count of calls.
func (s *Switchboard) Agent() *sip.Agent { return s.agent }

// Engine is the sound, for its statistics.
func (s *Switchboard) Engine() *media.Engine { return s.engine }

// Drain refuses new calls and waits for those alive, until ctx ends.
func (s *Switchboard) Drain(ctx context.Context) error { return s.agent.Drain(ctx) }

// Stop hangs up every call, waits for the conversations and closes the sockets.
func (s *Switchboard) Stop(ctx context.Context) error {
	err := s.agent.Stop(ctx)
	s.engine.Stop()
	s.overload.close()
	return err
}

// handle answers one call and runs its conversation.
func (s *Switchboard) handle(ctx context.Context, in *sip.Invite) {
	if in.Stranger {
		s.strangers.Add(1)
		defer s.strangers.Add(-1)
	}
	began := time.Now()
	l, err := s.answer(ctx, in)
	if err != nil {
		s.refused(in, err)
		return
	}
	s.cfg.Answered(time.Since(began))
	defer l.close("the conversation is over")
	s.cfg.Converse(l.ctx, l)
}

func (s *Switchboard) answer(ctx context.Context, in *sip.Invite) (*Line, error) {
	peer := media.Peer{Local: in.Local.Addr(), Remote: in.Source.Addr(), Encryption: s.cfg.Encryption(in.Trunk), Unverified: in.Stranger, Networks: s.cfg.Networks(in.Trunk)}
	var sound *media.Leg
	var body []byte
	var err error
	if in.Offer != nil {
		sound, body, err = s.engine.Answer(in.Offer, peer)
	} else {
		sound, body, err = s.engine.Offer(peer)
	}
	if err != nil {
		return nil, err
	}
	d, err := in.Answer(ctx, body, sip.OnReinvite(reoffer(sound, in.Trunk)), sip.OnAnswer(sound.Accept), sip.OnActivity(sound.Activity), sip.OnInfo(pressInfo(sound)))
	if err != nil {
		_ = sound.Close()
		return nil, err
	}
	l := newLine(s, in)
	s.connect(&l.leg, d, sound)
	if in.Offer == nil {
		l.acceptDelayed(d)
	}
	return l, nil
}

// acceptDelayed waits for the answer that comes with the ACK of a call without an offer (RFC 3264 section 5).
func (l *Line) acceptDelayed(d *sip.Dialog) {
	select {
	case err := <-d.Answered():
		if err != nil {
			l.board.cfg.Log.Info("delayed offer answered badly", "call", d.ID(), "error", err)
			l.end(errLineLost, "no common codec")
		}
	case <-l.ctx.Done():
	}
}

func (s *Switchboard) leg(id string) (*leg, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.legs[id]
	return l, ok
}
