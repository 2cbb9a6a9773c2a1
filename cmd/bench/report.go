package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// floorOf measures what the kernel alone costs: one thread that sends and receives 172 octets without being woken, as
// cpu-ms for 50 packets each way.
func floorOf(length time.Duration) (float64, error) {
	const sockets = 200
	var all []*caller
	for i := range sockets {
		c, err := newCaller(i)
		if err != nil {
			return 0, err
		}
		defer c.close()
		all = append(all, c)
	}
	for i, c := range all {
		if err := unix.Connect(c.fd, &unix.SockaddrInet4{Port: all[i^1].port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			return 0, err
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	buf := make([]byte, 1500)
	pairs := 0
	before := threadTime()
	for start := time.Now(); time.Since(start) < length; {
		for _, c := range all {
			c.speak()
		}
		for _, c := range all {
			if _, err := unix.Read(c.fd, buf); err == nil {
				pairs++
			}
		}
	}
	if pairs == 0 {
		return 0, fmt.Errorf("no packet came through")
	}
	return (threadTime() - before).Seconds() * 1000 / float64(pairs) * 50, nil
}

func threadTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// table is the report: one row a number of calls.
func table(results []result, floor float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What a call costs\n\n%s, %d cores, Go %s. Each call hears a prompt (50 packets/s out) while its sound (50 packets/s in) is recorded to disk;\n"+
		"the load generator runs on the same cores. CPU is the answering process's, user and system.\n\n", time.Now().Format("2006-01-02"), runtime.NumCPU(), strings.TrimPrefix(runtime.Version(), "go"))
	b.WriteString("| calls | cpu-ms per call-second | ratio to the floor | packets | > 20 ms late | lost | deviation p99 | worst | memory per call | set up per second | INVITE to 200, p99 | load before |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| %d | %.2f | %.1f | %d | %.3f %% | %d | %.1f ms | %.1f ms | %.0f KB | %.0f | %.1f ms | %s |\n",
			r.calls, r.cpu, r.cpu/floor, r.packets, 100*float64(r.late)/float64(max(r.packets, 1)), r.lost,
			milli(r.p99), milli(r.worst), r.memory, r.rate, milli(r.setup99), r.load)
	}
	fmt.Fprintf(&b, "\nThe floor, a plain send and receive loop without wake-ups measured in the same run: %.2f cpu-ms per call-second.\n", floor)
	return b.String()
}

func milli(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
