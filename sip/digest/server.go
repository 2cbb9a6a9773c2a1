// Package digest is digest authentication of SIP (RFC 3261 section 22, RFC 8760) from both sides. A [Server] checks the
// credentials of our own telephones; the agent asks it for each INVITE of a stranger. A [Client] answers the challenges that
// our own requests meet; the agent and the trunks' registrations use it.
package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/icholy/digest"

	"hotline/sip/ratelimit"
)

const (
	nonceLife = time.Minute
	maxNonces = 10000
	provenFor = 30 * 24 * time.Hour // how long a source that has shown right credentials counts as proven
	ownRealm  = "hotline"
)

// guesses is how many wrong credentials one source may show: 10 at once and 10 an hour.
func guesses() ratelimit.Rate { return ratelimit.Rate{PerSecond: 10.0 / 3600, Burst: 10} }

// allGuesses is that of all sources together that have never shown right credentials: 100 at once and 7,200 a day. So 10,000
// guesses take more than a day from however many addresses they come. Every account is among them.
func allGuesses() ratelimit.Rate { return ratelimit.Rate{PerSecond: 5.0 / 60, Burst: 100} }

// Account is what one side proves itself with (RFC 3261 section 22, RFC 8760).
type Account struct {
	User     string
	Password string
	// Realm is the only realm whose challenges are answered; a stranger who asks for credentials gets nothing that helps
	// him. A Server does not look at it.
	Realm string
}

// Accounts are those that a [Server] lets pass.
type Accounts struct {
	List []Account
	// Guessed hears of an account for which many wrong credentials have come within an hour, once in that hour. It must not wait. Nil for
	// nobody.
	Guessed func(user string)
}

// Many wrong credentials of one account: so many within so long.
const (
	manyWrong = 10
	wrongSpan = time.Hour
)

// Request is what the credentials of a request are checked against.
type Request struct {
	Method, URI   string
	Authorization string // the header's value; empty without one
}

// Decision is what the server makes of a request.
type Decision struct {
	Pass      bool
	Challenge []string // "WWW-Authenticate: ..." lines of a 401; nil with !Pass: no answer at all
	Why       string   // for the log, never text of the message
}

// Server checks the credentials of our own telephones (RFC 3261 section 22.4, RFC 8760). A nonce is made of the time and the
// source under a secret, so that asking for one takes no memory here. Nonces that were used are remembered until they end.
// Safe for concurrent use.
type Server struct {
	accounts map[string]Account
	tell     func(user string) // of an account that is guessed at
	secret   [32]byte
	wrong    *ratelimit.Sources // wrong credentials only

	mu     sync.Mutex
	used   map[string]usedNonce
	tried  map[string][]time.Time   // wrong credentials of the last hour, by account; none while the hour lasts in which somebody was told
	told   map[string]time.Time     // when somebody was told of an account
	proven map[netip.Addr]time.Time // sources that have shown right credentials, and when
}

type usedNonce struct {
	count int
	until time.Time
}

// NewServer makes a server that lets these accounts pass.
func NewServer(accounts Accounts) *Server {
	s := &Server{
		accounts: map[string]Account{}, tell: accounts.Guessed, used: map[string]usedNonce{}, tried: map[string][]time.Time{}, told: map[string]time.Time{},
		proven: map[netip.Addr]time.Time{}, wrong: ratelimit.NewSources(),
	}
	for _, a := range accounts.List {
		s.accounts[a.User] = a
	}
	_, _ = rand.Read(s.secret[:])
	return s
}

// Check judges a request of a stranger: it passes with the credentials of an account, and is challenged without. Known and
// unknown users get the same answer.
func (s *Server) Check(r Request, from netip.Addr, now time.Time) Decision {
	if r.Authorization == "" {
		return s.challenge(from, now, false, "")
	}
	c, err := digest.ParseCredentials(r.Authorization)
	if err != nil {
		return s.guessed(from, now)
	}
	ours, young := s.genuine(c.Nonce, from, now)
	if !ours { // of a former process, or of another address: no guess can be right
		return s.challenge(from, now, true, "")
	}
	// The limits are asked before anybody learns whether this guess was right.
	if proven := s.isProven(from, now); proven && !s.wrong.Has(from, now, guesses()) || !proven && !s.wrong.HasShared(from, now, guesses(), allGuesses()) {
		return Decision{Why: "too many wrong credentials"}
	}
	if !s.right(c, r) {
		if s.many(c.Username, now) && s.tell != nil {
			s.tell(c.Username)
		}
		return s.guessed(from, now)
	}
	if !young || !s.first(c, now) {
		return s.challenge(from, now, true, "")
	}
	s.remember(from, now)
	return Decision{Pass: true}
}

// nonce is good for one source for a minute.
func (s *Server) nonce(from netip.Addr, now time.Time) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(now.UnixNano()))
	return base64.RawURLEncoding.EncodeToString(append(b[:], s.seal(b[:], from)...))
}

func (s *Server) seal(at []byte, from netip.Addr) []byte {
	h := hmac.New(sha256.New, s.secret[:])
	h.Write(at)
	ip := from.As16()
	h.Write(ip[:])
	return h.Sum(nil)[:16]
}

// genuine tells whether a nonce is ours for that source, and whether it is still young enough.
func (s *Server) genuine(nonce string, from netip.Addr, now time.Time) (ours, young bool) {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 24 || !hmac.Equal(b[8:], s.seal(b[:8], from)) {
		return false, false
	}
	age := now.Sub(time.Unix(0, int64(binary.BigEndian.Uint64(b[:8]))))
	return true, age >= 0 && age < nonceLife
}

// isProven tells whether a source has shown right credentials lately. Guesses of others do not keep it out.
func (s *Server) isProven(from netip.Addr, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.proven[ratelimit.Network(from)]
	return ok && now.Sub(at) < provenFor
}

// many notes wrong credentials of an account, from wherever they come, and tells whether somebody should hear of it now. Only accounts that
// there are take memory.
func (s *Server) many(user string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ours := s.accounts[user]; !ours || now.Before(s.told[user].Add(wrongSpan)) {
		return false
	}
	list := slices.DeleteFunc(append(s.tried[user], now), func(at time.Time) bool { return now.Sub(at) >= wrongSpan })
	if s.tried[user] = list; len(list) < manyWrong {
		return false
	}
	delete(s.tried, user)
	s.told[user] = now
	return true
}

func (s *Server) remember(from netip.Addr, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.proven) >= maxNonces {
		for a := range s.proven { // any one: it will prove itself again
			delete(s.proven, a)
			break
		}
	}
	s.proven[ratelimit.Network(from)] = now
}

// right tells whether credentials are those of an account for this request.
func (s *Server) right(c *digest.Credentials, r Request) bool {
	a, exists := s.accounts[c.Username]
	if !exists {
		a = Account{User: c.Username, Password: "nobody's"} // takes as long as a wrong password
	}
	if c.Realm != ownRealm || c.URI != r.URI || c.QOP != "auth" {
		return false
	}
	made, err := digest.Digest(&digest.Challenge{Realm: ownRealm, Nonce: c.Nonce, Algorithm: c.Algorithm, QOP: []string{"auth"}},
		digest.Options{Method: r.Method, URI: c.URI, Username: a.User, Password: a.Password, Count: c.Nc, Cnonce: c.Cnonce})
	if err != nil {
		return false
	}
	same := subtle.ConstantTimeCompare([]byte(made.Response), []byte(c.Response)) == 1
	return same && exists
}

// first tells whether a nonce's count is used for the first time; a replay is not.
func (s *Server) first(c *digest.Credentials, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.used[c.Nonce]
	if c.Nc <= u.count {
		return false
	}
	if len(s.used) >= maxNonces {
		for n, u := range s.used {
			if now.After(u.until) {
				delete(s.used, n)
			}
		}
		if len(s.used) >= maxNonces {
			return false
		}
	}
	s.used[c.Nonce] = usedNonce{c.Nc, now.Add(2 * nonceLife)}
	return true
}

// guessed answers wrong credentials with a challenge, and after ten in an hour not at all.
func (s *Server) guessed(from netip.Addr, now time.Time) Decision {
	left := false
	if s.isProven(from, now) {
		left = s.wrong.Take(from, now, guesses())
	} else {
		left = s.wrong.TakeShared(from, now, guesses(), allGuesses())
	}
	if !left {
		return Decision{Why: "too many wrong credentials"}
	}
	return s.challenge(from, now, false, "wrong credentials")
}

func (s *Server) challenge(from netip.Addr, now time.Time, stale bool, why string) Decision {
	tail := `", nonce="` + s.nonce(from, now) + `", qop="auth"`
	if stale {
		tail += ", stale=true"
	}
	return Decision{Why: why, Challenge: []string{
		`WWW-Authenticate: Digest realm="` + ownRealm + tail + `, algorithm=SHA-256`,
		`WWW-Authenticate: Digest realm="` + ownRealm + tail + `, algorithm=MD5`,
	}}
}
