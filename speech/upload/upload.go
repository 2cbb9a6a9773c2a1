// Package upload makes a prompt of a sound file that the owner has recorded. It reads WAV, FLAC and OGG Vorbis, and brings the
// sound to the telephone's rate and level as the voices that ship have it. It says what it changed, and refuses what no caller
// should hear, with the figure that it measured. Nothing here runs while a caller waits.
package upload

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/prompts/studio"
	"hotline/speech"
)

// Largest is how large a file may be, in octets: a minute of 48 kHz in stereo and 24 bits is 17 MB.
const Largest = 18 << 20

// ErrRefused is every reason why a file is no prompt; the text says which, and what to do.
var ErrRefused = errors.New("this file is no prompt")

const (
	shortest    = 100 * time.Millisecond
	quietest    = -50.0 // dBov: below it the gain would make a recording of its own noise
	mostClipped = 0.005 // share of samples at full scale
	run         = 3     // samples at full scale one after the other are clipped; a single one may be a peak
)

// Reasons why a file is no prompt, for errors.Is: the text of the error says more, with what was measured.
var (
	ErrSilent     = errors.New("silent")
	ErrQuiet      = errors.New("too quiet")
	ErrOverdriven = errors.New("overdriven")
	ErrShort      = errors.New("too short")
	ErrLong       = errors.New("too long")
)

// Sound is an uploaded file as it will be played.
type Sound struct {
	ALaw    []byte // 8 kHz
	Format  string // wav, flac or ogg
	Changes []string
	Raised  float64       // by how many decibels the mastering made it louder; below 0: softer
	Cut     time.Duration // of silence at the ends; below 0: added
}

// recording is a file as it was recorded.
type recording struct {
	format   string
	rate     int
	channels int
	pcm      []int16 // the mean of the channels
	clipped  int     // samples of all channels that stand in runs at full scale
}

// Take reads a file and masters it as a prompt of a class.
func Take(file []byte, c prompts.Class) (Sound, error) {
	r, err := read(file)
	if err != nil {
		return Sound{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := r.fits(c); err != nil {
		return Sound{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	studied := speech.ForStudio(speech.Samples{Rate: r.rate, PCM: r.pcm})
	before, err := r.judge(studied)
	if err != nil {
		return Sound{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	alaw, err := speech.Mastered(studied, c)
	if err != nil {
		return Sound{}, fmt.Errorf("%w: %w", ErrRefused, refusal{ErrSilent, "nothing but silence is in it; record it again"})
	}
	after := speech.Measured(alaw)
	return Sound{
		ALaw: alaw, Format: r.format, Changes: r.changes(before, after, len(alaw)),
		Raised: after.Level - before.Level, Cut: r.lasts() - lasts(len(alaw)),
	}, nil
}

// lasts is how long the recording is.
func (r recording) lasts() time.Duration {
	return time.Duration(len(r.pcm)) * time.Second / time.Duration(r.rate)
}

// fits refuses a recording that is too short or too long.
func (r recording) fits(c prompts.Class) error {
	switch {
	case r.lasts() < shortest:
		return refusal{ErrShort, fmt.Sprintf("it lasts %d ms, less than %d; record it again", r.lasts().Milliseconds(), shortest.Milliseconds())}
	case r.lasts() > replaced.Longest(c)+10*time.Second: // silence at the ends is cut
		return refusal{ErrLong, fmt.Sprintf("it lasts %s, and this prompt may last %s; shorten it", r.lasts().Round(time.Second), replaced.Longest(c))}
	}
	return nil
}

// judge measures a recording, and refuses it for a reason that it has measured.
func (r recording) judge(studied speech.Samples) (studio.Measured, error) {
	m := studio.Measure(speech.AtTelephoneRate(studied))
	switch {
	case math.IsInf(m.Level, -1):
		return m, refusal{ErrSilent, "nothing but silence is in it; record it again"}
	case m.Level < quietest:
		return m, refusal{ErrQuiet, fmt.Sprintf("it is too quiet: its level is %.1f dBov, less than %.0f; record it again, closer to the microphone", m.Level, quietest)}
	case float64(r.clipped) > mostClipped*float64(len(r.pcm)*r.channels):
		return m, refusal{ErrOverdriven, fmt.Sprintf("it is overdriven: %.1f %% of its samples are clipped; record it again at a lower level", 100*float64(r.clipped)/float64(len(r.pcm)*r.channels))}
	}
	return m, nil
}

// changes says what the mastering did, with figures; octets is how long the result is. What reads as it was is no change.
func (r recording) changes(before, after studio.Measured, octets int) (list []string) {
	same := func(figure string, was, is float64) bool { return fmt.Sprintf(figure, was) == fmt.Sprintf(figure, is) }
	if !same("%.1f", before.Level, after.Level) {
		list = append(list, fmt.Sprintf("level: %.1f dBov became %.1f", before.Level, after.Level))
	}
	if r.rate != studio.Rate {
		list = append(list, fmt.Sprintf("rate: %d Hz became %d", r.rate, studio.Rate))
	}
	if r.channels > 1 {
		list = append(list, fmt.Sprintf("channels: %d were mixed into one", r.channels))
	}
	if r.clipped > 0 {
		list = append(list, fmt.Sprintf("clipping: %d samples stand at full scale; record it again at a lower level", r.clipped))
	}
	if now := lasts(octets); !same("%.2f", r.lasts().Seconds(), now.Seconds()) {
		list = append(list, fmt.Sprintf("silence at the ends: %.2f s became %.2f", r.lasts().Seconds(), now.Seconds()))
	}
	return list
}

// lasts is how long a mastered sound is.
func lasts(octets int) time.Duration { return time.Duration(octets) * time.Second / studio.Rate }

// LargestPack is how large a zip file of prompts may be, in octets.
const LargestPack = 64 << 20

// Sounds tells whether a WAV file of 8 kHz is the very sound that stands: a pack that was written from it.
func Sounds(file, alaw []byte) bool {
	r, err := read(file)
	return err == nil && r.rate == studio.Rate && r.channels == 1 && bytes.Equal(g711.ALaw.Octets(r.pcm), alaw)
}

// Shown is the name of a file as answers repeat it: short, and without what a terminal would act on.
func Shown(name string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
	if runes := []rune(plain); len(runes) > 200 {
		return string(runes[:200])
	}
	return plain
}
