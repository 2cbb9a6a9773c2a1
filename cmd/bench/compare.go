package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// compared is a figure in which two builds of the program are compared; small is good.
type compared struct {
	what string
	of   func(*figures) float64 // 0 or NaN where it was not measured
}

func comparisons() []compared {
	list := []compared{
		{"floor, cpu-ms per call-second", func(f *figures) float64 { return f.ground() }},
		{"plays and records, N = 50, cpu-ms per call-second", func(f *figures) float64 { return f.of(50, perCall) }},
		{"plays and records, N = 500", func(f *figures) float64 { return f.of(500, perCall) }},
		{"plays and records, N = 1000", func(f *figures) float64 { return f.of(1000, perCall) }},
		{"no call, % of a core", func(f *figures) float64 { return f.idle.ServerCPU / f.idle.Seconds / 10 }},
		{"no call, PostgreSQL", func(f *figures) float64 { return f.idle.DatabaseCPU / f.idle.Seconds / 10 }},
		{"plain sound, cpu-ms per call-second", func(f *figures) float64 { return f.plain.PerCallSecond() }},
		{"encrypted sound", func(f *figures) float64 { return f.secure.PerCallSecond() }},
		{"keys", func(f *figures) float64 { return f.keys.PerCallSecond() }},
		{"bridged call, two legs", func(f *figures) float64 { return 2 * f.bridge.PerCallSecond() }},
	}
	for _, rate := range setupRates() {
		list = append(list, compared{fmt.Sprintf("answered and hung up at %d/s, ms each", rate), func(f *figures) float64 { r := f.rate(rate); return r.ServerCPU / float64(r.Completed) }},
			compared{fmt.Sprintf("PostgreSQL at %d/s", rate), func(f *figures) float64 { r := f.rate(rate); return r.DatabaseCPU / float64(r.Completed) }},
			compared{fmt.Sprintf("INVITE to 200 at %d/s, p99 ms", rate), func(f *figures) float64 { return f.rate(rate).Setup.P99 }})
	}
	return append(list,
		compared{"main job, ms each", func(f *figures) float64 { return f.job.ServerCPU / float64(f.job.Completed) }},
		compared{"main job, PostgreSQL", func(f *figures) float64 { return f.job.DatabaseCPU / float64(f.job.Completed) }},
		compared{"main job, its length in s", func(f *figures) float64 { return f.job.CallSeconds / float64(f.job.Completed) }})
}

// rate is what was measured at a rate of answering and hanging up; empty where that was not.
func (f *figures) rate(rate int) rated {
	for _, r := range f.rates {
		if r.rate == rate {
			return r
		}
	}
	return rated{rate: rate}
}

// compare measures two builds in turn, so that what else the machine does meets both, and prints the medians and their
// ratios. The other build must understand the settings and the API of this one, as far as the bench uses them.
func (b *bench) compare(ctx context.Context, other string, times int) error {
	builds := []string{other, b.binary}
	var all [2][]figures
	for i := range times {
		for turn := range builds {
			which := (i + turn) % len(builds) // neither is always the first
			b.binary = builds[which]
			b.say("turn %d of %d: %s", i+1, times, b.binary)
			var f figures
			if err := b.run(ctx, &f); err != nil {
				return fmt.Errorf("with %s: %w", b.binary, err)
			}
			all[which] = append(all[which], f)
		}
	}
	fmt.Printf("| quantity | %s | %s | ratio of the medians |\n|---|---|---|---|\n", builds[0], builds[1])
	for _, c := range comparisons() {
		first, firstWords := spread(all[0], c.of)
		second, secondWords := spread(all[1], c.of)
		if ratio := second / first; first > 0 && second > 0 {
			fmt.Printf("| %s | %s | %s | %.2f |\n", c.what, firstWords, secondWords, ratio)
		}
	}
	return nil
}

// spread is the median of a figure, and in words with every single value.
func spread(all []figures, of func(*figures) float64) (float64, string) {
	var values []float64
	var words []string
	for i := range all {
		v := of(&all[i])
		if math.IsNaN(v) || v == 0 {
			continue
		}
		values, words = append(values, v), append(words, fmt.Sprintf("%.3g", v))
	}
	slices.Sort(words)
	m := median(values)
	return m, fmt.Sprintf("%.3g (%s)", m, strings.Join(words, " "))
}
