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
	asking sync.Mutex // held by the one who asks who sent a mail

	mu   sync.Mutex
	list []mail.Refusal // the newest last
}

// same tells whether two are the same one.
func same(a, b mail.Refusal) bool {
	return a.From == b.From && a.To == b.To && a.Peer == b.Peer && a.Why == b.Why
}

// know keeps what is known of who sent one.
func (r *refused) know(one mail.Refusal, auth string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at := slices.IndexFunc(r.list, func(o mail.Refusal) bool { return same(o, one) }); at >= 0 {
		r.list[at].Auth = auth
	}
}

// note remembers one; first is true where it was not known.
func (r *refused) note(why string, e Envelope, to string, now time.Time) (one mail.Refusal, first bool) {
	one = mail.Refusal{
		First: now, Last: now, Count: 1, From: limits.OneLine(e.From, limits.Line), To: limits.OneLine(to, limits.Line), Peer: e.Peer.String(), Why: why,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.list, func(o mail.Refusal) bool { return same(o, one) })
	switch {
	case at >= 0:
		one.First, one.Count, one.Auth = r.list[at].First, r.list[at].Count+1, r.list[at].Auth
		r.list = slices.Delete(r.list, at, at+1)
	case len(r.list) >= refusedMost:
		r.list = slices.Delete(r.list, 0, 1)
	}
	r.list = append(r.list, one)
	return one, at < 0
}

// Refused are the mails that were not taken since the start, the newest first: the last 200 of them, each with how often it came.
func (s *Server) Refused() []mail.Refusal {
	s.refused.mu.Lock()
	defer s.refused.mu.Unlock()
	list := slices.Clone(s.refused.list)
	slices.Reverse(list)
	return list
}
