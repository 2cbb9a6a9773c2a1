// Package studio masters and measures the sound of prompts: 8 kHz mono, levels in dBov, where 0 dBov is the power of a
// full-scale square wave (ITU-T G.100.1).
package studio

import (
	"math"
	"time"
)

// Rate is the sampling rate of a telephone, 8 kHz.
const Rate = 8000

const fullScale = 32768

// Measured is what a listener would say of a sound.
type Measured struct {
	Level   float64       // active speech level, dBov (ITU-T P.56 method B)
	Peak    float64       // dBFS
	Clipped int           // samples at full scale
	Lead    time.Duration // before the first sample above -55 dBFS
	Tail    time.Duration // after the last one
	Gap     time.Duration // longest inner stretch below -45 dBFS
}

const (
	quiet   = -55.0 // dBFS below which a sample at the ends is silence
	silence = -45.0 // dBFS below which 10 ms inside are
)

// Measure measures.
func Measure(pcm []int16) Measured {
	m := Measured{Level: ActiveLevel(pcm), Peak: math.Inf(-1)}
	peak := 0
	for _, s := range pcm {
		peak = max(peak, abs(s))
		if s == math.MaxInt16 || s == math.MinInt16 {
			m.Clipped++
		}
	}
	if peak > 0 {
		m.Peak = decibel(float64(peak) / fullScale)
	}
	first, last := ends(pcm, quiet)
	m.Lead, m.Tail = span(first), span(len(pcm)-last)
	m.Gap = longestGap(pcm[first:last])
	return m
}

func abs(s int16) int {
	if s < 0 {
		return -int(s)
	}
	return int(s)
}

func decibel(ratio float64) float64 { return 20 * math.Log10(ratio) }

func linear(db float64) float64 { return math.Pow(10, db/20) }

func span(samples int) time.Duration { return time.Duration(samples) * time.Second / Rate }

// ends gives the first sample above a level and the one after the last; where every sample is below, both are the length.
func ends(pcm []int16, db float64) (first, last int) {
	limit := int(linear(db) * fullScale)
	first, last = len(pcm), len(pcm)
	for i, s := range pcm {
		if abs(s) > limit {
			first = min(first, i)
			last = i + 1
		}
	}
	return first, last
}

func longestGap(pcm []int16) time.Duration {
	const step = Rate / 100
	limit, run, longest := linear(silence)*fullScale, 0, 0
	for at := 0; at+step <= len(pcm); at += step {
		var power float64
		for _, s := range pcm[at : at+step] {
			power += float64(s) * float64(s)
		}
		if math.Sqrt(power/step) < limit {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	return time.Duration(longest) * 10 * time.Millisecond
}

// ActiveLevel is the active speech level by ITU-T P.56 method B. That has a two-stage envelope of 30 ms, fifteen
// thresholds an octave apart, a hang-over of 200 ms, and the level at which the speech stands 15.9 dB above its
// threshold.
func ActiveLevel(pcm []int16) float64 {
	const (
		thresholds = 15
		margin     = 15.9
		hangover   = Rate / 5
	)
	g := math.Exp(-1 / (Rate * 0.03))
	var p, q, energy float64
	var active, since [thresholds]int
	var limits [thresholds]float64
	for j := range since {
		since[j], limits[j] = hangover, math.Pow(2, float64(j-thresholds))
	}
	for _, s := range pcm {
		x := float64(s) / fullScale
		energy += x * x
		p = g*p + (1-g)*math.Abs(x)
		q = g*q + (1-g)*p
		for j := range active {
			switch {
			case q >= limits[j]:
				active[j]++
				since[j] = 0
			case since[j] < hangover:
				active[j]++
				since[j]++
			}
		}
	}
	return interpolate(energy, active[:], margin)
}

// interpolate finds the level whose distance to its threshold is the margin (ITU-T P.56 clause 7.3).
func interpolate(energy float64, active []int, margin float64) float64 {
	if energy == 0 {
		return math.Inf(-1)
	}
	before := 0.0
	for j, n := range active {
		threshold := decibel(math.Pow(2, float64(j-len(active))))
		if n == 0 {
			if j == 0 {
				return math.Inf(-1)
			}
			return 10 * math.Log10(energy/float64(active[j-1]))
		}
		level := 10 * math.Log10(energy/float64(n))
		over := level - threshold
		if over <= margin {
			if j == 0 {
				return level
			}
			last := 10 * math.Log10(energy/float64(active[j-1]))
			share := (before - margin) / (before - over)
			return last + share*(level-last)
		}
		before = over
	}
	return 10 * math.Log10(energy/float64(active[len(active)-1]))
}
