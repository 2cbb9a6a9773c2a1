package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hotline/cdr"
	"hotline/oncall/ring"
	"hotline/prompts"
)

// street is the telephones of a night. Each is rung by its own dice, so that the order in which others are rung changes nothing of
// what it does. Safe for concurrent use.
type street struct {
	night *randomNight
	mu    sync.Mutex
	does  map[string]habit
	dice  map[string]*rand.Rand
	open  map[*nightLeg]bool // picked up and not hung up
	rings int                // telephones that ring now
	legs  int
}

func newStreet(n *randomNight) *street {
	return &street{night: n, does: map[string]habit{}, dice: map[string]*rand.Rand{}, open: map[*nightLeg]bool{}}
}

// between draws a span from the dice of one telephone.
func (s *street) between(phone string, least, most time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.dice[phone]
	if d == nil {
		d = s.night.diceOf(phone)
		s.dice[phone] = d
	}
	return least + time.Duration(d.Int64N(int64(most-least)+1))
}

// passes is how long a message takes to a telephone: no two of them end a call at the same instant.
func (s *street) passes(phone string) {
	lets(context.Background(), s.between(phone, time.Millisecond, 30*time.Millisecond))
}

// Ring implements ring.Telephones.
func (s *street) Ring(ctx context.Context, address string, _ ring.Introduction) (ring.Telephone, error) {
	s.mu.Lock()
	s.rings++
	does, known := s.does[address]
	if !known { // the customer's own
		does = isCustomer
	}
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.rings--; s.mu.Unlock() }()
	s.night.say("%s rings", address)
	cancelled := func() error {
		s.passes(address)
		s.night.say("%s is not rung any more", address)
		return context.Cause(ctx)
	}
	fails := func(after time.Duration, err error) error {
		if !lets(ctx, after) {
			return cancelled()
		}
		s.night.say("%s: %v", address, err)
		return err
	}
	switch does {
	case isBusy:
		return nil, fails(s.between(address, 200*time.Millisecond, 2*time.Second), &ring.Refusal{Code: 486, Reason: "Busy Here"})
	case isDead:
		return nil, fails(s.between(address, 4*time.Second, 4030*time.Millisecond), ring.ErrDead)
	case isSilent:
		return nil, fails(time.Hour, ring.ErrUnheard)
	}
	picks := s.between(address, time.Second, 6*time.Second)
	if does == isSlow {
		picks = s.between(address, 8*time.Second, 18*time.Second)
	}
	if !lets(ctx, picks) {
		return nil, cancelled()
	}
	return s.pickUp(address, does), nil
}

func (s *street) pickUp(address string, does habit) *nightLeg {
	leg := &nightLeg{street: s, address: address, does: does, keys: make(chan byte, 32), asked: make(chan string, 4), air: attention{since: time.Now()}}
	leg.ctx, leg.end = context.WithCancelCause(context.Background())
	s.mu.Lock()
	s.legs++
	leg.id = fmt.Sprintf("%s#%d", address, s.legs)
	s.open[leg] = true
	s.mu.Unlock()
	s.night.say("%s picks up", address)
	leg.acts.Go(leg.act)
	return leg
}

// leftOver tells what still rings or is open.
func (s *street) leftOver() (rings int, legs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.open {
		legs = append(legs, l.id)
	}
	slices.Sort(legs)
	return s.rings, legs
}

// How a leg ended.
var (
	errBye  = errors.New("somebody put the receiver down")
	errCut  = errors.New("the line is cut")
	errOurs = errors.New("hung up by us")
)

// nightLeg is one picked-up telephone.
type nightLeg struct {
	street  *street
	id      string
	address string
	does    habit
	ctx     context.Context
	end     context.CancelCauseFunc
	keys    chan byte
	acts    sync.WaitGroup
	once    sync.Once
	ahead   []byte
	took    byte         // the last key that was asked for
	asked   chan string  // for codes
	other   atomic.Int64 // sentences that ask for no code
	code    string       // that was asked for last
	last    string       // the last two keys
	mute    bool         // nothing comes from it any more
	air     attention
}

func (l *nightLeg) ID() string               { return l.id }
func (l *nightLeg) Context() context.Context { return l.ctx }
func (l *nightLeg) HungUp() bool             { return errors.Is(context.Cause(l.ctx), errBye) }
func (l *nightLeg) KeysInSound() bool        { return l.does == isInBand || l.does == isMachine }
func (l *nightLeg) SilentFor() time.Duration {
	if l.mute {
		return time.Minute
	}
	return 0
}
func (l *nightLeg) Quality() cdr.Quality { return cdr.Quality{PacketsIn: 1000} }

func (l *nightLeg) Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error {
	if bargeIn && len(l.ahead) > 0 {
		return nil
	}
	defer l.air.holds()()
	text, lasts := l.street.night.sentence(lang, p)
	if len(p) == 1 && p[0].Kind == prompts.Spelled && l.KeysInSound() {
		text, lasts, l.code = "a code", 800*time.Millisecond, p[0].Text
		l.asked <- l.code
	} else {
		l.other.Add(1)
	}
	l.street.night.say("%s hears %s", l.address, text)
	keys := l.keys
	if !bargeIn {
		keys = nil
	}
	over := time.NewTimer(lasts)
	defer over.Stop()
	select {
	case <-over.C:
		return nil
	case k := <-keys:
		l.ahead = append(l.ahead, k)
		return nil
	case <-l.ctx.Done():
		return context.Cause(l.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *nightLeg) Key(ctx context.Context, wait time.Duration) (byte, error) {
	defer l.air.holds()()
	if len(l.ahead) > 0 {
		defer func() { l.ahead = l.ahead[1:] }()
		return l.takes(l.ahead[0])
	}
	over := time.NewTimer(wait)
	defer over.Stop()
	select {
	case k := <-l.keys:
		return l.takes(k)
	case <-over.C:
		return 0, ring.ErrNoKey
	case <-l.ctx.Done():
		return 0, context.Cause(l.ctx)
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (l *nightLeg) Replay(ctx context.Context, _ string) error {
	defer l.air.holds()()
	lets(ctx, 3*time.Second)
	return context.Cause(ctx)
}

func (l *nightLeg) Music(context.Context) (stop func()) { return l.air.holds() }

// Listen tells of a mailbox by its greeting and its beep.
func (l *nightLeg) Listen(hear func(ring.Sign)) (stop func()) {
	ctx, cancel := context.WithCancel(l.ctx)
	var hears sync.WaitGroup
	if l.does == isMailbox {
		speaks := l.street.between(l.address, 4*time.Second, 9*time.Second)
		hears.Go(func() {
			if lets(ctx, 3*time.Second) {
				hear(ring.Greeting)
			}
			if lets(ctx, speaks-2*time.Second) {
				hear(ring.Beep)
			}
		})
	}
	return func() { cancel(); hears.Wait() }
}

// Join lets the two talk as long as the habit says.
func (l *nightLeg) Join(ctx context.Context, call string, j ring.Joining) error {
	n := l.street.night
	defer l.air.holds()()
	if !l.accepted() || l.does == isMachine {
		n.fault("%s is joined without a key", l.id)
	}
	if !strings.Contains(call, "#") { // a caller, and no customer who was called back
		defer n.joined(call, l.address)()
	}
	n.say("%s talks to %s", l.address, call)
	lasts := l.street.between(l.address, 20*time.Second, 90*time.Second)
	switch l.does {
	case isLost:
		lasts = l.street.between(l.address, time.Second, 30*time.Second)
	case regretsIt:
		lasts = l.street.between(l.address, 200*time.Millisecond, 4*time.Second)
	}
	var star <-chan time.Time
	if j.Menu && !l.KeysInSound() && n.menusLeft.Add(-1) >= 0 {
		menu := time.NewTimer(l.street.between(l.address, time.Second, time.Minute))
		defer menu.Stop()
		star = menu.C
	}
	over, talk := time.NewTimer(lasts), time.NewTimer(j.Talk)
	defer over.Stop()
	defer talk.Stop()
	for {
		select {
		case <-star:
			n.say("%s opens the menu", l.address)
			return ring.ErrMenu
		case <-talk.C:
			n.talked(call)
			j.Talked()
		case <-over.C:
			if l.does == isLost {
				l.mute = true
				lets(ctx, j.Silence)
				l.end(errCut)
				return ring.ErrSilent
			}
			l.end(errBye)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (l *nightLeg) Hangup() {
	l.once.Do(func() {
		l.air.ends()
		l.end(errOurs)
		l.acts.Wait()
		l.street.passes(l.address)
		if nothing := l.air.nothing(); nothing > 32*time.Second && l.does != isCustomer { // who was called back is joined to the engineer's leg
			l.street.night.fault("%s was left over for %s", l.id, nothing)
		}
		l.street.mu.Lock()
		delete(l.street.open, l)
		l.street.mu.Unlock()
		l.street.night.say("%s is hung up", l.address)
	})
}

// lets waits; false when ctx ended first.
func lets(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
