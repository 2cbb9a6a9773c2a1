package vad

import "math"

// unit is the level of one decibel: the models count in sixteenths.
const unit = 16.0

// filterbank splits a frame into the six bands by a tree of half-band all-pass pairs, and removes what is below 80 Hz. Its
// state goes on from frame to frame.
type filterbank struct {
	upper, lower [5]float64 // of each pair
	highpass     [4]float64
}

// offset is the level that each band adds, in units.
func offset(b int) float64 {
	return [bands]float64{368, 368, 272, 176, 176, 176}[b]
}

// levels are the levels of the bands in decibels, and the energy of the frame in all of them.
func (f *filterbank) levels(frame *Frame) (levels [bands]float64, total float64) {
	var in [FrameSamples]float64
	for i, s := range frame {
		in[i] = float64(s)
	}
	var high, low [FrameSamples / 2]float64
	f.split(0, in[:], high[:], low[:])
	var hh, hl, lh, ll [FrameSamples / 4]float64
	f.split(1, high[:], hh[:], hl[:])
	f.split(2, low[:], lh[:], ll[:])
	var mid, bass [FrameSamples / 8]float64
	f.split(3, ll[:], mid[:], bass[:])
	var upper, deep [FrameSamples / 16]float64
	f.split(4, bass[:], upper[:], deep[:])
	f.above80(deep[:])
	for b, signal := range [bands][]float64{deep[:], upper[:], mid[:], lh[:], hl[:], hh[:]} {
		energy := 0.0
		for _, s := range signal {
			energy += s * s
		}
		total += energy
		levels[b] = (max(0, 160*math.Log10(max(energy, 1))) + offset(b)) / unit
	}
	return levels, total
}

// split halves the band: all-pass filters on the even and the odd samples, their difference above, their sum below.
func (f *filterbank) split(n int, in, high, low []float64) {
	const first, second = 20972.0 / 32768, 5571.0 / 32768
	upper, lower := f.upper[n], f.lower[n]
	for i := range high {
		even, odd := in[2*i], in[2*i+1]
		a, b := upper+first*even, lower+second*odd
		upper, lower = even-first*a, odd-second*b
		high[i], low[i] = (a-b)/2, (a+b)/2
	}
	f.upper[n], f.lower[n] = upper, lower
}

// above80 is a high-pass of second order at 80 Hz, at the 500 Hz sampling of the lowest band.
func (f *filterbank) above80(s []float64) {
	const z0, z1, z2, p1, p2 = 6631.0 / 16384, -13262.0 / 16384, 6631.0 / 16384, -7756.0 / 16384, 5620.0 / 16384
	h0, h1, h2, h3 := f.highpass[0], f.highpass[1], f.highpass[2], f.highpass[3]
	for i, v := range s {
		out := z0*v + z1*h0 + z2*h1 - p1*h2 - p2*h3
		h0, h1, h2, h3 = v, h0, out, h2
		s[i] = out
	}
	f.highpass = [...]float64{h0, h1, h2, h3}
}
