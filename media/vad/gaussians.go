package vad

import "math"

const (
	bands    = 6 // 80-250, 250-500, 500-1000, 1000-2000, 2000-3000, 3000-4000 Hz
	mixtures = 2 // Gaussians of a model in each band
)

// model is a mixture of two Gaussians for each band. Means and deviations are levels in decibels.
type model struct {
	weight, mean, deviation [mixtures][bands]float64
}

// noiseModel and speechModel are what a detector starts with: the figures published with the WebRTC voice activity detector.
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

// bandMean is the mean of the whole mixture in a band.
func (m *model) bandMean(b int) float64 {
	return m.weight[0][b]*m.mean[0][b] + m.weight[1][b]*m.mean[1][b]
}

// shift moves both means of a band.
func (m *model) shift(b int, by float64) {
	m.mean[0][b] += by
	m.mean[1][b] += by
}

// likelihood is how likely a level is in a band, and the share of the first Gaussian in it. The share is -1 where neither
// Gaussian explains the level.
func (m *model) likelihood(b int, level float64) (likelihood, first float64) {
	var p [mixtures]float64
	for k := range mixtures {
		z := (level - m.mean[k][b]) / m.deviation[k][b]
		if z*z/2 < 22005.0/1024 {
			p[k] = m.weight[k][b] * math.Exp(-z*z/2) / m.deviation[k][b]
		}
	}
	if likelihood = p[0] + p[1]; likelihood == 0 {
		return 0, -1
	}
	return likelihood, p[0] / likelihood
}

// wholeBits is the integer logarithm for which the limits were set: likelihoods below 2^-27 count as nothing.
func wholeBits(likelihood float64) float64 {
	if likelihood < 1.0/(1<<27) {
		return -28
	}
	return float64(math.Ilogb(likelihood))
}
