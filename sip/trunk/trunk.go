package trunk

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"hotline/sip/header"
)

// State is how a trunk fares.
type State string

// The states of a trunk. A silent one has neither proxy nor registrar: it calls us, and nothing can be told before it does.
const (
	Unknown    State = "unknown"
	Registered State = "registered"
	Reachable  State = "reachable"
	Failing    State = "failing"
	Refused    State = "refused"
	Silent     State = "silent"
)

// Trouble is what is wrong with a trunk, for those who say it in a language of their own.
type Trouble string

// The troubles. The empty one is none, or one of another kind, of which the words tell.
const (
	BadCredentials Trouble = "credentials" // user, password or realm are not what the registrar wants
	Denied         Trouble = "denied"      // the registrar knows us and does not let us in (403)
	BadAnswer      Trouble = "answer"      // the registrar answers with a fault of its own
	NoAnswer       Trouble = "silent"      // nobody answers there
	NoSuchHost     Trouble = "host"        // the name leads nowhere
)

// Status is how one trunk fares, for people.
type Status struct {
	Name     string
	Register bool
	State    State
	Since    time.Time
	Peer     string    // the address that answered last; empty before
	Expires  time.Time // of the registration; zero without one
	Error    string    // the last one, in words; empty after a success
	Trouble  Trouble   // its kind
	ErrorAt  time.Time

	ShowsCaller bool          // it is set to show the customer's number
	Caller      CallerRefusal // and does not take it
}

// callsRefused are the credentials of calls that a trunk did not take; the registration may be well all the same.
type callsRefused struct {
	problem string
	at      time.Time
}

// Trunk is a trunk at work. Safe for concurrent use.
type Trunk struct {
	Config

	mu     sync.Mutex
	learnt map[netip.Addr]struct{} // what its names resolve to, and who answered for it
	status Status
	calls  callsRefused // zero since a call's credentials were taken
	caller CallerRefusal
}

// maxLearnt is how many addresses a trunk's names may bring.
const maxLearnt = 64

// New makes a trunk of its settings; what they leave out gets its default.
func New(t Config) *Trunk {
	if t.Registrar == "" {
		t.Registrar = t.Proxy
	}
	if t.Proxy == "" {
		t.Proxy = t.Registrar
	}
	if u, err := header.ParseURI(t.Registrar); err == nil && t.Domain == "" {
		t.Domain = u.Host
	}
	if t.Account.Realm == "" {
		t.Account.Realm = t.Domain
	}
	if t.Expires <= 0 {
		t.Expires = time.Hour
	}
	if t.KeepAlive == 0 {
		t.KeepAlive = 30 * time.Second
	}
	state := Unknown
	if t.Proxy == "" {
		state = Silent
	}
	k := &Trunk{Config: t, learnt: map[netip.Addr]struct{}{}, status: Status{Name: t.Name, Register: t.Register, State: state}}
	for _, uri := range []string{t.Proxy, t.Registrar} {
		if u, err := header.ParseURI(uri); err == nil {
			if ip, err := netip.ParseAddr(u.Host); err == nil {
				k.learn(ip)
			}
		}
	}
	return k
}

// learn adds an address that the trunk's names resolve to, or that has answered for it.
func (t *Trunk) learn(ip netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.learnt) < maxLearnt {
		t.learnt[ip.Unmap()] = struct{}{}
	}
}

// Has tells whether an address is the trunk's.
func (t *Trunk) Has(from netip.Addr) bool {
	for _, p := range t.Addresses {
		if p.Contains(from) {
			return true
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.learnt[from]
	return ok
}

// setState notes how the trunk fares; an empty problem is a success. It tells whether the state is new.
func (t *Trunk) setState(state State, peer netip.AddrPort, kind Trouble, problem string) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, now := &t.status, time.Now()
	if news = s.State != state; news {
		s.State, s.Since = state, now
	}
	if peer.IsValid() {
		s.Peer = peer.String()
	}
	s.Trouble = kind
	if problem != "" {
		s.Error, s.ErrorAt = problem, now
	} else {
		s.Error, s.ErrorAt = "", time.Time{}
	}
	return news
}

// setExpires notes when the registration ends; zero without one.
func (t *Trunk) setExpires(at time.Time) {
	t.mu.Lock()
	t.status.Expires = at
	t.mu.Unlock()
}

// Status is how the trunk fares now.
func (t *Trunk) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.status
	s.ShowsCaller, s.Caller = t.ShowCaller, t.caller
	if t.calls.problem != "" {
		s.State, s.Since, s.Trouble, s.Error, s.ErrorAt = Refused, t.calls.at, BadCredentials, t.calls.problem, t.calls.at
	}
	return s
}

// CallRefused notes that the credentials of a call were not taken. The trunk counts as refused until it lets a call pass.
func (t *Trunk) CallRefused(problem string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls.at.IsZero() {
		t.calls.at = time.Now()
	}
	t.calls.problem = problem
}

// CallTaken notes that the trunk let a call pass.
func (t *Trunk) CallTaken() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = callsRefused{}
}

// registered tells whether our binding with it stands.
func (t *Trunk) registered() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status.State == Registered
}

// List are all trunks, in the order of the configuration. What it holds never changes.
type List []*Trunk

// Of finds the trunk that an address belongs to; nil when none does.
func (l List) Of(from netip.Addr) *Trunk {
	for _, t := range l {
		if t.Has(from) {
			return t
		}
	}
	return nil
}

// Named finds a trunk that calls can be sent through; nil when there is none of that name.
func (l List) Named(name string) *Trunk {
	for _, t := range l {
		if t.Name == name && t.Proxy != "" {
			return t
		}
	}
	return nil
}

// Status tells how each trunk fares.
func (l List) Status() []Status {
	out := make([]Status, 0, len(l))
	for _, t := range l {
		out = append(out, t.Status())
	}
	return out
}

// Set is the list of trunks that are at work now. It may be exchanged while calls go on. Safe for concurrent use.
type Set struct{ list atomic.Pointer[List] }

// Use puts another list in the place of the former one. Calls keep the trunk with which they began.
func (s *Set) Use(l List) { s.list.Store(&l) }

// List are the trunks at work.
func (s *Set) List() List {
	if l := s.list.Load(); l != nil {
		return *l
	}
	return nil
}

// Of finds the trunk that an address belongs to; nil when none does.
func (s *Set) Of(from netip.Addr) *Trunk { return s.List().Of(from) }

// Named finds a trunk that calls can be sent through; nil when there is none of that name.
func (s *Set) Named(name string) *Trunk { return s.List().Named(name) }

// Status tells how each trunk fares.
func (s *Set) Status() []Status { return s.List().Status() }
