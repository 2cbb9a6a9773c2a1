package readback

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// coefficients is how many a frame of 10 ms has.
const coefficients = 13

// features are how sound is looked at.
func features() []string {
	return []string{"-samprate", "8000", "-lowerf", "200", "-upperf", "3500", "-nfilt", "20", "-transform", "dct", "-lifter", "22"}
}

// extract has Sphinx's front end look at the sounds of a list: FROM/NAME.raw becomes TO/NAME.mfc.
func extract(dir, list, from, to string) error {
	args := append([]string{"-c", list, "-di", from, "-ei", "raw", "-do", to, "-eo", "mfc", "-raw", "yes", "-input_endian", "little", "-ncep", fmt.Sprint(coefficients)}, features()...)
	return run(dir, "sphinx_fe", args...)
}

// normalise takes the mean of one speaker's speech off his features, and makes their spread one: what is left is what he says, and
// not who says it over which line. One short sound by itself would be told from nothing. Mean and spread are those of the files that are
// measured, so that a sound of which much is asked does not count more than others.
func normalise(files, measured []string) error {
	all := map[string][]float32{}
	var loudness []float32
	for _, f := range files {
		x, err := readFeatures(f)
		if err != nil {
			return err
		}
		all[f] = x
	}
	for _, f := range measured {
		for x, i := all[f], 0; i < len(x); i += coefficients {
			loudness = append(loudness, x[i])
		}
	}
	if len(loudness) == 0 {
		return fmt.Errorf("%d sounds without any frame", len(files))
	}
	slices.Sort(loudness)
	speech := loudness[len(loudness)*95/100] - 30 // 29 dB below the loud frames, with 20 filters
	var sum, squares [coefficients]float64
	n := 0.0
	for _, f := range measured {
		x := all[f]
		for i := 0; i+coefficients <= len(x); i += coefficients {
			if x[i] < speech {
				continue
			}
			n++
			for c := range coefficients {
				sum[c] += float64(x[i+c])
				squares[c] += float64(x[i+c]) * float64(x[i+c])
			}
		}
	}
	for f, x := range all {
		for i := range x {
			c := i % coefficients
			mean := sum[c] / n
			spread := math.Sqrt(squares[c]/n - mean*mean)
			x[i] = float32((float64(x[i]) - mean) / (spread + 0.01))
		}
		if err := writeFeatures(f, x); err != nil {
			return err
		}
	}
	return nil
}

// readFeatures reads a file of features: their number, and each as 32 bits.
func readFeatures(name string) ([]float32, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var order binary.ByteOrder = binary.LittleEndian
	if len(b) >= 4 && int(order.Uint32(b)) != len(b)/4-1 {
		order = binary.BigEndian
	}
	if len(b) < 4 || int(order.Uint32(b)) != len(b)/4-1 {
		return nil, fmt.Errorf("%s holds no features", filepath.Base(name))
	}
	x := make([]float32, len(b)/4-1)
	for i := range x {
		x[i] = math.Float32frombits(order.Uint32(b[4+4*i:]))
	}
	return x, nil
}

func writeFeatures(name string, x []float32) error {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(x)))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return os.WriteFile(name, b, 0o600)
}
