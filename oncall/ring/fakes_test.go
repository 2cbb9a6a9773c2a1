package ring_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/ring"
	"hotline/oncall/ring/recorded"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

var (
	errCallerHungUp = errors.New("caller hung up")
	errFarEnd       = errors.New("the other side hung up")
	errLost         = fmt.Errorf("the line broke: %w", ring.ErrLineLost)
)

// script is what a fake telephone does.
type script struct {
	err     error           // Ring fails with it, after delay
	delay   time.Duration   // before pick-up or failure
	keys    string          // pressed one by one
	after   time.Duration   // from pick-up to the first key
	between time.Duration   // between keys
	hangsUp time.Duration   // after pick-up, before anything else; 0: never
	breaks  bool            // that is no BYE but the loss of the line
	fades   time.Duration   // after pick-up nothing comes any more, and no BYE; 0: never
	talk    time.Duration   // after the join the engineer hangs up; 0: never
	silent  time.Duration   // after the join no packet comes any more
	drops   time.Duration   // after the join the leg is lost, without a BYE
	stars   []time.Duration // so long after each join the key for the menu is pressed
	mute    bool            // the other side is never heard
	greets  time.Duration   // after pick-up somebody has spoken on and on; 0: never
	beeps   time.Duration   // after pick-up a mailbox has beeped; 0: never
	inSound bool            // its keys come as tones
	unheard bool            // its keys come as tones, and none counts before the first question, as on the line
	other7  time.Duration   // after the join the other side refuses the recording by key; 0: never
	code    string          // pressed when the code is asked for; "right" for the code and what follows in haste, "late" for it at the second time
}

// night is a street of fake telephones and everything that was heard and written down.
type night struct {
	mu       sync.Mutex
	phones   map[string][]script // one script a call; the last one stays
	log      []string
	began    time.Time
	attempts []oncall.Attempt
	others   []oncall.Engineer // not on duty, or on duty too
	plan     *escalation.Plan
	planErr  error
	legs     []cdr.Leg
	notes    []ring.Event
	open     int // legs picked up and not hung up
	ringing  map[string]bool
}

func newNight(phones map[string][]script, attempts ...oncall.Attempt) *night {
	return &night{phones: phones, attempts: attempts, began: time.Now(), ringing: map[string]bool{}}
}

func (n *night) say(format string, a ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, fmt.Sprintf("%6.1fs ", time.Since(n.began).Seconds())+fmt.Sprintf(format, a...))
}

// Plan is the one that was given, else every attempt one after the other, twice.
func (n *night) Plan(_ context.Context, _ time.Time, t tickets.Ticket) (escalation.Plan, error) {
	if n.plan != nil {
		return *n.plan, n.planErr
	}
	p := escalation.Plan{Rounds: 2, Gap: len(n.attempts) == 0}
	if list := oncall.First(n.attempts, n.others, oncall.EngineerID(t.Assignee)); len(list) > 0 {
		p.Steps = []escalation.Group{{Ring: 20 * time.Second, SkipTalking: true, Attempts: list}}
	}
	return p, n.planErr
}

func (n *night) Note(ctx context.Context, e ring.Event) {
	if ctx.Err() != nil {
		n.say("written with a dead context")
	}
	n.say("book: %s %s %s", e.Kind, e.Engineer, e.Text)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notes = append(n.notes, e)
}

func (n *night) Leg(_ context.Context, call string, l cdr.Leg) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.legs = append(n.legs, l)
}

// Ring follows the script of the address.
func (n *night) Ring(ctx context.Context, address string, as ring.Introduction) (ring.Telephone, error) {
	as.Placed("sip of " + address)
	n.mu.Lock()
	list := n.phones[address]
	if len(list) == 0 {
		n.mu.Unlock()
		return nil, ring.ErrDead
	}
	if n.ringing[address] {
		n.mu.Unlock()
		n.say("%s is rung twice at once", address)
		return nil, errors.New("rung twice at once")
	}
	n.ringing[address] = true
	s := list[0]
	if len(list) > 1 {
		n.phones[address] = list[1:]
	}
	n.mu.Unlock()
	defer func() { n.mu.Lock(); delete(n.ringing, address); n.mu.Unlock() }()
	n.say("%s rings", address)
	if !pass(ctx, s.delay) {
		n.say("%s: CANCEL", address)
		return nil, context.Cause(ctx)
	}
	if s.err != nil {
		return nil, s.err
	}
	return n.pickUp(address, s), nil
}

func pass(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (n *night) pickUp(address string, s script) *phone {
	ctx, end := context.WithCancelCause(context.Background())
	p := &phone{night: n, address: address, script: s, ctx: ctx, end: end, picked: time.Now(), keys: make(chan byte, 16)}
	n.mu.Lock()
	n.open++
	n.mu.Unlock()
	n.say("%s picks up", address)
	p.wg.Go(func() {
		wait := s.after
		for _, k := range []byte(s.keys) {
			if !pass(ctx, wait) {
				return
			}
			p.press(k)
			wait = s.between
		}
	})
	if s.hangsUp > 0 {
		p.wg.Go(func() {
			cause := errFarEnd
			if s.breaks {
				cause = errLost
			}
			if pass(ctx, s.hangsUp) {
				end(cause)
			}
		})
	}
	return p
}

// phone is one picked-up leg.
type phone struct {
	night   *night
	address string
	script  script
	ctx     context.Context
	end     context.CancelCauseFunc
	picked  time.Time
	keys    chan byte
	listens atomic.Bool // a question was asked
	wg      sync.WaitGroup
	once    sync.Once
	ahead   []byte
	asked   int // for the code
}

func (p *phone) ID() string               { return p.address }
func (p *phone) Context() context.Context { return p.ctx }

func length(p prompts.Phrase) time.Duration { return time.Duration(len(p)) * time.Second }

func words(p prompts.Phrase) string {
	var w []string
	for _, i := range p {
		w = append(w, strings.TrimSpace(string(i.ID)+i.Text))
	}
	return strings.Join(w, " ")
}

func (p *phone) Music(context.Context) (stop func()) {
	p.night.say("%s hears music", p.address)
	return func() { p.night.say("%s: the music ends", p.address) }
}

func (p *phone) Say(ctx context.Context, _ prompts.Language, ph prompts.Phrase, bargeIn bool) error {
	p.night.say("%s hears %s", p.address, words(ph))
	t := time.NewTimer(length(ph))
	defer t.Stop()
	p.enter(ph)
	keys := p.keys
	if !bargeIn {
		keys = nil
	} else if len(p.ahead) > 0 {
		return nil
	}
	select {
	case <-t.C:
		return nil
	case k := <-keys:
		p.ahead = append(p.ahead, k)
		return nil
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *phone) press(k byte) {
	if p.script.unheard && !p.listens.Load() {
		return
	}
	select {
	case p.keys <- k:
	case <-p.ctx.Done():
	}
}

func (p *phone) KeysInSound() bool { return p.script.inSound }

// enter presses what the script says when it is asked for the code, as soon as the code has been said.
func (p *phone) enter(asked prompts.Phrase) {
	if len(asked) == 0 || asked[0].Kind != prompts.Spelled || p.script.code == "" {
		return
	}
	p.asked++
	keys, apart := p.script.code, time.Second
	more, right := strings.CutPrefix(keys, "right")
	switch {
	case keys == "late" && p.asked == 1:
		keys = "00"
	case keys == "late":
		keys = asked[0].Text
	case right:
		keys = asked[0].Text + more
	}
	if more != "" && right {
		apart = 200 * time.Millisecond
	}
	p.wg.Go(func() {
		for _, k := range []byte(keys) {
			if !pass(p.ctx, apart) {
				return
			}
			p.press(k)
		}
	})
}

func (p *phone) Key(ctx context.Context, wait time.Duration) (byte, error) {
	p.listens.Store(true)
	if len(p.ahead) > 0 {
		k := p.ahead[0]
		p.ahead = p.ahead[1:]
		return k, nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case k := <-p.keys:
		return k, nil
	case <-t.C:
		return 0, ring.ErrNoKey
	case <-p.ctx.Done():
		return 0, context.Cause(p.ctx)
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (p *phone) Replay(ctx context.Context, id string) error {
	p.night.say("%s hears recording %s", p.address, id)
	if !pass(ctx, 5*time.Second) {
		return context.Cause(ctx)
	}
	return nil
}

func (p *phone) HungUp() bool { return errors.Is(context.Cause(p.ctx), errFarEnd) }

func (p *phone) SilentFor() time.Duration {
	if p.script.fades == 0 {
		return 0
	}
	return max(0, time.Since(p.picked)-p.script.fades)
}

func (p *phone) Join(ctx context.Context, call string, j ring.Joining) error {
	p.night.say("%s joined to %s", p.address, call)
	var keys chan byte
	var other7 <-chan time.Time
	if j.Recording.Runs() {
		p.night.say("%s and %s are recorded", p.address, call)
		j.Recording.Recording(func() recorded.Recording { return &talkRecording{night: p.night} })
		keys, other7 = p.keys, wake(p.script.other7)
	}
	talk, drops, proven := wake(p.script.talk), wake(p.script.drops), wake(j.Talk)
	var silent <-chan time.Time
	if p.script.silent > 0 {
		silent = time.After(p.script.silent + j.Silence)
	}
	if p.script.mute {
		proven = nil
	}
	var star <-chan time.Time
	if len(p.script.stars) > 0 && j.Menu {
		star, p.script.stars = wake(p.script.stars[0]), p.script.stars[1:]
	}
	for {
		select {
		case <-star:
			return ring.ErrMenu
		case k := <-keys:
			if k == recorded.Key {
				j.Refuses(true)
			}
		case <-other7:
			j.Refuses(false)
		case <-proven:
			j.Talked()
			proven = nil
		case <-talk:
			p.end(errFarEnd)
			return nil
		case <-drops:
			p.end(errLost)
			return ring.ErrSilent
		case <-silent:
			return ring.ErrSilent
		case <-p.ctx.Done():
			if !p.HungUp() {
				return ring.ErrSilent
			}
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (p *phone) Listen(hear func(ring.Sign)) (stop func()) {
	ctx, cancel := context.WithCancel(p.ctx)
	var wg sync.WaitGroup
	for sign, after := range map[ring.Sign]time.Duration{ring.Greeting: p.script.greets, ring.Beep: p.script.beeps} {
		wg.Go(func() {
			if after > 0 && pass(ctx, after) {
				hear(sign)
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func (p *phone) Quality() cdr.Quality { return cdr.Quality{} }

func (p *phone) Hangup() {
	p.once.Do(func() {
		p.end(errors.New("we hung up"))
		p.wg.Wait()
		p.night.mu.Lock()
		p.night.open--
		p.night.mu.Unlock()
		p.night.say("%s hung up", p.address)
	})
}

var rossi = tickets.Ticket{
	Number: 417, Reporter: tickets.Reporter{Name: "Rossi S.p.A.", Caller: "+39051"},
	Classification: tickets.Classification{Claim: sla.Blocking}, Commitment: tickets.Commitment{Level: sla.Extended},
	Recordings: []tickets.Recording{{ID: "r1"}},
}

var (
	anna  = oncall.Attempt{Engineer: "anna", Name: "Anna", Level: 1, Phone: "sip:anna", Language: "it"}
	marco = oncall.Attempt{Engineer: "marco", Name: "Marco", Level: 1, Phone: "sip:marco", Language: "it"}
)

func (n *night) search() *ring.Search {
	return ring.New(ring.Config{Telephones: n, Duty: n, Book: n})
}

func (n *night) find(ctx context.Context) (ring.Outcome, error) {
	return n.search().Find(ctx, ring.Request{
		Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, CallBack: "sip:customer",
	})
}

func (n *night) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.log, "\n")
}

// happened demands lines that contain each of the words, in this order.
func (n *night) happened(t *testing.T, lines ...string) {
	t.Helper()
	rest := n.text()
	for _, l := range lines {
		_, after, ok := strings.Cut(rest, l)
		if !ok {
			t.Fatalf("no %q (in this order) in\n%s", l, n.text())
		}
		rest = after
	}
	for _, wrong := range []string{"two at once", "dead context", "rung twice"} {
		if strings.Contains(n.text(), wrong) {
			t.Fatalf("%s:\n%s", wrong, n.text())
		}
	}
	if n.open != 0 {
		t.Fatalf("%d legs left open:\n%s", n.open, n.text())
	}
}

func (n *night) never(t *testing.T, word string) {
	t.Helper()
	if strings.Contains(n.text(), word) {
		t.Fatalf("%q must not happen:\n%s", word, n.text())
	}
}

// contextWithHangUp is a caller's context and how the caller hangs up.
func contextWithHangUp(t *testing.T) (ctx context.Context, hangUp func()) {
	ctx, end := context.WithCancelCause(t.Context())
	return ctx, func() { end(errCallerHungUp) }
}
