package waveform

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

const (
	rate    = 8000       // samples a second
	columns = 240        // of a drawing
	height  = 48         // of a drawing
	window  = rate / 10  // samples that are loud or silent together
	longest = 1.5        // seconds of silence that are worth a jump
	edge    = 0.3        // seconds of it that stay on both sides, so that no word is cut
	noise   = 200        // amplitude under which nobody speaks on any line,
	share   = 20         // and the part of the loud ones of this recording
	whole   = 1<<15 - 1. // amplitude
)

// draw makes a waveform of samples. Its root says how long the sound is in seconds, and where it is silent: "2.3-7.9 12.0-15.5".
func draw(samples []int16) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" preserveAspectRatio="none" data-seconds="%.2f" data-silent="%s"><path fill="none" stroke="#6b7685" stroke-width=".7" d="`,
		columns, height, float64(len(samples))/rate, strings.Join(silent(samples), " "))
	for i := range columns {
		part := samples[i*len(samples)/columns : (i+1)*len(samples)/columns]
		half := max(.5, peak(part)/whole*height/2)
		fmt.Fprintf(&b, "M%d.5 %.1fV%.1f", i, height/2-half, height/2+half)
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes()
}

// peak is the largest amplitude.
func peak(samples []int16) float64 {
	most := 0
	for _, s := range samples {
		most = max(most, int(s), -int(s))
	}
	return min(float64(most), whole)
}

// silent are the stretches in which nobody speaks.
func silent(samples []int16) []string {
	var peaks []float64
	for part := range slices.Chunk(samples, window) {
		peaks = append(peaks, peak(part))
	}
	if len(peaks) == 0 {
		return nil
	}
	loud := slices.Sorted(slices.Values(peaks))[len(peaks)*95/100]
	bound := max(noise, loud/share)
	var list []string
	begin := -1
	for i := range len(peaks) + 1 {
		if i < len(peaks) && peaks[i] < bound {
			if begin < 0 {
				begin = i
			}
			continue
		}
		if from, to := float64(begin)/10, float64(i)/10; begin >= 0 && to-from >= longest {
			list = append(list, fmt.Sprintf("%.1f-%.1f", from+edge, to-edge))
		}
		begin = -1
	}
	return list
}
