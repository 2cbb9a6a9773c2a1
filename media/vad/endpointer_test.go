package vad_test

import (
	"testing"
	"time"

	"hotline/media/mediatest"
	"hotline/media/vad"
)

func TestAMessageEndsAfterItsLastWordAndNotInAPause(t *testing.T) {
	for _, c := range []struct {
		name         string
		level, noise float64
	}{{"quiet room", 6000, 5}, {"soft voice", 1200, 5}, {"noisy line", 6000, 120}, {"digital silence", 6000, 0}} {
		t.Run(c.name, func(t *testing.T) {
			s := mediatest.NewSpeaker(c.level, c.noise)
			e := vad.NewEndpointer(0, 0)
			message := append(s.Silence(2*time.Second), s.Speech(4*time.Second)...)
			message = append(message, s.Silence(1700*time.Millisecond)...)
			message = append(message, s.Speech(3*time.Second)...)
			if v := feed(e, message); v.ended || v.never {
				t.Fatalf("the message was cut short after %v", v.at)
			}
			v := feed(e, s.Silence(5*time.Second))
			if !v.ended || v.at < 2*time.Second || v.at > 3*time.Second {
				t.Errorf("ended %v, %v after the last word", v.ended, v.at)
			}
		})
	}
}

type heard struct {
	ended, never bool
	at           time.Duration
}

// feed gives sound to an endpointer, frame by frame, until it says that somebody has finished.
func feed(e *vad.Endpointer, sound []int16) heard {
	for at := 0; at+160 <= len(sound); at += 160 {
		switch e.Feed(sound[at : at+160]) {
		case vad.SpeechEnded:
			return heard{ended: true, at: time.Duration(at) * time.Second / 8000}
		case vad.NeverSpoke:
			return heard{never: true, at: time.Duration(at) * time.Second / 8000}
		}
	}
	return heard{}
}

func TestWhoSaysNothingIsNotWaitedForLongerThanSixSeconds(t *testing.T) {
	for _, noise := range []float64{0, 10, 200} {
		s := mediatest.NewSpeaker(0, noise)
		v := feed(vad.NewEndpointer(0, 0), s.Silence(20*time.Second))
		if !v.never || v.at < 5900*time.Millisecond || v.at > 7500*time.Millisecond {
			t.Errorf("noise %v: never %v at %v", noise, v.never, v.at)
		}
	}
}
