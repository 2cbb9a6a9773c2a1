package sip

import (
	"bytes"
	"sync"

	gosip "github.com/emiago/sipgo/sip"
)

// maxForks is how many forks of one call of ours are kept apart.
const maxForks = 16

// replies remembers the descriptions that came in provisional answers to one INVITE of ours, in the order of the wire:
// sipgo hands each response on in a goroutine of its own, and the 200 behind a 183 may overtake it. Safe for concurrent use.
type replies struct {
	mu    sync.Mutex
	forks []fork
}

// fork is the first description of one fork of the call, by its To tag.
type fork struct {
	tag  string
	sdp  []byte
	firm bool // it came reliably, and is the answer whatever follows (RFC 3262 section 5)
}

// listen has the guard remember what answers the INVITE of a branch, until forget is called.
func (a *Agent) listen(branch string) (r *replies, forget func()) {
	r = &replies{}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.replies[branch] = r
	return r, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.replies, branch)
	}
}

// heard takes note of a response to an INVITE of ours.
func (a *Agent) heard(e *envelope) {
	if e.seqOf != "INVITE" || e.status <= 100 || e.status >= 200 || len(e.body) == 0 {
		return
	}
	a.mu.Lock()
	r := a.replies[e.branch()]
	a.mu.Unlock()
	if r == nil {
		return
	}
	if sdp, err := e.description(); err == nil && sdp != nil {
		r.add(fork{e.toTag(), bytes.Clone(sdp), e.requires("100rel")})
	}
}

func (r *replies) add(f fork) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.forks {
		if old := &r.forks[i]; old.tag == f.tag {
			if f.firm && !old.firm {
				*old = f
			}
			return
		}
	}
	if len(r.forks) < maxForks {
		r.forks = append(r.forks, f)
	}
}

// early tells whether a fork has described itself.
func (r *replies) early(tag string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.forks {
		if f.tag == tag {
			return true
		}
	}
	return false
}

// answer is the answer to the offer of the INVITE, once its 2xx is there (RFC 3261 13.2.1): the first description of that
// fork. A 2xx may replace one that came unreliably: by the RFC it is the same, and where a carrier says another one, it
// is the telephone's behind an announcement. A 2xx of a fork that has said nothing at all takes the call's first.
func (r *replies) answer(res *gosip.Response) []byte {
	own, tag := descriptionOf(res), ""
	if to := res.To(); to != nil {
		tag = tagOf(to.Params)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var first []byte
	for _, f := range r.forks {
		switch {
		case f.tag == tag && f.firm:
			return f.sdp
		case f.tag == tag:
			first = f.sdp
		}
	}
	switch {
	case own != nil:
		return own
	case first != nil:
		return first
	case len(r.forks) > 0:
		return r.forks[0].sdp
	}
	return nil
}
