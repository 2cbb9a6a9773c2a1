package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// LineCounts are what the signalling has counted since the start.
type LineCounts struct {
	Dropped map[string]uint64 // messages and connections not taken, by reason; the reasons are a closed list
	Sent    uint64            // datagrams of SIP that we sent again
	Came    uint64            // datagrams of SIP that came again
	Up      map[string]bool   // trunks by name: false while one fails or refuses us
	Shown   map[string]bool   // trunks that are to show the customer's number, by name: false while one refuses it
}

// lineCollector asks the line at each scrape.
type lineCollector struct{ counts func() LineCounts }

// Describe names nothing: reasons and trunks are known at the scrape only.
func (lineCollector) Describe(chan<- *prometheus.Desc) {}

// Collect shows what the line has counted.
func (l lineCollector) Collect(out chan<- prometheus.Metric) {
	c := l.counts()
	drops := prometheus.NewDesc("hotline_sip_dropped_total", "Messages and connections that the guard did not take, by reason.", []string{"reason"}, nil)
	for reason, n := range c.Dropped {
		out <- prometheus.MustNewConstMetric(drops, prometheus.CounterValue, float64(n), reason)
	}
	repeats := prometheus.NewDesc("hotline_sip_retransmissions_total", "Datagrams of SIP that were sent, or came, once more.", []string{"direction"}, nil)
	out <- prometheus.MustNewConstMetric(repeats, prometheus.CounterValue, float64(c.Sent), "sent")
	out <- prometheus.MustNewConstMetric(repeats, prometheus.CounterValue, float64(c.Came), "received")
	up := prometheus.NewDesc("hotline_trunk_up", "1 unless the trunk fails or refuses us.", []string{"trunk"}, nil)
	shown := prometheus.NewDesc("hotline_trunk_caller_shown", "1 unless the trunk is to show the customer's number and refuses it.", []string{"trunk"}, nil)
	for desc, of := range map[*prometheus.Desc]map[string]bool{up: c.Up, shown: c.Shown} {
		for name, well := range of {
			value := 0.0
			if well {
				value = 1
			}
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, name)
		}
	}
}

// LegQuality is how the sound of one leg came over.
type LegQuality struct {
	Jitter time.Duration
	Loss   float64       // share of packets that never came, 0 to 1
	Round  time.Duration // round trip by RTCP; 0 when the other side sent no reports
}

func (m *Metrics) sound(r *prometheus.Registry) {
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
		r.MustRegister(h)
		return h
	}
	m.jitter = histogram("hotline_rtp_jitter_seconds", "Jitter of arrival at the end of each leg (RFC 3550).", []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1})
	m.loss = histogram("hotline_rtp_loss_ratio", "Share of RTP packets of a leg that never came.", []float64{0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3})
	m.round = histogram("hotline_rtp_round_trip_seconds", "Round trip of a leg by RTCP, where the other side reports.", []float64{0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 1})
}

// LegEnded notes the sound of a leg that is over.
func (m *Metrics) LegEnded(q LegQuality) {
	m.jitter.Observe(q.Jitter.Seconds())
	m.loss.Observe(q.Loss)
	if q.Round > 0 {
		m.round.Observe(q.Round.Seconds())
	}
}
