package portal

import (
	"net/http"
	"time"

	"hotline/sip/ratelimit"
	"hotline/web/ui"
)

// What is counted of a contract, or of a link's ticket.
const (
	codesOf    = "code"
	openingsOf = "open"
	commentsOf = "comment"
	filesOf    = "file"
	callsOf    = "call"
)

// spending is what is counted of whom.
type spending struct{ what, whom string }

// rates are how often a contract may do something: so many at once, then at a rate. Requests come by telephone beyond that.
func rates() map[string]ratelimit.Rate {
	return map[string]ratelimit.Rate{
		codesOf:    {PerSecond: 3.0 / 3600, Burst: 5}, // letters that somebody who knows the PIN can have sent; each is good for five tries
		openingsOf: {PerSecond: 10.0 / 3600, Burst: 10},
		commentsOf: {PerSecond: 60.0 / 3600, Burst: 30},
		filesOf:    {PerSecond: 60.0 / 3600, Burst: 20},
		callsOf:    {PerSecond: 20.0 / 3600, Burst: 6},
	}
}

// How often one address may ask: to read, and to write. Addresses of this machine are a proxy that hides who asks, or the owner.
const (
	readRate, readBurst   = 5.0, 100
	writeRate, writeBurst = 0.5, 30
)

// spentMost bounds how many are counted. Those that have all of their burst again are forgotten first.
const spentMost = 20_000

// mayAsk counts a request of an address.
func (p *Portal) mayAsk(q *http.Request, now time.Time) bool {
	from := ui.Source(q)
	if from.IsLoopback() {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if q.Method == http.MethodGet || q.Method == http.MethodHead {
		return p.reads.Take(from, now, ratelimit.Rate{PerSecond: readRate, Burst: readBurst})
	}
	return p.sources.Take(from, now, ratelimit.Rate{PerSecond: writeRate, Burst: writeBurst})
}

// may counts something that a contract does, and tells whether it may.
func (p *Portal) may(what, whom string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	key, rate := spending{what, whom}, rates()[what]
	bucket := p.spent[key]
	if bucket == nil {
		p.forgetSpent(now)
		bucket = &ratelimit.Bucket{}
		p.spent[key] = bucket
	}
	return bucket.Take(now, rate)
}

// forgetSpent makes room. p.mu is held.
func (p *Portal) forgetSpent(now time.Time) {
	if len(p.spent) < spentMost {
		return
	}
	all := rates()
	for key, b := range p.spent {
		if b.Has(now, all[key.what]) {
			delete(p.spent, key)
		}
	}
}
