package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"hotline/phone/load"
)

// figures are what one run has measured.
type figures struct {
	machine string
	took    time.Duration
	floor   []float64
	levels  map[int][]load.Result // playing and recording, by the number of calls; one a ramp
	setup   map[int]float64       // calls set up a second on the way there
	idle    load.Result
	keys    load.Result
	plain   load.Result // beside secure, at the same number of calls
	secure  load.Result
	bridge  load.Result
	calm    load.Result // 100 set-ups a second
	rates   []rated
	job     load.Result
	tickets int // that the main job left in the database
	over    overloaded
	sooner  sooner
	besides
	sealing sealing
}

// besides is what goes on beside calls that run.
type besides struct {
	alerts arrivals
	mails  arrivals
	agents agentLoad
	names  spokenNames
}

// rated is one rate of answering and hanging up.
type rated struct {
	rate int
	load.Result
}

// clean tells whether nothing had to be said twice and nobody was refused.
func (r rated) clean() bool {
	return r.Repeats == 0 && r.Repeated == 0 && r.Unanswered == 0 && len(r.Refused) == 0 && r.Completed == r.Dialled
}

// overloaded is what became of twice as many calls as the machine holds.
type overloaded struct {
	load.Result
	offered, refused, retry, unanswered int
	stolen                              float64 // share of the processors' time that the host of this machine took
}

func (f *figures) ground() float64 {
	return median(f.floor)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// of is the median of a value over the ramps at a number of calls.
func (f *figures) of(calls int, value func(load.Result) float64) float64 {
	var all []float64
	for _, r := range f.levels[calls] {
		all = append(all, value(r))
	}
	return median(all)
}

// sum adds a value up over the ramps.
func (f *figures) sum(calls int, value func(load.Result) int) int {
	n := 0
	for _, r := range f.levels[calls] {
		n += value(r)
	}
	return n
}

func late(r load.Result) int    { return r.Late }
func packets(r load.Result) int { return r.Packets }
func lost(r load.Result) int    { return r.Lost }

// lateShare is in percent.
func (f *figures) lateShare(calls int) float64 {
	return 100 * float64(f.sum(calls, late)) / max(1, float64(f.sum(calls, packets)))
}

// full tells whether every ramp held as many calls as were wanted.
func (f *figures) full(calls int) bool {
	for _, r := range f.levels[calls] {
		if r.Up < calls {
			return false
		}
	}
	return true
}

// machine describes where this was measured.
func machine() string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	kernel := "?"
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = strings.TrimSpace(string(text))
	}
	memory := "?"
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb int
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kb); err == nil {
			memory = fmt.Sprintf("%d GB", (kb+1<<19)>>20)
		}
	}
	return fmt.Sprintf("%d cores (%s), %s, Linux %s, Go %s", runtime.NumCPU(), model, memory, kernel, strings.TrimPrefix(runtime.Version(), "go"))
}
