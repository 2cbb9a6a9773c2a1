package portal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"hotline/budgets"
	"hotline/directory"
	"hotline/sip/ratelimit"
	"hotline/web/ui"
)

// retry is how often a PIN from a network is still checked after the budget of the network, or of all strangers together, is
// spent. A customer whose network others have used up waits for an hour, and is never shut out for good. Nobody hears whether a
// PIN is right, and without the code that is mailed a right one opens nothing: a guess in an hour and network is worth nothing.
func retry() ratelimit.Rate { return ratelimit.Rate{PerSecond: 1.0 / 3600, Burst: 1} }

// look counts a PIN of a browser, and tells whether it is looked at. The budgets are those of the telephone, under the network instead
// of a number. They are the portal's own: whatever is tried here, no telephone is shut out. Right PINs count too, or the budget would
// tell which are; the code that is mailed gives them back (proven).
func (p *Portal) look(r *request, at time.Time) bool {
	from := ui.Source(r.Request)
	p.mu.Lock()
	defer p.mu.Unlock()
	whose := p.whose(r, from)
	if p.wrong.Answer(network(from), whose, at) == budgets.NotAsked {
		return p.retries.Take(from, at, retry())
	}
	if p.wrong.Spend(network(from), whose, at) {
		where := "portal: many wrong PINs from where a customer has logged in before"
		if whose == "" {
			where = "portal: many wrong PINs from where nobody has logged in before; when the day's are spent, a PIN from there is looked at once an hour"
		}
		p.Log.WarnContext(r.Context(), where, "whose", string(whose), "from", from.String())
	}
	return true
}

// proven gives back the PIN that was counted at an instant, and remembers from where and by which browser the customer came.
func (p *Portal) proven(w http.ResponseWriter, r *request, c directory.CustomerID, at time.Time) {
	from := ui.Source(r.Request)
	p.mu.Lock()
	p.wrong.Forgive(network(from), "", at) // the first login of a network makes it known
	for whose := range p.names(r, from) {  // whichever of them it was counted under
		p.wrong.Forgive(network(from), whose, at)
	}
	if len(p.known) >= knownMost {
		clear(p.known)
	}
	p.known[knownNetwork{ratelimit.Network(from), c}] = r.Now
	p.mu.Unlock()
	if browserOf(r.Request, p.PINKey) == "" {
		name := rand.Text()
		p.setCookie(w, r, knownCookie, name+"."+mark(p.PINKey, name), knownTime)
	}
}

// whose is the name under which the PINs of a browser are counted. It is the browser's own, if somebody has logged in by it, else that
// of a customer who has logged in from its network, of several the first by name. Nobody who guesses elsewhere shuts these out. Empty: a
// stranger. p.mu is held.
func (p *Portal) whose(r *request, from netip.Addr) (first directory.CustomerID) {
	for name := range p.names(r, from) {
		if first == "" || name < first {
			first = name
		}
	}
	return first
}

// names are all the names under which the PINs of a browser may have been counted. p.mu is held.
func (p *Portal) names(r *request, from netip.Addr) iter.Seq[directory.CustomerID] {
	return func(yield func(directory.CustomerID) bool) {
		if name := browserOf(r.Request, p.PINKey); name != "" {
			yield(directory.CustomerID("browser " + name))
			return
		}
		for h, at := range p.known {
			if h.from == ratelimit.Network(from) && r.Now.Sub(at) < networkTime && !yield(h.customer) {
				return
			}
		}
	}
}

// knownNetwork is a network from which somebody logged in to a contract of a customer.
type knownNetwork struct {
	from     netip.Addr
	customer directory.CustomerID
}

// How many networks are remembered, and for how long they and browsers are.
const (
	knownMost   = 10_000
	networkTime = 90 * 24 * time.Hour
	knownTime   = 365 * 24 * time.Hour
)

// knownCookie names a browser by which somebody has logged in, so that it is known after a restart, on every node and in every network.
// It names no customer and opens nothing.
const knownCookie = "hotline_portal_known"

// browserOf is the name of a browser that we have given; empty: none.
func browserOf(q *http.Request, key []byte) string {
	cookie, err := q.Cookie(knownCookie)
	if err != nil {
		return ""
	}
	name, given, _ := strings.Cut(cookie.Value, ".")
	if name == "" || !hmac.Equal([]byte(given), []byte(mark(key, name))) {
		return ""
	}
	return name
}

// mark proves that a name was given by us.
func mark(key []byte, name string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("hotline portal browser\x00" + name))
	return hex.EncodeToString(mac.Sum(nil))
}

// network names the network of an address, under which PINs are counted.
func network(from netip.Addr) string { return ratelimit.Network(from).String() }
