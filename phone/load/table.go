package load

import (
	"fmt"
	"io"
	"strings"
)

// Write prints a result for people.
func (r Result) Write(out io.Writer) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "%-26s "+format+"\n", append([]any{name}, args...)...)
	}
	line("measured", "%s, %.1f s, %d cores, load average before %s", r.At.Format("2006-01-02 15:04:05"), r.Seconds, r.Cores, r.Load)
	line("calls", "%d up, %d dialled, %d completed (%d hung up by them)", r.Up, r.Dialled, r.Completed, r.HungUp)
	if len(r.Refused)+r.Unanswered+r.Broken > 0 {
		var words []string
		for code, n := range r.Refused {
			words = append(words, fmt.Sprintf("%d with %d", n, code))
		}
		line("not taken", "%s; %d said when to try again; %d unanswered, %d broken", strings.Join(words, ", "), r.RetryAfter, r.Unanswered, r.Broken)
	}
	line("repeats", "%d requests of ours, %d answers of theirs", r.Repeats, r.Repeated)
	spread(line, "INVITE to 200", r.Setup)
	spread(line, "200 to first packet", r.FirstPacket)
	spread(line, "deviation of packets", r.Deviation)
	line("packets", "%d, %d more than 20 ms late (%.4f %%), %d lost, %d gaps over 60 ms", r.Packets, r.Late, 100*r.LateShare(), r.Lost, r.Gaps)
	if r.Keys > 0 {
		line("keys", "%d", r.Keys)
		spread(line, "key released to packet", r.Reaction)
	}
	if r.ServerCPU > 0 {
		line("server's CPU", "%.0f ms, %.1f %% of a core, %.3f ms per call-second", r.ServerCPU, r.ServerCPU/r.Seconds/10, r.PerCallSecond())
		line("its PostgreSQL's CPU", "%.0f ms, %.1f %% of a core", r.DatabaseCPU, r.DatabaseCPU/r.Seconds/10)
		line("its memory", "%.1f MB, %.1f KB per call", r.ServerMemory/1024, r.PerCall)
	}
	line("the load's own CPU", "%.0f ms, %.3f ms per call-second", r.OwnCPU, r.OwnPerCallSecond())
	spread(line, "the load's own lateness", r.OwnLate)
}

func spread(line func(name, format string, args ...any), name string, s Spread) {
	if s.Count > 0 {
		line(name, "p50 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms  (%d)", s.P50, s.P99, s.P999, s.Max, s.Count)
	}
}
