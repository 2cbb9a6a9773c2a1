// Package metrics is what /metrics shows, in the form of Prometheus: calls, tickets, breaches, letters, sound, signalling and
// the process. Package app counts here what happens; package admin serves it behind the token.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hotline/sla"
	"hotline/tickets"
)

// counting bounds how long a scrape waits for the store; later than that the last counts stand.
const counting = 2 * time.Second

// Result is how a call ended, for hotline_calls_total.
type Result string

// The results of a call. The list is closed, so that no caller's text becomes a label.
const (
	Joined    Result = "joined"    // talked to a human
	Ticketed  Result = "ticket"    // ended with a ticket
	Abandoned Result = "abandoned" // ended before there was anything to keep
	Engineer  Result = "engineer"  // an engineer worked by telephone
	Refused   Result = "refused"   // never answered: not accepted, no common codec, too many calls
	Failed    Result = "failed"    // a fault of ours ended it
)

// Delivery is what became of a letter, for hotline_mails_total.
type Delivery string

// What becomes of a letter.
const (
	Sent        Delivery = "sent"
	Deferred    Delivery = "deferred" // the server did not take it now; it is tried again
	Undelivered Delivery = "undelivered"
)

// MediaCounts are sums since the start, except Legs.
type MediaCounts struct {
	Legs                                                           int     // alive now
	Use                                                            float64 // share of the machine's time that one more leg would make of them
	PacketsIn, PacketsOut, PacketsLate, PacketsForeign, BlocksLost uint64
}

// Metrics counts what happens on the line. Safe for concurrent use.
type Metrics struct {
	registry    *prometheus.Registry
	calls       *prometheus.CounterVec
	active      prometheus.Gauge
	setup       prometheus.Histogram
	open        *prometheus.GaugeVec
	breaches    *prometheus.CounterVec
	unreachable prometheus.Counter
	refused     *prometheus.CounterVec
	mails       *prometheus.CounterVec
	told        *prometheus.CounterVec
	alerts      *prometheus.CounterVec
	mailsIn     *prometheus.CounterVec
	heard       *prometheus.CounterVec
	ladders     *prometheus.CounterVec
	jitter      prometheus.Histogram
	loss        prometheus.Histogram
	round       prometheus.Histogram
}

// APIRefused counts a request that was refused for its token.
func (m *Metrics) APIRefused(why string) { m.refused.WithLabelValues(why).Inc() }

// New registers the metrics of the house and of the process in r. media and line are asked at each scrape and must
// be safe for concurrent use.
func New(r *prometheus.Registry, media func() MediaCounts, line func() LineCounts) *Metrics {
	m := &Metrics{
		registry:    r,
		calls:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_calls_total", Help: "Calls that ended, by result."}, []string{"result"}),
		active:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "hotline_calls_active", Help: "Calls on the line now."}),
		open:        prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "hotline_tickets_open", Help: "Tickets to which somebody owes something, by priority; none has no category yet."}, []string{"priority"}),
		breaches:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_sla_breaches_total", Help: "Clocks that ran out unmet, by kind."}, []string{"kind"}),
		unreachable: prometheus.NewCounter(prometheus.CounterOpts{Name: "hotline_oncall_unreachable_total", Help: "Searches for an engineer that ended with nobody."}),
		mails:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_mails_total", Help: "Letters handed to the mail server, by result."}, []string{"result"}),
		setup: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "hotline_call_setup_seconds", Help: "From the INVITE to our 200.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5},
		}),
	}
	m.refused = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_api_refused_total", Help: "Requests of the API that were refused for their token, by reason."}, []string{"why"})
	m.alerts = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_alerts_total", Help: "Alerts that installed systems handed in, by what became of them."}, []string{"result"})
	m.told = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_outgoing_total", Help: "Messages handed to other systems, by result; undelivered are dead letters."}, []string{"result"})
	m.mailsIn = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_mails_received_total", Help: "Mails that came in: what the listener answered (taken, later, rate, size, unknown, connections), failures of the mailbox (mailbox), and what became of those taken (opened, commented, filed, again, discarded)."}, []string{"result"})
	m.heard = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_alert_messages_total", Help: "Messages that came by SNMP and syslog, by what became of them."}, []string{"listener", "result"})
	m.ladders = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_ladders_total", Help: "Messages of calls on their way into the database, by result: written; left, of strangers' calls there were too many; forgotten, there were too many calls at once; lost, the database did not take them in time. A telephone that is rung once the caller has left counts by itself."}, []string{"result"})
	r.MustRegister(m.ladders, m.heard, m.told, m.mailsIn, m.alerts, m.refused, m.calls, m.active, m.setup, m.open, m.breaches, m.unreachable, m.mails, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, result := range []Result{Joined, Ticketed, Abandoned, Engineer, Refused, Failed} {
		m.calls.WithLabelValues(string(result)) // a rate needs the zero before the first one
	}
	for _, result := range []string{"opened", "joined", "repeated", "reopened", "resolved", "unmatched", "ignored", "held", "waiting"} {
		m.alerts.WithLabelValues(result)
	}
	for _, result := range []string{"taken", "later", "rate", "size", "unknown", "connections", "opened", "commented", "filed", "again"} {
		m.mailsIn.WithLabelValues(result)
	}
	for _, result := range []string{"written", "left", "forgotten", "lost"} {
		m.ladders.WithLabelValues(result)
	}
	for _, kind := range []sla.Kind{sla.Contact, sla.Intervention, sla.Restore} {
		m.breaches.WithLabelValues(string(kind))
	}
	for _, d := range []Delivery{Sent, Deferred, Undelivered} {
		m.mails.WithLabelValues(string(d))
		m.told.WithLabelValues(string(d))
	}
	m.media(media)
	m.sound(r)
	r.MustRegister(lineCollector{line})
	return m
}

func (m *Metrics) media(counts func() MediaCounts) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "hotline_media_legs", Help: "Legs of sound alive now."},
		func() float64 { return float64(counts().Legs) },
	))
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "hotline_media_use_ratio", Help: "Share of the sound workers' time that the legs take; beyond 0.42 no more calls are taken."},
		func() float64 { return counts().Use },
	))
	for _, c := range []struct {
		name, help string
		read       func(MediaCounts) uint64
	}{
		{"hotline_media_packets_received_total", "RTP packets of our parties.", func(c MediaCounts) uint64 { return c.PacketsIn }},
		{"hotline_media_packets_sent_total", "RTP packets sent.", func(c MediaCounts) uint64 { return c.PacketsOut }},
		{"hotline_media_packets_late_total", "RTP packets sent more than 20 ms after their slot.", func(c MediaCounts) uint64 { return c.PacketsLate }},
		{"hotline_media_packets_foreign_total", "RTP packets of strangers, dropped.", func(c MediaCounts) uint64 { return c.PacketsForeign }},
		{"hotline_media_recording_blocks_lost_total", "Recorded seconds lost because the disk was too slow.", func(c MediaCounts) uint64 { return c.BlocksLost }},
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: c.name, Help: c.help},
			func() float64 { return float64(c.read(counts())) }))
	}
}

// CallBegan notes a call on the line.
func (m *Metrics) CallBegan() { m.active.Inc() }

// CallAnswered notes how long the answer took, from the INVITE.
func (m *Metrics) CallAnswered(after time.Duration) { m.setup.Observe(after.Seconds()) }

// CallEnded notes the end of a call that began.
func (m *Metrics) CallEnded(r Result) {
	m.active.Dec()
	m.calls.WithLabelValues(string(r)).Inc()
}

// CallRefused notes an INVITE that never became a call.
func (m *Metrics) CallRefused() { m.calls.WithLabelValues(string(Refused)).Inc() }

// Breached notes a clock that ran out.
func (m *Metrics) Breached(k sla.Kind) { m.breaches.WithLabelValues(string(k)).Inc() }

// AlertsTaken notes what became of alerts; the results are those of intake.Outcome.
func (m *Metrics) AlertsTaken(result string, n int) {
	m.alerts.WithLabelValues(result).Add(float64(n))
}

// MailsTaken notes what the mail listener answered, or what became of a mail that was taken.
func (m *Metrics) MailsTaken(result string) { m.mailsIn.WithLabelValues(result).Inc() }

// Heard notes what became of messages that a listener of machines' own messages heard; the results are those of receiver.Result.
func (m *Metrics) Heard(listener, result string, n int) {
	m.heard.WithLabelValues(listener, result).Add(float64(n))
}

// Ladders notes what became of the messages of calls that have ended; the results are those of calls/ladders.
func (m *Metrics) Ladders(result string, n int) { m.ladders.WithLabelValues(result).Add(float64(n)) }

// Mailed notes what became of a letter.
func (m *Metrics) Mailed(d Delivery) { m.mails.WithLabelValues(string(d)).Inc() }

// Told notes what became of a try to tell another system.
func (m *Metrics) Told(d Delivery) { m.told.WithLabelValues(string(d)).Inc() }

// Unreachable notes a search for an engineer that ended with nobody.
func (m *Metrics) Unreachable() { m.unreachable.Inc() }

// Handler counts the open tickets in the store and shows everything. A store that does not answer within two seconds leaves
// the counts as they were.
func (m *Metrics) Handler(s tickets.Store) http.Handler {
	show := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.count(r.Context(), s)
		show.ServeHTTP(w, r)
	})
}

// count reads how many tickets are open. A store that is down leaves the counts as they were.
func (m *Metrics) count(ctx context.Context, s tickets.Store) {
	ctx, cancel := context.WithTimeout(ctx, counting)
	defer cancel()
	counts, err := s.Live(ctx)
	if err != nil {
		return
	}
	for p := sla.Priority(0); p <= 5; p++ {
		label := strconv.Itoa(int(p))
		if p == 0 {
			label = "none"
		}
		m.open.WithLabelValues(label).Set(float64(counts[p]))
	}
}
