package ladder

import "time"

// reportsMost is how many reports of one dialog are remembered in each direction. It is even, so that they can be put together in pairs.
const reportsMost = 40

// Report is what one report of RTCP told of the sound (RFC 3550 section 6.4), or the worst one of several that followed each other.
type Report struct {
	At        time.Time
	Sent      bool          // by this program, of the sound that comes here; else of the sound that goes there
	Sender    bool          // a sender report, else a receiver report
	Measured  bool          // it tells how the sound comes over: what follows is known
	Lost      float64       // of the packets since the report before; 0 to 1
	Jitter    time.Duration // of arrival
	RoundTrip time.Duration // 0: not known
	Of        int           // of so many reports it is the worst one; 1: it stands for itself
}

// worse is the worse one of two, for all that they stand for.
func worse(a, b Report) Report {
	w := a
	if b.Lost > a.Lost || b.Lost == a.Lost && b.Jitter > a.Jitter {
		w = b
	}
	w.Of = a.Of + b.Of
	return w
}

// series is the reports of one direction. A long call has more than are remembered: the worst one of every two stays then, of
// every four, and so on.
type series struct {
	list []Report
	each int // of so many reports one stays
}

func (s *series) add(r Report) {
	r.Of = 1
	if n := len(s.list); n > 0 && s.list[n-1].Of < s.each {
		s.list[n-1] = worse(s.list[n-1], r)
		return
	}
	if len(s.list) == reportsMost {
		for i := range reportsMost / 2 {
			s.list[i] = worse(s.list[2*i], s.list[2*i+1])
		}
		s.list, s.each = s.list[:reportsMost/2], 2*max(s.each, 1)
	}
	s.list = append(s.list, r)
}

// Report takes one report of the sound of a dialog; r.Of does not count. It never blocks for long, as those who move sound need it.
func (k *Keeper) Report(id string, r Report) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d := k.by[id]
	switch {
	case d == nil:
	case r.Sent:
		d.went.add(r)
	default:
		d.came.add(r)
	}
}

// Add adds the messages and reports of a later dialog with the same telephone, so that both stand in one lane.
func (d *Dialog) Add(later Dialog) {
	d.Messages, d.Left = append(d.Messages, later.Messages...), d.Left+later.Left
	d.came.list, d.went.list = append(d.came.list, later.came.list...), append(d.went.list, later.went.list...)
}

// Reports are those of a dialog that are remembered: first those that came, then those that went, each in their order.
func (d Dialog) Reports() []Report {
	return append(append([]Report{}, d.came.list...), d.went.list...)
}
