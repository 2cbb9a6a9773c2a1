package heartbeat

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hotline/audit"
)

// Kind is what a signal says.
type Kind string

// The kinds of signals.
const (
	Success Kind = "success"
	Start   Kind = "start"
	Fail    Kind = "fail"
	Log     Kind = "log" // is kept, and changes nothing
)

// Signal is one thing that a job said.
type Signal struct {
	At   time.Time
	Kind Kind
	Run  string        // names the run, where the job says it
	Code int           // exit code, of a failure that said one
	Took time.Duration // since the run began; 0: not known
	Text string        // what came with it
}

// Report is what the Alerting Manager is to hear.
type Report string

// The reports.
const (
	Silent Report = "firing" // no beat, or a failure
	Back   Report = "over"
)

// Run is a run that began and has not ended.
type Run struct {
	ID string // empty: the job names none
	At time.Time
}

// State is what is remembered of a heartbeat.
type State struct {
	Expected  time.Time // when the next beat is expected; zero: it has not beaten yet
	Last      time.Time // when it last beat well
	Runs      []Run     // oldest first
	DownSince time.Time // zero: nothing is wrong
	Why       string    // it is down
	Report    Report    // not yet known to have reached the Alerting Manager; empty: nothing is left
	Text      string    // of the report
	Signals   []Signal  // the last ones, oldest first
}

// Beat is how a heartbeat stands. A value: Hear and Look make the next one of it.
type Beat struct {
	ID      string
	KeyHash [32]byte  // SHA-256 of the key in its address; zero: it has none yet
	Due     time.Time // when to look at it by itself; zero: never
	State   State
	Version int
}

const (
	signalsKept = 20
	runsMost    = 10
	remindAfter = 24 * time.Hour   // it is told again so long after: staff may have closed the ticket
	reportAgain = 30 * time.Second // after a report that may not have arrived
)

// Clone shares nothing with the beat.
func (b Beat) Clone() Beat {
	b.State.Runs, b.State.Signals = slices.Clone(b.State.Runs), slices.Clone(b.State.Signals)
	return b
}

// Hear takes a signal.
func (b Beat) Hear(h Heartbeat, s Signal) Beat {
	b = b.Clone()
	st := &b.State
	switch s.Kind {
	case Start:
		st.end(s.Run)
		st.Runs = append(st.Runs, Run{s.Run, s.At})
		st.Runs = st.Runs[max(0, len(st.Runs)-runsMost):]
		st.expect(h.Rule, s.At) // it began in time: how long it may take is the run's own grace
	case Success, Fail:
		if began := st.end(s.Run); !began.IsZero() {
			s.Took = max(s.At.Sub(began), 0)
		}
		st.expect(h.Rule, s.At)
		if s.Kind == Fail {
			st.fail(h, s)
			break
		}
		st.Last = s.At
		if !st.DownSince.IsZero() {
			st.Report, st.Text = Back, "back after "+Span(s.At.Sub(st.DownSince))
			st.DownSince, st.Why = time.Time{}, ""
		}
	}
	st.Signals = append(st.Signals, s)
	st.Signals = st.Signals[max(0, len(st.Signals)-signalsKept):]
	b.Due = b.due(h, s.At)
	return b
}

// end takes a run off those that go on, and tells when it began. A signal without a name ends those without a name.
func (s *State) end(id string) (began time.Time) {
	s.Runs = slices.DeleteFunc(s.Runs, func(r Run) bool {
		if r.ID == id && began.IsZero() {
			began = r.At
		}
		return r.ID == id
	})
	return began
}

// expect says when the next beat is expected after an instant.
func (s *State) expect(r Rule, after time.Time) {
	next, err := r.Next(after)
	if err != nil { // the zone is not on this machine any more: nothing is expected, rather than a ticket for it
		next = time.Time{}
	}
	s.Expected = next
}

func (s *State) fail(h Heartbeat, f Signal) {
	why := "it reported a failure"
	if f.Code != 0 {
		why += fmt.Sprintf(", exit code %d", f.Code)
	}
	if f.Text != "" {
		why += "\n" + f.Text
	}
	s.down(h, why, f.At)
}

// down notes that something is wrong. What is wrong already goes on.
func (s *State) down(h Heartbeat, why string, now time.Time) {
	if s.DownSince.IsZero() {
		s.DownSince = now
	}
	if !s.Last.IsZero() {
		why += "\nit last beat on " + h.Rule.Words(s.Last)
	}
	if h.RemoteAccess {
		why += "\nThe installation may not be reachable by remote access now: try it before you promise it. What the contract says of remote access stands as it is; only staff change it."
	}
	s.Why, s.Report, s.Text = why, Silent, why
}

// deadline is when silence means that something is wrong, and what is.
func (b Beat) deadline(h Heartbeat) (at, since time.Time, why string) {
	s := b.State
	if !s.Expected.IsZero() {
		at = s.Expected.Add(h.Rule.Grace.Span())
		since = s.Expected.Add(-early)
		if h.Rule.Schedule == "" {
			since = s.Expected.Add(-h.Rule.Period.Span())
		}
		why = "no beat came, which was expected on " + h.Rule.Words(s.Expected)
	}
	for _, r := range s.Runs {
		if end := r.At.Add(h.Rule.longest()); at.IsZero() || end.Before(at) {
			at, since, why = end, r.At, "a run that began on "+h.Rule.Words(r.At)+" has not ended"
		}
	}
	return at, since, why
}

// Look takes the time that has passed. gaps are the spans in which nobody listened, in order: a beat may have been lost there, so
// that the next one after it counts.
func (b Beat) Look(h Heartbeat, gaps []Gap, now time.Time) Beat {
	b = b.Clone()
	st := &b.State
	for st.DownSince.IsZero() {
		at, since, why := b.deadline(h)
		if at.IsZero() || at.After(now) {
			break
		}
		n := slices.IndexFunc(gaps, func(g Gap) bool { return g.From.Before(at) && g.Until.After(since) })
		if n < 0 {
			st.Runs = slices.DeleteFunc(st.Runs, func(r Run) bool { return !r.At.Add(h.Rule.longest()).After(now) })
			st.down(h, why, now)
			break
		}
		heard := gaps[n].Until
		st.Runs = slices.DeleteFunc(st.Runs, func(r Run) bool { return r.At.Before(heard) })
		if e := st.Expected; !e.IsZero() && (h.Rule.Schedule == "" || e.Add(-early).Before(heard)) {
			st.expect(h.Rule, heard)
		}
		gaps = gaps[n+1:]
	}
	if !st.DownSince.IsZero() && st.Report == "" && !b.Due.IsZero() && !b.Due.After(now) {
		st.Report, st.Text = Silent, st.Why
	}
	b.Due = b.due(h, now)
	return b
}

// Edited takes a changed rule: what is expected counts from now. moved: it is another installation's now, which hears what is wrong.
func (b Beat) Edited(h Heartbeat, moved bool, now time.Time) Beat {
	b = b.Clone()
	if moved && !b.State.DownSince.IsZero() {
		b.State.Report, b.State.Text = Silent, b.State.Why
	}
	if !b.State.Expected.IsZero() {
		b.State.expect(h.Rule, now)
	}
	b.Due = b.due(h, now)
	return b
}

// due is when to look at it again.
func (b Beat) due(h Heartbeat, now time.Time) time.Time {
	switch {
	case b.State.Report != "":
		return now.Add(reportAgain)
	case !b.State.DownSince.IsZero():
		return now.Add(remindAfter)
	}
	at, _, _ := b.deadline(h)
	return at
}

// Standing is how a heartbeat stands, in one word: new, up, late, running or down.
func (b Beat) Standing(now time.Time) string {
	switch s := b.State; {
	case !s.DownSince.IsZero():
		return "down"
	case len(s.Runs) > 0:
		return "running"
	case s.Expected.IsZero():
		return "new"
	case s.Expected.Before(now):
		return "late"
	}
	return "up"
}

// Gap is a span in which no node listened.
type Gap struct{ From, Until time.Time }

// blink is how long the spans of two nodes, or of a node before and after it wrote slowly, may lie apart and be one.
const blink = 45 * time.Second

// Gaps are the spans between those in which nodes listened; spans may overlap and come in any order.
func Gaps(listened []Gap) (gaps []Gap) {
	listened = slices.Clone(listened)
	slices.SortFunc(listened, func(a, b Gap) int { return cmp.Or(a.From.Compare(b.From), a.Until.Compare(b.Until)) })
	for n, until := 0, (time.Time{}); n < len(listened); n++ {
		if s := listened[n]; n > 0 && s.From.Sub(until) > blink {
			gaps = append(gaps, Gap{until, s.From})
		}
		if listened[n].Until.After(until) {
			until = listened[n].Until
		}
	}
	return gaps
}

// Audited is the record of a key that somebody gives a heartbeat.
func (b Beat) Audited() audit.Record {
	return audit.Record{What: audit.GivenKey, Document: audit.Document{Kind: "heartbeat", ID: b.ID}}
}
