package vad_test

import (
	"fmt"
	"time"

	"hotline/media/mediatest"
	"hotline/media/vad"
)

// Somebody speaks for three seconds and is silent then.
func ExampleEndpointer() {
	speaker, endpointer := mediatest.NewSpeaker(6000, 5), vad.NewEndpointer(time.Second, 0)
	endpointer.Feed(speaker.Speech(3 * time.Second))
	fmt.Println(endpointer.Spoke(), endpointer.Feed(speaker.Silence(3*time.Second)) == vad.SpeechEnded)
	// Output: true true
}
