package dispatch_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/admin/metrics"
	"hotline/alarm"
	"hotline/callhandler"
	"hotline/cdr"
	"hotline/directory"
	"hotline/dispatch"
	"hotline/ivr"
	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/escalation"
	"hotline/prompts"
	"hotline/prove"
	"hotline/sla"
	"hotline/tickets"
)

// nightsOfATest is how many random nights are lived through when nobody asks for more; `make prove` asks for 1,000.
const nightsOfATest = 50

// randomNight is the flow, the desk, the rota and the search as they ship, between callers and telephones that are dice: no wire and
// no sound, so that a night costs milliseconds. It runs in a bubble of virtual time. Safe for concurrent use.
type randomNight struct {
	seed    uint64
	began   time.Time
	store   *memory.Store
	desk    *tickets.Desk
	active  *dispatch.ActiveTickets
	street  *street
	handler *callhandler.Handler
	books   map[prompts.Language]*prompts.Book
	ids     atomic.Int64
	stop    func() // ends the due work, and waits for what is being done

	mu      sync.Mutex
	trace   []string
	wrong   []string
	callers map[string]*nightCaller
	rung    time.Time // the first telephone
	reached time.Time // somebody was joined
	patient bool      // nobody presses the key to be called back
	need    int       // engineers that the policy wants
	menus   bool      // engineers open the menu of a talk, and wish at random

	menusLeft atomic.Int64 // how often they may: a talk to which somebody is always asked would never end
}

// diceOf are the dice of one person or thing of the night.
func (n *randomNight) diceOf(name string) *rand.Rand {
	h := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(name) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return rand.New(rand.NewPCG(n.seed, h))
}

func (n *randomNight) say(format string, a ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trace = append(n.trace, fmt.Sprintf("%9.3f ", time.Since(n.began).Seconds())+fmt.Sprintf(format, a...))
	if strings.HasSuffix(format, " rings") && n.rung.IsZero() {
		n.rung = time.Now()
	}
}

// fault notes what must not happen.
func (n *randomNight) fault(format string, a ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wrong = append(n.wrong, fmt.Sprintf(format, a...))
}

// lines are what happened, in order; what happened at one instant is sorted.
func (n *randomNight) lines() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(slices.Values(n.trace))
}

// sentence is a phrase as text, and how long it sounds: fifteen letters a second.
func (n *randomNight) sentence(lang prompts.Language, p prompts.Phrase) (text string, lasts time.Duration) {
	book := n.books[lang]
	if book == nil {
		book = n.books[prompts.Italian]
	}
	text = book.Text(p)
	if text == "(connected)" {
		return text, 80 * time.Millisecond
	}
	return text, time.Duration(len(text)) * time.Second / 15
}

func (n *randomNight) caller(call string) *nightCaller {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.callers[call]
}

func (n *randomNight) joined(call, with string) (done func()) {
	n.mu.Lock()
	if n.reached.IsZero() {
		n.reached = time.Now()
	}
	n.mu.Unlock()
	return n.caller(call).talk(with)
}

func (n *randomNight) talked(call string) {
	if c := n.caller(call); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.proven = true
	}
}

// quietRecords forgets the records of calls.
type quietRecords struct{}

func (quietRecords) Begin(cdr.Call)                              {}
func (quietRecords) Change(tickets.CallID, func(*cdr.Call)) bool { return true }
func (quietRecords) End(tickets.CallID)                          {}
func (quietRecords) AddLeg(tickets.CallID, cdr.Leg)              {}
func (quietRecords) CallBegan()                                  {}
func (quietRecords) CallEnded(metrics.Result)                    {}
func (quietRecords) Put(string, any) error                       { return nil }
func (quietRecords) Get(string, any) error                       { return os.ErrNotExist }

// newNight is a night with these telephones' habits, each of an engineer of its own, on call in this order.
func newNight(t *testing.T, seed uint64, does []habit, policy *escalation.Policy) *randomNight {
	t.Helper()
	ctx := t.Context()
	n := &randomNight{seed: seed, began: time.Now(), store: memory.New(417), active: &dispatch.ActiveTickets{}, callers: map[string]*nightCaller{}, books: map[prompts.Language]*prompts.Book{}}
	n.street = newStreet(n)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range prompts.Languages() {
		n.books[lang], _ = textsOf(t, lang)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := n.store.PutCalendar(ctx, c)
		must(err)
	}
	for _, l := range sla.DefaultLevels() {
		_, err := n.store.PutLevel(ctx, l)
		must(err)
	}
	_, err := n.store.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi S.p.A.", Numbers: []string{"+390612345"}})
	must(err)
	_, err = n.store.PutContract(ctx, directory.Contract{ID: "rossi", Customer: "rossi", Level: sla.Extended, Language: "it", RemoteAccess: true})
	must(err)
	must(n.store.SetPIN(ctx, "rossi", directory.HashPIN([]byte("key"), "314159")))
	var shifts []oncall.Shift
	for i, d := range does {
		e := oncall.Engineer{ID: oncall.EngineerID(fmt.Sprint("e", i)), Name: fmt.Sprint("E", i), Phones: []string{fmt.Sprint("sip:e", i)}, Language: "it"}
		n.street.does[e.Phones[0]] = d
		_, err := n.store.PutEngineer(ctx, e)
		must(err)
		shifts = append(shifts, oncall.Shift{Engineer: e.ID, Level: 1 + i/3, Order: i, Day: time.Sunday, Length: 7 * 24 * time.Hour})
	}
	_, err = n.store.PutRota(ctx, oncall.Rota{Zone: "Europe/Rome", Shifts: shifts})
	must(err)
	if policy != nil {
		n.need = policy.Need
		_, err = n.store.PutPolicy(ctx, *policy)
		must(err)
	}
	book, err := directory.ReadBook(ctx, n.store, n.began)
	must(err)
	newID := func() string { return fmt.Sprint("id-", n.ids.Add(1)) }
	n.desk = tickets.NewDesk(tickets.DeskConfig{Store: n.store, Book: book, Numbers: n.store, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: newID, Changed: n.active.Changed})
	log := slog.New(slog.DiscardHandler)
	d := dispatch.New(dispatch.Config{
		Desk: n.desk, Active: n.active, Calls: quietRecords{}, Telephones: n.street, Menu: n, MayDial: func(string) bool { return true }, Spoken: func(s string) string { return s },
		Duty:  duty.New(n.store, quietRecords{}, escalation.Defaults{}, log),
		Alarm: func(alarm.Kind, string) {}, Log: log,
	})
	flow, err := ivr.Default()
	must(err)
	n.handler = callhandler.New(callhandler.Config{
		Desk: n.desk, Dispatch: d, Active: n.active, Records: quietRecords{}, Metrics: quietRecords{}, Flow: func() *ivr.Flow { return flow },
		IVR: ivr.Config{NewID: newID, Alarm: func(alarm.Kind, string) {}, Log: log}, Log: log,
	})
	work, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() {
		_ = n.store.Run(work, func(ctx context.Context, w tickets.Work) error {
			lets(ctx, time.Duration(w.Ticket)*time.Microsecond) // what is due at one instant does not begin at one
			switch w.Kind {
			case tickets.WorkEscalate:
				return d.Escalate(ctx, w)
			case tickets.WorkRing:
				return d.RingForAlarm(ctx, w)
			}
			return nil
		})
	})
	n.stop = sync.OnceFunc(func() { stop(); working.Wait() })
	t.Cleanup(n.stop)
	return n
}

// call has one call: the caller types ahead, and leaves after so long; 0: never.
func (n *randomNight) call(number int, leaves time.Duration) *nightCaller {
	c := newNightCaller(n, number, n.diceOf(fmt.Sprint("caller ", number)))
	if n.patient {
		c.tired = 0
	}
	n.mu.Lock()
	n.callers[string(c.id)] = c
	n.mu.Unlock()
	if leaves > 0 {
		defer time.AfterFunc(leaves, func() {
			n.say("%s leaves", c.id)
			c.leave(ivr.ErrHungUp)
		}).Stop()
	}
	c.press("314159#1")
	n.handler.Handle(c.ctx, c)
	c.leave(errOurs)
	return c
}

// randomPolicy is none for half of the nights, else steps that ring one after the other or all at once.
func randomPolicy(dice *rand.Rand, engineers int) *escalation.Policy {
	if dice.IntN(2) == 0 {
		return nil
	}
	p := &escalation.Policy{ID: "nights", Name: "nights", Rounds: dice.IntN(3)}
	for level := range 1 + dice.IntN(2) {
		s := escalation.Step{Level: level + dice.IntN(2), AtOnce: dice.IntN(2) == 0, Ring: []time.Duration{0, 8 * time.Second, 30 * time.Second}[dice.IntN(3)], SkipTalking: dice.IntN(4) > 0}
		if dice.IntN(3) == 0 {
			s.Engineers = []oncall.EngineerID{oncall.EngineerID(fmt.Sprint("e", dice.IntN(engineers)))}
		}
		p.Steps = append(p.Steps, s)
	}
	if dice.IntN(2) == 0 {
		p.Overflow = []string{"sip:overflow"}
	}
	return p
}

// lived is how a night went.
type lived struct {
	wrong, trace []string
	joined, left int           // callers
	pairs        int           // callers who talked to two engineers at once
	waited       time.Duration // from the first ring to the first join; 0 where nobody was joined
}

// live lives through a random night; where two engineers are wanted, or engineers have the menu of a talk, most of them are well.
func live(t *testing.T, seed uint64, o outOf) (l lived) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		dice := rand.New(rand.NewPCG(seed, 0))
		does := make([]habit, 1+dice.IntN(5))
		for i := range does {
			does[i] = habit(dice.IntN(int(isCustomer)))
		}
		policy := randomPolicy(dice, len(does))
		if o.two || o.menus {
			wantTwo(rand.New(rand.NewPCG(seed, 2)), &policy, &does)
			if !o.two {
				policy.Need = 1
			}
		}
		n := newNight(t, seed, does, policy)
		if n.menus = o.menus; n.menus {
			n.menusLeft.Store(12)
		}
		n.street.does["sip:overflow"] = habit(dice.IntN(int(isCustomer)))
		var calls sync.WaitGroup
		all := make([]*nightCaller, 1+dice.IntN(3))
		for i := range all {
			after, leaves := time.Duration(dice.Int64N(int64(40*time.Second))), time.Duration(0)
			if dice.IntN(2) == 0 {
				leaves = 1 + time.Duration(dice.Int64N(int64(150*time.Second)))
				l.left++
			}
			calls.Go(func() {
				time.Sleep(after)
				all[i] = n.call(i, leaves)
			})
		}
		calls.Wait()
		time.Sleep(20 * time.Minute)
		n.stop()
		for _, c := range all {
			if c.proven {
				l.joined++
			}
			if c.crowd > 1 {
				l.pairs++
			}
			n.judge(t, c)
		}
		if rings, legs := n.street.leftOver(); rings > 0 || len(legs) > 0 {
			n.fault("%d telephones ring on, and left over are %v", rings, legs)
		}
		l.wrong, l.trace = n.wrong, n.lines()
		if !n.reached.IsZero() {
			l.waited = n.reached.Sub(n.rung)
		}
	})
	return l
}

// wordless is how long a caller hears music at most, and no words: twenty seconds, and what a sentence that broke off may take.
const wordless = 21 * time.Second

// judge holds what became of a caller against the promise: exactly one of a talk with a person who pressed accept, and a ticket with
// a caller who was told and an escalation; never more engineers at once than the policy wants, never silence, and words every twenty seconds.
func (n *randomNight) judge(t *testing.T, c *nightCaller) {
	t.Helper()
	if nothing := c.air.nothing(); nothing > time.Second {
		n.fault("%s hears nothing for %s", c.id, nothing)
	}
	if without := c.words.nothing(); without > wordless && !n.menus { // in the menu of a talk the engineer is who tells
		n.fault("%s hears no words for %s", c.id, without)
	}
	if most := n.most(); c.crowd > most {
		n.fault("%s has %d engineers at once, and %d are wanted", c.id, c.crowd, most)
	}
	ticket, lines := n.ticketOf(t, c)
	gone := context.Cause(c.ctx) == ivr.ErrHungUp
	has := func(kind tickets.EventKind) bool {
		return slices.ContainsFunc(lines, func(e tickets.Event) bool { return e.Kind == kind })
	}
	switch {
	case ticket.Number == 0:
		if !gone || len(c.heard()) > 6 {
			n.fault("%s has no ticket", c.id)
		}
	case c.proven:
		if !has(tickets.Joined) || !has(tickets.Accepted) {
			n.fault("%s has talked, and the ticket does not say so", c.id)
		}
	case has(tickets.Joined): // called back
	case !gone && !slices.ContainsFunc(c.heard(), func(text string) bool { return strings.Contains(text, fmt.Sprint(ticket.Number)) }):
		n.fault("%s has not been told the ticket's number", c.id)
	case ticket.State != tickets.Assigned && !n.escalates(ticket, lines):
		n.fault("nobody is rung for %s, whose ticket is %s", c.id, ticket.State)
	}
}

// ticketOf is the ticket of a call.
func (n *randomNight) ticketOf(t *testing.T, c *nightCaller) (tickets.Ticket, []tickets.Event) {
	t.Helper()
	page, err := n.store.List(t.Context(), tickets.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range page.Items {
		lines, err := n.store.History(t.Context(), one.Number)
		if err != nil {
			t.Fatal(err)
		}
		if lines[0].Facts["call"] == string(c.id) {
			return one, lines
		}
	}
	return tickets.Ticket{}, nil
}

// escalates tells whether those on duty are called for a ticket later.
func (n *randomNight) escalates(t tickets.Ticket, lines []tickets.Event) bool {
	return slices.ContainsFunc(n.store.Waiting(), func(w tickets.Work) bool {
		return w.Kind == tickets.WorkEscalate && w.Ticket == t.Number && tickets.Escalation(t, lines, w) != tickets.Settled
	})
}

// TestRandomNights: engineers who are busy, dead, mailboxes, slow, who pass or hang up in the brief; callers who leave at any instant,
// also in the middle of the description. HOTLINE_PROVE says how many nights, HOTLINE_PROVE_SEED which.
func TestRandomNights(t *testing.T) {
	nights, first := prove.Asked(t, nightsOfATest)
	joined, left, began := 0, 0, time.Now()
	for i := range uint64(nights) {
		l := live(t, first+i, outOf{})
		joined, left = joined+l.joined, left+l.left
		if len(l.wrong) > 0 {
			t.Fatalf("night %d (HOTLINE_PROVE_SEED=%d HOTLINE_PROVE=1):\n%s\n\n%s", first+i, first+i, strings.Join(l.wrong, "\n"), strings.Join(l.trace, "\n"))
		}
	}
	t.Logf("%d nights from seed %d on: %d callers talked to a person, %d may have left before; in %s", nights, first, joined, left, time.Since(began).Round(time.Millisecond))
	if joined == 0 || left == 0 {
		t.Error("the dice are loaded")
	}
}

// TestALineThatIsLostBehindATalkCallsNobodyOff: one engineer talks and the line is lost, the next one's is lost before they have talked.
// The ticket is the first one's then, which is no reason to ring nobody: the caller talks to the last one.
func TestALineThatIsLostBehindATalkCallsNobodyOff(t *testing.T) {
	met := 0
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			n := newNight(t, seed, []habit{isLost, isLost, isLost, isWell}, nil)
			c := n.call(0, 0)
			n.stop()
			_, lines := n.ticketOf(t, c)
			if slices.ContainsFunc(lines, func(e tickets.Event) bool { return e.Kind == tickets.CallBackAsked }) {
				return // the caller did not wait
			}
			if talk := "sip:e3 talks to " + string(c.id); !strings.Contains(strings.Join(n.lines(), "\n"), talk) {
				t.Errorf("seed %d: the search ended before\n%s", seed, strings.Join(n.lines(), "\n"))
			}
			joined := slices.IndexFunc(lines, func(e tickets.Event) bool { return e.Kind == tickets.Joined })
			if slices.ContainsFunc(lines[max(joined, 0):], func(e tickets.Event) bool { return e.Kind == tickets.AcceptUndone }) {
				met++
			}
		})
	}
	if met == 0 {
		t.Error("the dice are loaded: no accept was undone behind a talk")
	}
}

// TestTheSameSeedIsTheSameNight, line by line.
func TestTheSameSeedIsTheSameNight(t *testing.T) {
	for seed := range uint64(15) {
		of := outOf{two: seed%3 == 1, menus: seed%3 == 2}
		one, other := live(t, 1000+seed, of).trace, live(t, 1000+seed, of).trace
		if slices.Equal(one, other) {
			continue
		}
		at := 0
		for at < min(len(one), len(other)) && one[at] == other[at] {
			at++
		}
		t.Fatalf("seed %d differs from line %d on:\n%s\nand\n%s", 1000+seed, at, strings.Join(one[at:], "\n"), strings.Join(other[at:], "\n"))
	}
}

// TestTheFifthIsReachedWithinAMinute of a caller who waits: one engineer is busy, one dead, one silent, one a mailbox, in any order, and the fifth is well. By
// the times that ship a caller talks to a person within 60 s of the first ring.
func TestTheFifthIsReachedWithinAMinute(t *testing.T) {
	nights, first := prove.Asked(t, nightsOfATest)
	longest := time.Duration(0)
	for i := range uint64(nights) {
		synctest.Test(t, func(t *testing.T) {
			does := []habit{isBusy, isDead, isSilent, isMailbox}
			rand.New(rand.NewPCG(first+i, 5)).Shuffle(len(does), func(a, b int) { does[a], does[b] = does[b], does[a] })
			n := newNight(t, first+i, append(does, isWell), nil)
			n.patient = true
			c := n.call(0, 0)
			n.stop()
			waited := n.reached.Sub(n.rung)
			if longest = max(longest, waited); !c.proven || waited > time.Minute {
				t.Fatalf("seed %d: reached after %s\n%s", first+i, waited, strings.Join(n.lines(), "\n"))
			}
		})
	}
	t.Logf("%d nights from seed %d on: reached after %s at most", nights, first, longest)
}
