package vad

const (
	noiseRate           = 655.0 / 32768  // step of the means of noise, a frame
	speechRate          = 6554.0 / 32768 // step of the means of speech, a frame
	floorRate           = 154.0 / 256    // of the way from the means of noise to the noise floor, a frame
	leastDeviation      = 3.0            // no Gaussian gets narrower
	speechDeviationRate = 0.025          // step of the deviations of speech, a frame
	noiseDeviationRate  = 1.0 / 1024     // step of the deviations of noise, a frame
	floorMemory         = 100            // frames after which the noise floor forgets a level
)

// leastGap is how far apart the means of speech and noise stay in a band, in decibels.
func leastGap(b int) float64 {
	if b < 2 {
		return 17
	}
	return 18
}

// maxSpeech and maxNoise are the highest means in a band, in decibels.
func maxSpeech(b int) float64 {
	if b < 2 {
		return 89
	}
	return 90
}

func maxNoise(b int) float64 { return 72 - float64(b) }

// adapt moves the models of one band towards what was heard: the model of noise when nobody spoke, the model of speech when
// somebody did. A share below 0 stands for a level that neither Gaussian explains. highest is the highest mean of speech
// in the band below.
func (d *Detector) adapt(b int, level, shareNoise, shareSpeech float64, voiced bool, highest float64) {
	floor := d.floor[b].track(level, d.frames)
	before := d.noise.bandMean(b)
	for k := range mixtures {
		n, s := weightOf(k, shareNoise, 1), weightOf(k, shareSpeech, 0)
		mean, deviation := &d.noise.mean[k][b], &d.noise.deviation[k][b]
		z := (level - *mean) / *deviation
		if !voiced {
			*mean += noiseRate * n * z / *deviation
		}
		*mean += floorRate * (floor - before)
		*mean = min(max(*mean, float64(k+5)), float64(72+k-b))
		if !voiced {
			*deviation = max(leastDeviation, *deviation+noiseDeviationRate*n*(z*z-1)/(*deviation))
			continue
		}
		mean, deviation = &d.speech.mean[k][b], &d.speech.deviation[k][b]
		z = (level - *mean) / *deviation
		*mean = min(max(*mean+speechRate*s*z/(*deviation), 5+float64(k)), highest+5)
		*deviation = max(leastDeviation, *deviation+speechDeviationRate*s*(z*z-1)/(*deviation))
	}
	d.separate(b)
}

// weightOf is the share of the k-th Gaussian. When nothing explains the level, the first Gaussian has the share alone.
func weightOf(k int, first, alone float64) float64 {
	switch {
	case first < 0 && k == 0:
		return alone
	case first < 0:
		return 0
	case k == 0:
		return first
	}
	return 1 - first
}

// separate keeps the models of a band apart and within bounds.
func (d *Detector) separate(b int) {
	if gap := d.speech.bandMean(b) - d.noise.bandMean(b); gap < leastGap(b) {
		short := leastGap(b) - gap
		d.speech.shift(b, 13.0/16*short)
		d.noise.shift(b, -3.0/16*short)
	}
	if over := d.speech.bandMean(b) - maxSpeech(b); over > 0 {
		d.speech.shift(b, -over)
	}
	if over := d.noise.bandMean(b) - maxNoise(b); over > 0 {
		d.noise.shift(b, -over)
	}
}

// noiseFloor follows the noise floor of one band: the third smallest level of the last hundred frames, smoothed.
type noiseFloor struct {
	smallest [16]float64 // levels, rising
	age      [16]int     // of each, in frames
	n        int
	mean     float64 // the smoothed floor, in decibels
}

// track takes the level of the next frame, and gives the floor.
func (m *noiseFloor) track(level float64, frames int) float64 {
	kept := 0
	for i := range m.n {
		if m.age[i]++; m.age[i] <= floorMemory {
			m.smallest[kept], m.age[kept] = m.smallest[i], m.age[i]
			kept++
		}
	}
	m.n = kept
	at := 0
	for at < m.n && m.smallest[at] <= level {
		at++
	}
	if at < len(m.smallest) {
		m.n = min(m.n+1, len(m.smallest))
		copy(m.smallest[at+1:m.n], m.smallest[at:])
		copy(m.age[at+1:m.n], m.age[at:])
		m.smallest[at], m.age[at] = level, 1
	}
	median := 100.0
	switch {
	case frames > 2 && m.n > 2:
		median = m.smallest[2]
	case frames > 0 && m.n > 0:
		median = m.smallest[0]
	}
	if frames > 0 {
		keep := 0.99
		if median < m.mean {
			keep = 0.2
		}
		m.mean = keep*m.mean + (1-keep)*median
	}
	return m.mean
}
