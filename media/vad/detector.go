package vad

// Rate is the sampling rate, and FrameSamples the number of samples of one frame: 20 ms.
const (
	Rate         = 8000 // Hz
	FrameSamples = 160
)

// Frame is 20 ms of 16-bit linear samples at 8 kHz.
type Frame [FrameSamples]int16

// The limits of WebRTC's mode 2 at 20 ms.
const (
	leastEnergy = 10.0     // of a frame, above all bands; below it nothing is speech
	bandLimit   = 78.0 / 4 // bits of log likelihood ratio in one band that mean speech
	sumLimit    = 260.0    // weighted bits in all bands that mean speech
	burstFrames = 6        // frames of speech after which the longer hang-over holds
	hangBurst   = 3        // frames of hang-over after a short burst
	hangSpeech  = 5        // frames of hang-over after longer speech
)

// Detector tells speech from noise, frame by frame. It compares the likelihood of each band under the model of speech and
// the model of noise, and both adapt. A hang-over bridges the soft ends of words. Used by one goroutine.
type Detector struct {
	noise, speech model
	filters       filterbank
	floor         [bands]noiseFloor
	frames        int
	burst         int // frames of speech in a row, at most burstFrames
	hangover      int // frames that still count as speech
}

// NewDetector makes a detector that knows nothing of its line yet. It needs some 200 ms to adapt.
func NewDetector() *Detector {
	d := &Detector{noise: noiseModel(), speech: speechModel()}
	for b := range d.floor {
		d.floor[b].mean = 100
	}
	return d
}

// Speech judges the next frame.
func (d *Detector) Speech(frame *Frame) bool {
	levels, energy := d.filters.levels(frame)
	voiced := energy > leastEnergy && d.judge(&levels)
	switch {
	case voiced:
		d.burst++
		d.hangover = hangBurst
		if d.burst > burstFrames {
			d.burst, d.hangover = burstFrames, hangSpeech
		}
		return true
	case d.hangover > 0:
		d.hangover--
		d.burst = 0
		return true
	}
	d.burst = 0
	return false
}

// judge compares the models, and adapts them.
func (d *Detector) judge(levels *[bands]float64) bool {
	var shareNoise, shareSpeech [bands]float64 // of the first Gaussian
	sum, voiced := 0.0, false
	for b := range bands {
		noise, firstNoise := d.noise.likelihood(b, levels[b])
		speech, firstSpeech := d.speech.likelihood(b, levels[b])
		shareNoise[b], shareSpeech[b] = firstNoise, firstSpeech
		bits := wholeBits(speech) - wholeBits(noise)
		sum += bits * float64(6+2*b)
		voiced = voiced || bits > bandLimit
	}
	voiced = voiced || sum >= sumLimit
	highest := 100.0
	for b := range bands {
		d.adapt(b, levels[b], shareNoise[b], shareSpeech[b], voiced, highest)
		highest = maxSpeech(b)
	}
	d.frames++
	return voiced
}
