package media

import "math"

const (
	bands     = 6 // 80-250, 250-500, 500-1000, 1000-2000, 2000-3000, 3000-4000 Hz
	mixtures  = 2 // Gaussians that model noise, and as many for speech, in each band
	leastSum  = 10.0
	unit      = 16.0 // a band's feature is its energy in sixteenths of a decibel
	forgetful = 100  // frames after which a minimum is forgotten
)

// model is two Gaussians a band. The figures that detectors start with are those published with the WebRTC voice activity
// detector; its mode 2 for 20 ms frames gives the limits. Means and deviations are decibels.
type model struct {
	weight, mean, deviation [mixtures][bands]float64
}

func noiseModel() model {
	return model{
		weight:    [2][6]float64{{34, 62, 72, 66, 53, 25}, {94, 66, 56, 62, 75, 103}},
		mean:      [2][6]float64{{6738, 4892, 7065, 6715, 6771, 3369}, {7646, 3863, 7820, 7266, 5020, 4362}},
		deviation: [2][6]float64{{378, 1064, 493, 582, 688, 593}, {474, 697, 475, 688, 421, 455}},
	}.scaled()
}

func speechModel() model {
	return model{
		weight:    [2][6]float64{{48, 82, 45, 87, 50, 47}, {80, 46, 83, 41, 78, 81}},
		mean:      [2][6]float64{{8306, 10085, 10078, 11823, 11843, 6309}, {9473, 9571, 10879, 7581, 8180, 7483}},
		deviation: [2][6]float64{{555, 505, 567, 524, 585, 1231}, {509, 828, 492, 1540, 1079, 850}},
	}.scaled()
}

// scaled turns the published integers (weights of 128, levels of 128 a unit) into plain numbers.
func (m model) scaled() model {
	for k := range mixtures {
		for b := range bands {
			m.weight[k][b] /= 128
			m.mean[k][b] /= 128
			m.deviation[k][b] /= 128
		}
	}
	return m
}

// global is the model's mean in a band.
func (m *model) global(b int) float64 {
	return m.weight[0][b]*m.mean[0][b] + m.weight[1][b]*m.mean[1][b]
}

func (m *model) shift(b int, by float64) {
	m.mean[0][b] += by
	m.mean[1][b] += by
}

// detector tells speech from noise, frame by frame: the likelihood of each band under two mixtures of Gaussians, one
// for speech and one for noise, that learn as they go. A hang-over bridges the soft ends of words. Used by one goroutine.
type detector struct {
	noise, speechy model
	filters        filters
	floor          [bands]minimum
	frames         int
	run            int // frames of speech in a row
	hangover       int
}

func newDetector() detector {
	d := detector{noise: noiseModel(), speechy: speechModel()}
	for b := range d.floor {
		d.floor[b].mean = 100
	}
	return d
}

// limits of mode 2 at 20 ms
const (
	bandLimit = 78.0 / 4 // bits of log likelihood in one band that mean speech
	sumLimit  = 260.0    // weighted bits in all bands
	afterFew  = 3        // frames of hang-over after a short burst
	afterMany = 5        // after more than manyRun frames of speech
	manyRun   = 6
)

// speech judges one frame of 20 ms.
func (d *detector) speech(frame *[frameSamples]int16) bool {
	features, total := d.filters.features(frame)
	voiced := total > leastSum && d.judge(&features)
	switch {
	case voiced:
		d.run++
		d.hangover = afterFew
		if d.run > manyRun {
			d.run, d.hangover = manyRun, afterMany
		}
		return true
	case d.hangover > 0:
		d.hangover--
		d.run = 0
		return true
	}
	d.run = 0
	return false
}

// judge compares the models and lets them learn.
func (d *detector) judge(x *[bands]float64) bool {
	var shareN, shareS [bands]float64 // of the first Gaussian
	sum, voiced := 0.0, false
	for b := range bands {
		hn, sn := d.noise.likelihood(b, x[b])
		hs, ss := d.speechy.likelihood(b, x[b])
		shareN[b], shareS[b] = sn, ss
		bits := wholeBits(hs) - wholeBits(hn)
		sum += bits * float64(6+2*b)
		voiced = voiced || bits > bandLimit
	}
	voiced = voiced || sum >= sumLimit
	highest := 100.0
	for b := range bands {
		d.learn(b, x[b], shareN[b], shareS[b], voiced, highest)
		highest = maxSpeech(b)
	}
	d.frames++
	return voiced
}

// likelihood is that of level x in a band, and the first Gaussian's share of it.
func (m *model) likelihood(b int, x float64) (h, first float64) {
	var p [mixtures]float64
	for k := range mixtures {
		z := (x - m.mean[k][b]) / m.deviation[k][b]
		if z*z/2 < 22005.0/1024 {
			p[k] = m.weight[k][b] * math.Exp(-z*z/2) / m.deviation[k][b]
		}
	}
	if h = p[0] + p[1]; h == 0 {
		return 0, -1
	}
	return h, p[0] / h
}

// wholeBits is the integer logarithm that the limits were set for: likelihoods below 2^-27 are nothing.
func wholeBits(h float64) float64 {
	if h < 1.0/(1<<27) {
		return -28
	}
	return float64(math.Ilogb(h))
}
