package sip

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// Trunk is one carrier, PBX or gateway. It hangs on us by its addresses, or we register with it.
type Trunk struct {
	// Name is how tickets and logs call it.
	Name string
	// Addresses are where its INVITEs come from. Those that Proxy and Registrar resolve to, and that answered us,
	// belong to it without being named.
	Addresses []netip.Prefix
	// Proxy is where calls through it are sent: sip:host[:port][;transport=udp|tcp|tls]. Without a port its SRV records
	// are asked for.
	Proxy string
	// Account is what it knows us by; an empty User when it knows our address.
	Account Account
	// Register keeps our address registered with it.
	Register bool
	// Registrar is where we register, Proxy by default.
	Registrar string
	// Domain is the host of our own address at it (From, and what we register); the registrar's host by default.
	Domain string
	// Expires is the life of a registration that is asked for; zero means 1 h.
	Expires time.Duration
	// KeepAlive is the pause between two signs of life towards it: OPTIONS, or a double CRLF where we are registered.
	// Zero means 30 s, less than zero none.
	KeepAlive time.Duration
	// CallerID is the number shown by calls through it; empty keeps the caller's.
	CallerID string
	// ShowCaller shows the customer's number in a call made on his behalf; CallerID then stands in P-Asserted-Identity.
	ShowCaller bool
	// From is what our From names towards it; empty: the user where we register, the number elsewhere.
	From FromUser
	// Dialled is where its INVITEs say which number was dialled; empty is DialledAuto.
	Dialled Dialled
}

// Dialled is where a trunk's INVITE says which number was dialled.
type Dialled string

// The places. DialledAuto is the Request-URI, and where that names ourselves, as calls to a registered Contact do
// (RFC 3261 section 16.5), To, then P-Called-Party-ID (RFC 7315 section 4.2).
const (
	DialledAuto        Dialled = "auto"
	DialledRequest     Dialled = "request_uri"
	DialledTo          Dialled = "to"
	DialledCalledParty Dialled = "p_called_party_id"
)

// FromUser is what the user part of our From is.
type FromUser string

// The users of a From. A PBX or carrier that we register with finds our account by it (RFC 3261 section 22.1 leaves that
// open), and the number then stands in P-Preferred-Identity (RFC 3325 section 9.2).
const (
	FromAccount FromUser = "user"   // the account's
	FromNumber  FromUser = "number" // the number shown
)

// namesAccount tells whether our From is the account's.
func (t Trunk) namesAccount() bool {
	return t.Account.User != "" && (t.From == FromAccount || t.From == "" && t.Register)
}

// TrunkState is how a trunk fares.
type TrunkState string

// The states of a trunk. Silent is one without a proxy or registrar: it calls us, and nothing can be said before it does.
const (
	TrunkUnknown    TrunkState = "unknown"
	TrunkRegistered TrunkState = "registered"
	TrunkReachable  TrunkState = "reachable"
	TrunkFailing    TrunkState = "failing"
	TrunkRefused    TrunkState = "refused"
	TrunkSilent     TrunkState = "silent"
)

// TrunkStatus is how one trunk fares, for people.
type TrunkStatus struct {
	Name     string
	Register bool
	State    TrunkState
	Since    time.Time
	Peer     string    // the address that answered last; empty before
	Expires  time.Time // of the registration; zero without one
	Error    string    // the last one, in words; empty after a success
	ErrorAt  time.Time
}

// callsRefused are the credentials of calls that a trunk did not take; the registration may be well all the same.
type callsRefused struct {
	problem string
	at      time.Time
}

// trunk is a trunk at work.
type trunk struct {
	Trunk

	mu     sync.Mutex
	learnt map[netip.Addr]struct{} // what its names resolve to, and who answered for it
	status TrunkStatus
	calls  callsRefused // zero since a call's credentials were taken
}

// maxLearnt is how many addresses a trunk's names may bring.
const maxLearnt = 64

func newTrunk(t Trunk) *trunk {
	if t.Registrar == "" {
		t.Registrar = t.Proxy
	}
	if t.Proxy == "" {
		t.Proxy = t.Registrar
	}
	if u, err := parseURI(t.Registrar); err == nil && t.Domain == "" {
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
	state := TrunkUnknown
	if t.Proxy == "" {
		state = TrunkSilent
	}
	k := &trunk{Trunk: t, learnt: map[netip.Addr]struct{}{}, status: TrunkStatus{Name: t.Name, Register: t.Register, State: state}}
	for _, uri := range []string{t.Proxy, t.Registrar} {
		if u, err := parseURI(uri); err == nil {
			if ip, err := netip.ParseAddr(u.Host); err == nil {
				k.learn(ip)
			}
		}
	}
	return k
}

// check complains about what cannot work.
func (t Trunk) check() error {
	for _, uri := range []string{t.Proxy, t.Registrar} {
		if uri == "" {
			continue
		}
		if _, err := parseURI(uri); err != nil {
			return fmt.Errorf("sip: proxy of trunk %q: %w", t.Name, err)
		}
	}
	if t.Register && t.Proxy == "" && t.Registrar == "" {
		return fmt.Errorf("sip: trunk %q registers nowhere: it has no registrar and no proxy", t.Name)
	}
	if t.Register && t.Account.User == "" {
		return fmt.Errorf("sip: trunk %q registers as nobody: its account has no user", t.Name)
	}
	return nil
}

func (t *trunk) learn(ip netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.learnt) < maxLearnt {
		t.learnt[ip.Unmap()] = struct{}{}
	}
}

// has tells whether an address is the trunk's.
func (t *trunk) has(from netip.Addr) bool {
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

// fares notes how the trunk does; an empty problem is a success. It tells whether the state is new.
func (t *trunk) fares(state TrunkState, peer netip.AddrPort, problem string) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, now := &t.status, time.Now()
	if news = s.State != state; news {
		s.State, s.Since = state, now
	}
	if peer.IsValid() {
		s.Peer = peer.String()
	}
	if problem != "" {
		s.Error, s.ErrorAt = problem, now
	} else {
		s.Error, s.ErrorAt = "", time.Time{}
	}
	return news
}

func (t *trunk) expires(at time.Time) {
	t.mu.Lock()
	t.status.Expires = at
	t.mu.Unlock()
}

func (t *trunk) now() TrunkStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.status
	if t.calls.problem != "" {
		s.State, s.Since, s.Error, s.ErrorAt = TrunkRefused, t.calls.at, t.calls.problem, t.calls.at
	}
	return s
}

// callRefused notes that a call's credentials were not taken; the trunk counts as refused until those of another one are.
func (t *trunk) callRefused(problem string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls.at.IsZero() {
		t.calls.at = time.Now()
	}
	t.calls.problem = problem
}

// callTaken notes that the trunk let a call pass.
func (t *trunk) callTaken() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = callsRefused{}
}

// registered tells whether our binding with it stands.
func (t *trunk) registered() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status.State == TrunkRegistered
}

// TrunkStates tells how each trunk fares, in the order of [Config.Trunks].
func (a *Agent) TrunkStates() []TrunkStatus {
	out := make([]TrunkStatus, 0, len(a.trunks))
	for _, t := range a.trunks {
		out = append(out, t.now())
	}
	return out
}

// trunkOf finds the trunk that an address belongs to; nil when none does.
func (a *Agent) trunkOf(from netip.Addr) *trunk {
	for _, t := range a.trunks {
		if t.has(from) {
			return t
		}
	}
	return nil
}

// trunkNamed finds a trunk that calls can be sent through; nil when there is none.
func (a *Agent) trunkNamed(name string) *trunk {
	for _, t := range a.trunks {
		if t.Name == name && t.Proxy != "" {
			return t
		}
	}
	return nil
}

// known tells whether an address is a trunk's, one of our own telephones' or the machine's own.
func (a *Agent) known(from netip.Addr) bool {
	if from.IsLoopback() && !a.cfg.DistrustLoopback {
		return true
	}
	for _, p := range a.cfg.Phones {
		if p.Contains(from) {
			return true
		}
	}
	return a.trunkOf(from) != nil
}
