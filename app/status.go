package app

import (
	"time"

	"hotline/admin"
	"hotline/admin/metrics"
	"hotline/line"
	"hotline/media"
	"hotline/sip"
	"hotline/web"
)

// lineStatus is the line as the API and the metrics show it.
type lineStatus struct{ switchboard *line.Switchboard }

// trunks tells staff how the trunks are. numbers are the line's own, by trunk.
func (l lineStatus) trunks(numbers map[string]string) (all []admin.Trunk, certificateEnds time.Time) {
	agent := l.switchboard.Agent()
	for _, t := range agent.TrunkStates() {
		k := admin.Trunk{Name: t.Name, Registers: t.Register, State: string(t.State), Peer: t.Peer, Error: t.Error, ShowsCaller: t.ShowsCaller, Number: numbers[t.Name]}
		for _, i := range []struct {
			to *(*time.Time)
			at time.Time
		}{{&k.Since, t.Since}, {&k.Expires, t.Expires}, {&k.ErrorSince, t.ErrorAt}} {
			if !i.at.IsZero() {
				*i.to = &i.at
			}
		}
		if t.Caller.Code != 0 {
			k.CallerRefused = &admin.CallerRefused{Code: t.Caller.Code, Since: t.Caller.Since, Until: t.Caller.Until}
		}
		all = append(all, k)
	}
	return all, agent.CertificateEnds()
}

// forPages tells the staff's pages the same.
func (l lineStatus) forPages() (all []web.Trunk) {
	for _, t := range l.switchboard.Agent().TrunkStates() {
		all = append(all, web.Trunk{Name: t.Name, State: string(t.State), Since: t.Since, Error: t.Error, Trouble: string(t.Trouble)})
	}
	return all
}

// lineCounts are the line's sums for the metrics.
func (l lineStatus) counts() metrics.LineCounts {
	agent := l.switchboard.Agent()
	r := agent.Retransmissions()
	c := metrics.LineCounts{Dropped: agent.Dropped(), Sent: r.Sent, Came: r.Received, Up: map[string]bool{}, Shown: map[string]bool{}}
	for _, t := range agent.TrunkStates() {
		if t.ShowsCaller {
			c.Shown[t.Name] = t.Caller.Code == 0
		}
		c.Up[t.Name] = t.State != sip.TrunkFailing && t.State != sip.TrunkRefused
	}
	return c
}

// media is the sound's sums for the metrics.
func (l lineStatus) media() metrics.MediaCounts {
	s := l.switchboard.Engine().Stats()
	return metrics.MediaCounts{
		Legs: s.Legs, Use: s.Load, PacketsIn: s.PacketsIn, PacketsOut: s.PacketsOut, PacketsLate: s.LatePackets, PacketsForeign: s.ForeignPackets,
		BlocksLost: s.BlocksDropped,
	}
}

// quality is how a leg's sound came over.
func quality(s media.LegStats) metrics.LegQuality {
	q := metrics.LegQuality{Jitter: s.Jitter, Round: s.RoundTrip}
	if all := s.PacketsIn + s.Lost; all > 0 {
		q.Loss = float64(s.Lost) / float64(all)
	}
	return q
}
