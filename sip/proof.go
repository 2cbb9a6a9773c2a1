package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"github.com/icholy/digest"
)

const (
	nonceLife    = time.Minute
	guesses      = 10.0 / 3600 // wrong credentials a second from one source
	guessesBurst = 10.0
	maxNonces    = 10000
	homeLife     = 30 * 24 * time.Hour

	// All sources together that have never shown right credentials: 100 at once and 7,200 a day, so that 10,000 guesses take
	// more than a day from however many addresses they come. Every account is among them.
	allGuesses      = 5.0 / 60
	allGuessesBurst = 100.0
	ownRealm        = "hotline"
)

// door checks the credentials of our own telephones (RFC 3261 section 22.4, RFC 8760). Nonces are made of the time and
// the source under a secret, so that asking for one costs us nothing; those that were used are remembered until they end.
// Safe for concurrent use.
type door struct {
	accounts map[string]Account
	secret   [32]byte

	mu    sync.Mutex
	used  map[string]usedNonce
	homes map[netip.Addr]time.Time // sources that have shown right credentials, and when
	wrong budget                   // of sources, wrong credentials only
}

type usedNonce struct {
	count int
	until time.Time
}

func newDoor(accounts []Account) *door {
	d := &door{accounts: map[string]Account{}, used: map[string]usedNonce{}, homes: map[netip.Addr]time.Time{}, wrong: newBudget()}
	for _, a := range accounts {
		d.accounts[a.User] = a
	}
	_, _ = rand.Read(d.secret[:])
	return d
}

// nonce is good for one source for a minute.
func (d *door) nonce(from netip.Addr, now time.Time) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(now.UnixNano()))
	return base64.RawURLEncoding.EncodeToString(append(b[:], d.seal(b[:], from)...))
}

func (d *door) seal(at []byte, from netip.Addr) []byte {
	h := hmac.New(sha256.New, d.secret[:])
	h.Write(at)
	ip := from.As16()
	h.Write(ip[:])
	return h.Sum(nil)[:16]
}

// genuine tells whether a nonce is ours for that source, and whether it is still young enough.
func (d *door) genuine(nonce string, from netip.Addr, now time.Time) (ours, young bool) {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 24 || !hmac.Equal(b[8:], d.seal(b[:8], from)) {
		return false, false
	}
	age := now.Sub(time.Unix(0, int64(binary.BigEndian.Uint64(b[:8]))))
	return true, age >= 0 && age < nonceLife
}

// open judges an INVITE of a stranger: it passes with the credentials of an account, and is challenged without. Known
// and unknown users get the same answer.
func (d *door) open(e *envelope, from netip.Addr, now time.Time) verdict {
	if len(d.accounts) == 0 {
		v := refuse(403, "Forbidden")
		v.why = "INVITE from a stranger"
		return v
	}
	if e.proof == "" {
		return d.challenge(from, now, false, "")
	}
	c, err := digest.ParseCredentials(e.proof)
	if err != nil {
		return d.guessed(from, now)
	}
	ours, young := d.genuine(c.Nonce, from, now)
	if !ours { // of a former process, or of another address: no guess can be right
		return d.challenge(from, now, true, "")
	}
	if !d.wrong.judges(from, d.proven(from, now), now) {
		return silence("too many wrong credentials")
	}
	if !d.right(c, e) {
		return d.guessed(from, now)
	}
	if !young || !d.first(c, now) {
		return d.challenge(from, now, true, "")
	}
	d.remember(from, now)
	return verdict{pass: true}
}

// proven tells whether a source has shown right credentials of late: what others guess does not keep it out.
func (d *door) proven(from netip.Addr, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, ok := d.homes[network(from)]
	return ok && now.Sub(at) < homeLife
}

func (d *door) remember(from netip.Addr, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.homes) >= maxNonces {
		for a := range d.homes { // any one: it will prove itself again
			delete(d.homes, a)
			break
		}
	}
	d.homes[network(from)] = now
}

// right tells whether credentials are those of an account for this request.
func (d *door) right(c *digest.Credentials, e *envelope) bool {
	a, exists := d.accounts[c.Username]
	if !exists {
		a = Account{User: c.Username, Password: "nobody's"} // takes as long as a wrong password
	}
	if c.Realm != ownRealm || c.URI != e.uri || c.QOP != "auth" {
		return false
	}
	made, err := digest.Digest(&digest.Challenge{Realm: ownRealm, Nonce: c.Nonce, Algorithm: c.Algorithm, QOP: []string{"auth"}},
		digest.Options{Method: e.method, URI: c.URI, Username: a.User, Password: a.Password, Count: c.Nc, Cnonce: c.Cnonce})
	if err != nil {
		return false
	}
	same := subtle.ConstantTimeCompare([]byte(made.Response), []byte(c.Response)) == 1
	return same && exists
}

// first tells whether a nonce's count is used for the first time: a replay is not.
func (d *door) first(c *digest.Credentials, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.used[c.Nonce]
	if c.Nc <= u.count {
		return false
	}
	if len(d.used) >= maxNonces {
		for n, u := range d.used {
			if now.After(u.until) {
				delete(d.used, n)
			}
		}
		if len(d.used) >= maxNonces {
			return false
		}
	}
	d.used[c.Nonce] = usedNonce{c.Nc, now.Add(2 * nonceLife)}
	return true
}

// guessed answers wrong credentials, and after ten in an hour nothing any more.
func (d *door) guessed(from netip.Addr, now time.Time) verdict {
	if !d.wrong.failed(from, d.proven(from, now), now) {
		return silence("too many wrong credentials")
	}
	return d.challenge(from, now, false, "wrong credentials")
}

func (d *door) challenge(from netip.Addr, now time.Time, stale bool, why string) verdict {
	nonce := d.nonce(from, now)
	tail := `", nonce="` + nonce + `", qop="auth"`
	if stale {
		tail += ", stale=true"
	}
	v := refuse(401, "Unauthorized",
		`WWW-Authenticate: Digest realm="`+ownRealm+tail+`, algorithm=SHA-256`,
		`WWW-Authenticate: Digest realm="`+ownRealm+tail+`, algorithm=MD5`)
	v.why = why
	return v
}

// judges tells whether one more try of a source may be judged: its own budget for wrong ones, and that of all unproven
// sources, are asked before anybody learns whether the try was right.
func (b *budget) judges(from netip.Addr, proven bool, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := &b.sources[b.slot(from)]
	return own.has(now, guesses, guessesBurst) && (proven || b.all.has(now, allGuesses, allGuessesBurst))
}

// failed spends one wrong try of a source; false when it has none left.
func (b *budget) failed(from netip.Addr, proven bool, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := b.sources[b.slot(from)].take(now, guesses, guessesBurst)
	return own && (proven || b.all.take(now, allGuesses, allGuessesBurst))
}
