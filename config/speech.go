package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"
)

// speech finds what is wrong with the voice for free text.
func (k *checker) speech(s Speech) {
	if s.Timeout < time.Second || s.Timeout > time.Minute {
		k.complain("speech.timeout", s.Timeout.String()+" is out of bounds", "use 1s to 1m")
	}
	switch s.Driver {
	case SpeechNone:
	case SpeechCommand:
		if len(s.Command) == 0 || s.Command[0] == "" {
			k.complain("speech.command", "no program is named", `write the program and its arguments, such as [pico2wave, "--lang={voice}", "--wave={file}", "{text}"]`)
		}
	case SpeechHTTP:
		if u, err := url.Parse(s.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			k.complain("speech.url", fmt.Sprintf("%q is no address of a server", short(s.URL)), "write the whole address, such as http://127.0.0.1:8000/v1/audio/speech")
		}
	default:
		k.complain("speech.driver", fmt.Sprintf("%q is unknown", short(string(s.Driver))), "use none, command or http")
	}
	switch l := s.RecordingLine; {
	case l.Number != "" && len(l.Engineers) == 0:
		k.complain("speech.recording_line.engineers", "nobody may call the recording line", "name the engineers who may replace what callers hear, by their ids, or leave out the number")
	case l.Number == "" && len(l.Engineers) > 0:
		k.complain("speech.recording_line.number", "the recording line has no number", "write the number of the line that is called to replace what callers hear, or leave out the engineers")
	}
	for _, lang := range slices.Sorted(maps.Keys(s.Voices)) {
		if !spoken(lang) {
			k.complain("speech.voices", fmt.Sprintf("the line does not speak %q", short(string(lang))), "name a voice for "+spokenLanguages(" and for "))
		}
	}
}
