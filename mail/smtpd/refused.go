package smtpd

import (
	"slices"
	"sync"
	"time"

	"hotline/limits"
	"hotline/mail"
)

// refusedMost is how many refusals are remembered; the one that came last longest ago goes.
const refusedMost = 200

// refused remembers what was not taken, so that staff can see whose mail does not arrive. The same one again is counted. Safe for
// concurrent use.
type refused struct {
	mu   sync.Mutex
	list []mail.Refusal // the newest last
}

// note remembers one.
func (r *refused) note(why string, e Envelope, to string, now time.Time) {
	one := mail.Refusal{
		First: now, Last: now, Count: 1, From: limits.OneLine(e.From, limits.Line), To: limits.OneLine(to, limits.Line), Peer: e.Peer.String(), Why: why,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.list, func(o mail.Refusal) bool {
		return o.From == one.From && o.To == one.To && o.Peer == one.Peer && o.Why == one.Why
	})
	switch {
	case at >= 0:
		one.First, one.Count = r.list[at].First, r.list[at].Count+1
		r.list = slices.Delete(r.list, at, at+1)
	case len(r.list) >= refusedMost:
		r.list = slices.Delete(r.list, 0, 1)
	}
	r.list = append(r.list, one)
}

// Refused are the mails that were not taken since the start, the newest first: the last 200 of them, each with how often it came.
func (s *Server) Refused() []mail.Refusal {
	s.refused.mu.Lock()
	defer s.refused.mu.Unlock()
	list := slices.Clone(s.refused.list)
	slices.Reverse(list)
	return list
}
