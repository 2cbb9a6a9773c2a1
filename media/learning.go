package media

const (
	noiseRate    = 655.0 / 32768  // of the noise means
	speechRate   = 6554.0 / 32768 // of the speech means
	floorRate    = 154.0 / 256    // of the way from the noise means to the floor, a frame
	leastSpread  = 3.0            // no Gaussian gets narrower
	speechSpread = 0.025          // of the speech deviations
	noiseSpread  = 1.0 / 1024     // of the noise deviations
)

// leastGap is how far apart the means of speech and noise are kept in a band.
func leastGap(b int) float64 {
	if b < 2 {
		return 17
	}
	return 18
}

// maxSpeech and maxNoise are the highest means in a band.
func maxSpeech(b int) float64 {
	if b < 2 {
		return 89
	}
	return 90
}

func maxNoise(b int) float64 { return 72 - float64(b) }

// learn moves the models of one band towards what was heard: noise when nobody spoke, speech when somebody did.
// A share below 0 stands for a level that neither Gaussian explains.
func (d *detector) learn(b int, x, shareN, shareS float64, voiced bool, highest float64) {
	floor := d.floor[b].track(x, d.frames)
	before := d.noise.global(b)
	for k := range mixtures {
		n, s := weightOf(k, shareN, 1), weightOf(k, shareS, 0)
		mean, spread := &d.noise.mean[k][b], &d.noise.deviation[k][b]
		z := (x - *mean) / *spread
		if !voiced {
			*mean += noiseRate * n * z / *spread
		}
		*mean += floorRate * (floor - before)
		*mean = min(max(*mean, float64(k+5)), float64(72+k-b))
		if !voiced {
			*spread = max(leastSpread, *spread+noiseSpread*n*(z*z-1)/(*spread))
			continue
		}
		mean, spread = &d.speechy.mean[k][b], &d.speechy.deviation[k][b]
		z = (x - *mean) / *spread
		*mean = min(max(*mean+speechRate*s*z/(*spread), 5+float64(k)), highest+5)
		*spread = max(leastSpread, *spread+speechSpread*s*(z*z-1)/(*spread))
	}
	d.separate(b)
}

// weightOf is the k-th Gaussian's share; when nothing explains the level, the first noise Gaussian takes lone of it.
func weightOf(k int, first, lone float64) float64 {
	switch {
	case first < 0 && k == 0:
		return lone
	case first < 0:
		return 0
	case k == 0:
		return first
	}
	return 1 - first
}

// separate keeps the models of a band apart and within bounds.
func (d *detector) separate(b int) {
	if gap := d.speechy.global(b) - d.noise.global(b); gap < leastGap(b) {
		short := leastGap(b) - gap
		d.speechy.shift(b, 13.0/16*short)
		d.noise.shift(b, -3.0/16*short)
	}
	if over := d.speechy.global(b) - maxSpeech(b); over > 0 {
		d.speechy.shift(b, -over)
	}
	if over := d.noise.global(b) - maxNoise(b); over > 0 {
		d.noise.shift(b, -over)
	}
}

// minimum follows the floor of one band: the third smallest level of the last hundred frames, smoothed.
type minimum struct {
	smallest [16]float64
	age      [16]int
	n        int
	mean     float64
}

func (m *minimum) track(x float64, frames int) float64 {
	kept := 0
	for i := range m.n {
		if m.age[i]++; m.age[i] <= forgetful {
			m.smallest[kept], m.age[kept] = m.smallest[i], m.age[i]
			kept++
		}
	}
	m.n = kept
	at := 0
	for at < m.n && m.smallest[at] <= x {
		at++
	}
	if at < len(m.smallest) {
		m.n = min(m.n+1, len(m.smallest))
		copy(m.smallest[at+1:m.n], m.smallest[at:])
		copy(m.age[at+1:m.n], m.age[at:])
		m.smallest[at], m.age[at] = x, 1
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
