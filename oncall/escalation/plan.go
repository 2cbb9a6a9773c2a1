package escalation

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/sla"
)

// Case is a request as far as it decides who is rung. Fields that are empty are not known; in doubt somebody is rung.
type Case struct {
	rota.Request
	Channel  string            // how it came: phone, web, email, alert
	OnLine   bool              // the caller is on the line
	Hours    *sla.Hours        // of the contract; on request the owner's own
	Night    bool              // a call outside the hours was wanted: the contract rings then, and the caller took its price
	Assignee oncall.EngineerID // who has the ticket in hand is rung first, on call or not
}

// Facts are what a plan is made of besides the request.
type Facts struct {
	Rotas     []*rota.Schedule // the main rota among them
	Policies  []Policy
	Engineers []oncall.Engineer
	Contacts  []Contact
	Proofs    []oncall.Proof
	Talking   []oncall.EngineerID // who talks to a caller of ours
	Defaults  Defaults
}

// Defaults are the house's values for a policy that says nothing of its own. Zero fields mean RingTime and Rounds.
type Defaults struct {
	Ring   time.Duration // how long a telephone rings
	Rounds int           // how often the steps are walked
}

func (d Defaults) ring() time.Duration { return cmp.Or(d.Ring, RingTime) }

// Told is what the caller is told, on the line or by the channel by which the request came.
type Told string

// What a caller is told. None is silent.
const (
	ToldConnecting Told = "connecting"     // a technician is being called: stay on the line, or be called back by key
	ToldCallBack   Told = "called_back"    // nobody is rung now or nobody can be: the number, and by when somebody calls back
	ToldOpening    Told = "next_opening"   // the number, and when the hours begin
	ToldDue        Told = "due"            // the number, and by when somebody acts
	ToldQueued     Told = "staff_answer"   // the number; staff answer in their hours
	ToldRequest    Told = "best_endeavour" // without a contract: the number, as soon as possible
)

// Next is what follows when nobody has the ticket by then.
type Next struct {
	What string // of the Next constants
	At   time.Time
}

// What may follow.
const (
	NextChain   = "chain"   // the chain is called again
	NextOpening = "opening" // the chain is called when the hours begin
	NextClocks  = "clocks"  // warnings and breaches of the clocks
	NextStaff   = "staff"   // the staff's list
)

// afterChain is when the chain is called again after it ended with nobody (tickets.Unreached).
const afterChain = 5 * time.Minute

// Plan is what is done for a request at an instant. It has somebody to ring or something that the caller is told, or both;
// always something that follows, and a line for the ticket.
type Plan struct {
	At       time.Time
	Rule     string // the row of the table that decided
	Ring     bool   // somebody is rung now
	Language string
	Level    sla.LevelID
	Rotas    []RotaVersion
	Policy   string
	Version  int // of the policy; 0: of a house that has written none
	Steps    []Group
	Rounds   int
	Need     int
	Overflow []string

	OverflowRing time.Duration // how long each of these rings

	After   bool     // callers with a contract go first
	Gap     bool     // nobody on call has a telephone
	Silent  []Silent // who is not rung by choice
	Caller  Told
	Next    Next
	Note    string              // the line of the ticket that says it
	Skipped []oncall.EngineerID // who talks to another caller
}

// RotaVersion is a rota of which engineers are rung, as it stood.
type RotaVersion struct {
	ID      rota.ID
	Version int
}

// Group is telephones that are rung one after the other, or all at once.
type Group struct {
	AtOnce      bool
	Ring        time.Duration // how long each of them rings
	SkipTalking bool          // who talks to another caller when it is their turn is left out
	Attempts    []oncall.Attempt
}

// Silent is somebody, or everybody, who is not rung by a choice that was written down.
type Silent struct {
	Engineer oncall.EngineerID
	Choice   Silence
}

// Attempts are the telephones of the plan in the order in which they are rung in a round.
func (p Plan) Attempts() (list []oncall.Attempt) {
	for _, g := range p.Steps {
		list = append(list, g.Attempts...)
	}
	return list
}

// OverflowEngineer stands in the place of an engineer where an overflow telephone is rung: whose it is nobody knows.
const OverflowEngineer oncall.EngineerID = "overflow"

// OverflowAttempts are the telephones that are rung once, in their order, when all rounds were in vain. language is the ticket's.
func (p Plan) OverflowAttempts(language string) (list []oncall.Attempt) {
	for _, phone := range p.Overflow {
		list = append(list, oncall.Attempt{Engineer: OverflowEngineer, Name: "the overflow telephone", Phone: phone, Language: language, Why: "an overflow telephone of the policy"})
	}
	return list
}

// Rings tells whether there is any telephone to ring.
func (p Plan) Rings() bool { return len(p.Steps)+len(p.Overflow) > 0 }

// row is one line of the table: when it speaks of a request, and what is done.
type row struct {
	rule string
	when func(c Case, open bool) bool
	ring bool
	told Told
	next string
}

// rows is the whole table, by the support policy; the first that fits counts, and the last fits always.
func rows() []row {
	blocking := func(c Case) bool { return c.Category == sla.Blocking }
	return []row{
		{"without a contract, a blocking anomaly rings inside the owner's hours", func(c Case, open bool) bool { return blocking(c) && c.request() && open }, true, ToldRequest, NextChain},
		{"without a contract nobody is woken outside the owner's hours", func(c Case, open bool) bool { return blocking(c) && c.request() && !c.Night }, false, ToldRequest, NextOpening},
		{"a blocking anomaly rings inside the contract's hours", func(c Case, open bool) bool { return blocking(c) && open }, true, ToldDue, NextChain},
		{"outside the hours it rings where contract and caller want it", func(c Case, _ bool) bool { return blocking(c) && c.Night }, true, ToldDue, NextChain},
		{"outside the contract's hours nobody is woken", func(c Case, _ bool) bool { return blocking(c) }, false, ToldOpening, NextOpening},
		{"a non-blocking anomaly has clocks and wakes nobody", func(c Case, _ bool) bool { return c.Category == sla.NonBlocking && !c.request() }, false, ToldDue, NextClocks},
		{"questions, changes and features wake nobody; so does what has no category yet", func(Case, bool) bool { return true }, false, ToldQueued, NextStaff},
	}
}

// request tells whether the case is Support on Request.
func (c Case) request() bool { return c.Level == sla.OnRequest }

// For plans for a request at now.
func For(c Case, f Facts, now time.Time) Plan {
	open, opens := c.open(now)
	p := Plan{At: now, Rounds: cmp.Or(f.Defaults.Rounds, Rounds), Need: Need, After: c.request(), Next: Next{At: opens}, Steps: []Group{}, Language: c.Language, Level: c.Level}
	for _, r := range rows() {
		if r.when(c, open) {
			p.Rule, p.Ring, p.Caller, p.Next.What = r.rule, r.ring, r.told, r.next
			break
		}
	}
	f.chain(&p, c, now)
	switch {
	case !p.Ring:
	case len(p.Steps) == 0 && len(p.Overflow) == 0:
		p.Ring, p.Next = false, Next{NextChain, now.Add(afterChain)}
		p.Caller = ToldCallBack
	default:
		p.Next.At = now.Add(afterChain)
		if c.OnLine {
			p.Caller = ToldConnecting
		}
	}
	p.Note = p.line()
	return p
}

// open tells whether the hours run at now, and when they begin next. Hours that are not known, or never begin, are open.
func (c Case) open(now time.Time) (open bool, opens time.Time) {
	if c.Hours == nil || c.Hours.Open(now) {
		return true, now
	}
	opens, err := c.Hours.NextOpen(now)
	return err != nil, opens
}

// chain puts the telephones into the plan.
func (f Facts) chain(p *Plan, c Case, now time.Time) {
	policy := f.policy(c)
	p.Policy, p.Version = policy.ID, policy.Version
	if policy.Silence != nil {
		p.Silent = []Silent{{Choice: *policy.Silence}}
		if p.Ring { // the caller is told, staff have it on their list, and the clocks run on
			p.Ring, p.Caller, p.Next = false, ToldCallBack, Next{NextClocks, now}
		}
		return
	}
	b := &builder{facts: f, request: c, now: now, plan: p, silenced: map[oncall.EngineerID]bool{}, talks: map[oncall.EngineerID]bool{}}
	chosen := f.serving(c.Request)
	for _, s := range chosen {
		p.Rotas = append(p.Rotas, RotaVersion{s.Rota().ID, s.Rota().Version})
	}
	if !p.Ring {
		return
	}
	if policy.Rounds > 0 {
		p.Rounds = policy.Rounds
	}
	if policy.Need > 0 {
		p.Need = min(policy.Need, MostNeed)
	}
	p.Overflow, p.OverflowRing = policy.Overflow, f.Defaults.ring()
	b.own(c.Assignee)
	p.Gap = !b.steps(policy.Steps, chosen)
	if p.Gap && len(p.Overflow) == 0 { // a policy that finds nobody leaves nobody in silence
		p.Gap = !b.steps(Default().Steps, chosen)
	}
}

// steps puts steps into the plan and tells whether they reach anybody.
func (b *builder) steps(list []Step, chosen []*rota.Schedule) (reached bool) {
	for _, s := range list {
		for _, places := range b.places(s, chosen) {
			reached = b.step(s, places) || reached
		}
	}
	return reached
}

// policy is the one made most closely for a request; a house without any has the default.
func (f Facts) policy(c Case) Policy {
	var serving []rota.Rota // chosen as rotas are
	for _, p := range f.Policies {
		serving = append(serving, rota.Rota{ID: rota.ID("policy " + p.ID), Serves: p.Serves})
	}
	for _, one := range rota.Choose(serving, c.Request) {
		for _, p := range f.Policies {
			if one.ID == rota.ID("policy "+p.ID) {
				return p
			}
		}
	}
	return Default()
}

// serving gives the schedules of the rotas that serve a request.
func (f Facts) serving(r rota.Request) (list []*rota.Schedule) {
	var rotas []rota.Rota
	for _, s := range f.Rotas {
		rotas = append(rotas, s.Rota())
	}
	for _, one := range rota.Choose(rotas, r) {
		for _, s := range f.Rotas {
			if s.Rota().ID == one.ID {
				list = append(list, s)
			}
		}
	}
	return list
}

// places are the engineers of a step, in groups that are rung one after the other. If several rotas serve the request, the step
// rings the first in which somebody can be rung. Engineers of earlier ones who chose silence are written down.
func (b *builder) places(s Step, chosen []*rota.Schedule) [][]rota.Place {
	if len(s.Engineers) > 0 {
		var places []rota.Place
		for _, id := range s.Engineers {
			places = append(places, rota.Place{Engineer: id, Why: "the policy names this engineer"})
		}
		return [][]rota.Place{places}
	}
	if s.Rota != "" {
		chosen = slices.DeleteFunc(slices.Clone(b.facts.Rotas), func(one *rota.Schedule) bool { return one.Rota().ID != s.Rota })
		for _, one := range chosen {
			if v := (RotaVersion{one.Rota().ID, one.Rota().Version}); !slices.Contains(b.plan.Rotas, v) {
				b.plan.Rotas = append(b.plan.Rotas, v)
			}
		}
	}
	for _, one := range chosen {
		places := slices.DeleteFunc(one.At(b.now), func(p rota.Place) bool { return s.Level != 0 && p.Level != s.Level })
		if slices.ContainsFunc(places, func(p rota.Place) bool { return b.facts.Rings(p.Engineer) }) {
			return byLevel(places)
		}
		b.attempts(s, places)
	}
	return nil
}

func byLevel(places []rota.Place) (groups [][]rota.Place) {
	for _, p := range places {
		if n := len(groups); n > 0 && groups[n-1][0].Level == p.Level {
			groups[n-1] = append(groups[n-1], p)
		} else {
			groups = append(groups, []rota.Place{p})
		}
	}
	return groups
}

// Rings tells whether an engineer has a telephone and has not chosen silence.
func (f Facts) Rings(id oncall.EngineerID) bool {
	for _, e := range f.Engineers {
		if e.ID == id {
			return len(e.Phones) > 0 && f.contact(id).Silence == nil
		}
	}
	return false
}

func (f Facts) contact(id oncall.EngineerID) Contact {
	for _, c := range f.Contacts {
		if c.Engineer == id {
			return c
		}
	}
	return Contact{Engineer: id, Zone: "UTC"}
}

// line is what the ticket says of the plan.
func (p Plan) line() string {
	text := p.Rule
	switch {
	case p.Ring:
		text = fmt.Sprintf("%s: %d telephones are rung by policy %s", text, len(p.Attempts())+len(p.Overflow), p.Policy)
		if p.Gap && len(p.Steps) == 0 {
			text += "; nobody is on call, the overflow numbers are rung"
		}
	case p.Gap:
		text += "; but nobody on call can be rung"
	}
	for _, s := range p.Silent {
		who := "nobody is rung"
		if s.Engineer != "" {
			who = string(s.Engineer) + " is not rung"
		}
		text += "; " + who + " " + s.Choice.String()
	}
	return fmt.Sprintf("%s; the caller is told: %s; then: %s", text, p.Caller, p.Next.What)
}
