package main

import (
	"fmt"

	"hotline/phone/load"
)

// row is one line of the goals table.
type row struct {
	what     string
	peers    string // Asterisk 22 and diago, as measured elsewhere on two such cores
	must     string
	goal     string
	measured string
	reached  grade
	load     string // load average before
}

// grade is how far a figure got.
type grade byte

const (
	short grade = iota
	mustReached
	goalReached
)

func (g grade) String() string { return [...]string{"**short of the must**", "must", "goal"}[g] }

// atMost grades a value that should be small.
func atMost(value, must, goal float64) grade {
	switch {
	case value <= goal:
		return goalReached
	case value <= must:
		return mustReached
	}
	return short
}

// graded grades by two conditions.
func graded(must, goal bool) grade {
	switch {
	case goal:
		return goalReached
	case must:
		return mustReached
	}
	return short
}

func (f *figures) rows() []row {
	var rows []row
	rows = append(rows, f.soundRows()...)
	rows = append(rows, f.heldRows()...)
	rows = append(rows, f.setupRows()...)
	rows = append(rows, f.otherRows()...)
	return append(append(append(rows, f.arrivalRows()...), f.agentRows()...), f.nameRows()...)
}

func perCall(r load.Result) float64 { return r.PerCallSecond() }

func (f *figures) loadAt(calls int) string {
	var words string
	for i, r := range f.levels[calls] {
		if i > 0 {
			words += " "
		}
		words += r.Load
	}
	return words
}

func (f *figures) soundRows() []row {
	var rows []row
	for _, c := range []struct {
		calls      int
		peers      string
		must, goal float64
	}{{50, "7.4-8.1, 4.5", 2.0, 0.8}, {500, "6.6 at 150, 1.8", 1.0, 0.55}, {1000, "broken, broken", 1.0, 0.55}} {
		v := f.of(c.calls, perCall)
		rows = append(rows, row{
			fmt.Sprintf("CPU of a call that plays and records, N = %d, cpu-ms per call-second", c.calls), c.peers, fmt.Sprintf("<= %.1f", c.must), fmt.Sprintf("<= %.2f", c.goal),
			fmt.Sprintf("%.2f (%.1f floors; PostgreSQL %.3f)", v, v/f.ground(), f.of(c.calls, databasePerCall)), atMost(v, c.must, c.goal), f.loadAt(c.calls),
		})
	}
	idle := f.idle.ServerCPU / f.idle.Seconds / 10
	return append(rows, row{"the server without a call, % of a core", "", "<= 0.5", "<= 0.1",
		fmt.Sprintf("%.2f (PostgreSQL %.2f)", idle, f.idle.DatabaseCPU/f.idle.Seconds/10), atMost(idle, 0.5, 0.1), f.idle.Load})
}

func databasePerCall(r load.Result) float64 {
	if r.CallSeconds == 0 {
		return 0
	}
	return r.DatabaseCPU / r.CallSeconds
}

func (f *figures) heldRows() []row {
	a, b, c := f.lateShare(750), f.lateShare(1000), f.lateShare(1500)
	lateAll := f.sum(1000, late)
	p99 := f.of(1000, func(r load.Result) float64 { return r.Deviation.P99 })
	p999 := f.of(1000, func(r load.Result) float64 { return r.Deviation.P999 })
	worst := f.of(1000, func(r load.Result) float64 { return r.Deviation.Max })
	memory := f.of(1000, func(r load.Result) float64 { return r.PerCall })
	return []row{
		{"calls held, share of packets more than 20 ms late", "150, 500 held", "750 below 0.1 %", "1000 with none, 1500 below 0.1 %",
			fmt.Sprintf("750: %.4f %%; 1000: %.4f %% (%d of %d); 1500: %.4f %% (%d up)", a, b, lateAll, f.sum(1000, packets), c, int(f.of(1500, func(r load.Result) float64 { return float64(r.Up) }))), graded(a < 0.1 && f.full(750), a < 0.1 && lateAll == 0 && c < 0.1 && f.full(1500)), f.loadAt(1500)},
		{"egress deviation at N = 1000, p99 / p99.9 / max, ms", "broken, 23 / 67 / 99", "8 / 15 / 30", "4 / 8 / 15",
			fmt.Sprintf("%.1f / %.1f / %.1f", p99, p999, worst),
			min(atMost(p99, 8, 4), atMost(p999, 15, 8), atMost(worst, 30, 15)), f.loadAt(1000)},
		{"memory per call, SIP dialog included, N = 1000, KB", "370, 210", "<= 80", "<= 32", fmt.Sprintf("%.0f", memory), atMost(memory, 80, 32), f.loadAt(1000)},
	}
}

func (f *figures) setupRows() []row {
	var best, most rated
	for _, r := range f.rates {
		if r.clean() {
			best = r
		}
		if r.rate == 1000 || most.rate == 0 {
			most = r
		}
	}
	each := most.ServerCPU / max(1, float64(most.Completed))
	data := most.DatabaseCPU / max(1, float64(most.Completed))
	return []row{
		{"answer-and-hang-up rate without a repeat, calls/s", "600, 1000", "1000", "1500, p99 <= 50 ms",
			fmt.Sprintf("%d, INVITE to 200 p99 %.1f ms", best.rate, best.Setup.P99), graded(best.rate >= 1000, best.rate >= 1500 && best.Setup.P99 <= 50), best.Load},
		{"CPU of such a call, ms", "1.9, 1.1", "<= 1.1", "<= 0.5", fmt.Sprintf("%.2f at %d/s (PostgreSQL %.2f)", each, most.rate, data), atMost(each, 1.1, 0.5), most.Load},
		{"INVITE to 200 at 100 calls/s, p99, ms", "6, 2", "<= 6", "<= 2", fmt.Sprintf("%.1f", f.calm.Setup.P99), atMost(f.calm.Setup.P99, 6, 2), f.calm.Load},
		{"200 to first packet at 100 calls/s, p99, ms", "20, 3-10", "<= 20", "<= 5", fmt.Sprintf("%.1f", f.calm.FirstPacket.P99), atMost(f.calm.FirstPacket.P99, 20, 5), f.calm.Load},
	}
}

func (f *figures) otherRows() []row {
	extra := f.secure.PerCallSecond() - f.plain.PerCallSecond()
	bridged := 2 * f.bridge.PerCallSecond()
	rows := []row{
		{"key released to first packet of the next prompt, p99 at N = 500, ms", "2-6 (N <= 100), 30", "<= 21", "<= 7",
			fmt.Sprintf("%.1f (p50 %.1f, max %.1f, %d keys)", f.keys.Reaction.P99, f.keys.Reaction.P50, f.keys.Reaction.Max, f.keys.Reaction.Count),
			min(atMost(f.keys.Reaction.P99, 21, 7), graded(f.keys.Reaction.Count >= f.keys.Keys*98/100, f.keys.Reaction.Count >= f.keys.Keys*98/100)), f.keys.Load},
		{"bridged call, cpu-ms per bridged call-second", "3.5-4.9, -", "<= 1.5", "<= 0.9",
			fmt.Sprintf("%.2f (%.1f floors of two legs)", bridged, bridged/2/f.ground()), atMost(bridged, 1.5, 0.9), f.bridge.Load},
		{"SRTP on top, both directions, cpu-ms per call-second", "", "<= 0.15", "<= 0.11",
			fmt.Sprintf("%.2f (%.2f beside %.2f plain)", extra, f.secure.PerCallSecond(), f.plain.PerCallSecond()), atMost(extra, 0.15, 0.11), f.secure.Load},
	}
	rows = append(rows, row{"encryption of a recording (AES-256-GCM), cpu-ms per recorded call-second", "", "<= 0.05", "<= 0.020",
		fmt.Sprintf("%.3f (%.3f beside %.3f in the clear, the disk's share in both)", f.sealing.extra(), f.sealing.Sealed, f.sealing.Clear), atMost(f.sealing.extra(), 0.05, 0.02), f.sealing.Load})
	done := float64(max(1, f.job.Completed))
	jobs := 1000 / (f.job.ServerCPU / done)
	whole := f.job.HungUp == f.job.Dialled && f.tickets >= f.job.Dialled && len(f.job.Refused) == 0
	rows = append(rows, row{"whole main job (PIN, category, 10 s description, ticket, read-out), calls completed per second of one core", "", "25", "50",
		fmt.Sprintf("%.1f: %.1f ms each of %.1f s, PostgreSQL %.1f ms; %d of %d completed, %d tickets", jobs, f.job.ServerCPU/done, f.job.CallSeconds/done, f.job.DatabaseCPU/done,
			f.job.HungUp, f.job.Dialled, f.tickets), graded(whole && jobs >= 25, whole && jobs >= 50), f.job.Load})
	o := f.over
	polite := o.refused > 0 && o.retry == o.refused && o.unanswered == 0
	return append(rows, row{"twice the calls that the machine holds: those beyond get 503 with Retry-After, late share of those that run", "", "< 0.1 % late", "none late",
		fmt.Sprintf("%d offered, %d taken, %d refused, %d with Retry-After, %d unanswered; %.4f %% late; the host took %.1f %% of the processors", o.offered, o.Up, o.refused, o.retry, o.unanswered, 100*o.LateShare(), 100*o.stolen),
		graded(polite && o.LateShare() < 0.001, polite && o.Late == 0), o.Load})
}
