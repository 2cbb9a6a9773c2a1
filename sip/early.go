package sip

import (
	"bytes"
	"sync"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/header"
	"hotline/sip/syntax"
)

// maxForks is how many forks of one call of ours are kept apart.
const maxForks = 16

// earlyAnswers are the descriptions in provisional answers to our INVITEs under way. Admission notes them in the order of the
// wire: sipgo hands each response on in a goroutine of its own, and the 200 behind a 183 may overtake it. Safe for concurrent
// use.
type earlyAnswers struct {
	mu       sync.Mutex
	byBranch map[string]*earlyAnswer
}

func newEarlyAnswers() *earlyAnswers { return &earlyAnswers{byBranch: map[string]*earlyAnswer{}} }

// earlyAnswer is what has described the other side so far, for one INVITE of ours. Safe for concurrent use.
type earlyAnswer struct {
	mu    sync.Mutex
	forks []earlyFork
}

// earlyFork is the first description of one fork of the call, by its To tag.
type earlyFork struct {
	tag      string
	sdp      []byte
	reliable bool // it came reliably, and is the answer whatever follows (RFC 3262 section 5)
}

// expect notes what answers the INVITE of a branch, until forget is called.
func (e *earlyAnswers) expect(branch string) (a *earlyAnswer, forget func()) {
	a = &earlyAnswer{}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.byBranch[branch] = a
	return a, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.byBranch, branch)
	}
}

// heard notes a response, where it is a provisional one to an INVITE of ours and describes the other side.
func (e *earlyAnswers) heard(m *syntax.Message) {
	if m.CSeq.Method != "INVITE" || m.Status <= 100 || m.Status >= 200 || len(m.Body.Octets) == 0 {
		return
	}
	e.mu.Lock()
	a := e.byBranch[m.Branch()]
	e.mu.Unlock()
	if a == nil {
		return
	}
	if sdp, err := m.Description(); err == nil && sdp != nil {
		a.add(earlyFork{m.ToTag(), bytes.Clone(sdp), m.Requires("100rel")})
	}
}

func (a *earlyAnswer) add(f earlyFork) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.forks {
		if old := &a.forks[i]; old.tag == f.tag {
			if f.reliable && !old.reliable {
				*old = f
			}
			return
		}
	}
	if len(a.forks) < maxForks {
		a.forks = append(a.forks, f)
	}
}

// has tells whether a fork has described itself.
func (a *earlyAnswer) has(tag string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.forks {
		if f.tag == tag {
			return true
		}
	}
	return false
}

// final is the answer to the offer of the INVITE, once its 2xx is there (RFC 3261 13.2.1): the first description of that
// fork. A 2xx may replace one that came unreliably: by the RFC it is the same, and where a carrier sends another one, it is
// that of the telephone behind an announcement. For a 2xx of a fork that has described nothing the call's first one is taken.
func (a *earlyAnswer) final(res *gosip.Response) []byte {
	own, tag := header.Description(res), ""
	if to := res.To(); to != nil {
		tag = header.Tag(to.Params)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var first []byte
	for _, f := range a.forks {
		switch {
		case f.tag == tag && f.reliable:
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
	case len(a.forks) > 0:
		return a.forks[0].sdp
	}
	return nil
}
