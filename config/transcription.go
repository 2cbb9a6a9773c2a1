package config

import (
	"fmt"
	"net/url"
	"time"
)

// Transcription is the recogniser that puts callers' recordings into text, in the background. Nobody on the telephone waits for it.
type Transcription struct {
	Driver  TranscriptionDriver `yaml:"driver"`
	Command []string            `yaml:"command"`  // of driver command: a program and its arguments, run without a shell
	URL     string              `yaml:"url"`      // of driver http
	Model   string              `yaml:"model"`    // of driver http
	KeyFile string              `yaml:"key_file"` // of driver http: a file that holds the bearer token alone; empty: none
	Timeout time.Duration       `yaml:"timeout"`  // of one recording
	Rate    int                 `yaml:"rate"`     // Hz of the sound that the recogniser gets: 16000, or 8000
}

// TranscriptionDriver is the way to a recogniser.
type TranscriptionDriver string

// No recogniser, a program of this machine, or a server that speaks OpenAI's /v1/audio/transcriptions.
const (
	TranscriptionNone    TranscriptionDriver = "none"
	TranscriptionCommand TranscriptionDriver = "command"
	TranscriptionHTTP    TranscriptionDriver = "http"
)

// transcription finds what is wrong with the recogniser.
func (k *checker) transcription(t Transcription) {
	if t.Timeout < 5*time.Second || t.Timeout > 25*time.Minute {
		k.complain("transcription.timeout", t.Timeout.String()+" is out of bounds", "use 5s to 25m")
	}
	if t.Rate != 8000 && t.Rate != 16000 {
		k.complain("transcription.rate", fmt.Sprintf("%d is no rate that is given", t.Rate), "use 16000, or 8000 for a recogniser made for the telephone")
	}
	switch t.Driver {
	case TranscriptionNone:
	case TranscriptionCommand:
		if len(t.Command) == 0 || t.Command[0] == "" {
			k.complain("transcription.command", "no program is named", `write the program and its arguments, such as [/usr/local/bin/transcribe, "{language}", "{file}"]`)
		}
	case TranscriptionHTTP:
		if u, err := url.Parse(t.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			k.complain("transcription.url", fmt.Sprintf("%q is no address of a server", short(t.URL)), "write the whole address, such as http://127.0.0.1:8000/v1/audio/transcriptions")
		}
	default:
		k.complain("transcription.driver", fmt.Sprintf("%q is unknown", short(string(t.Driver))), "use none, command or http")
	}
}
