package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"hotline/transcription"
)

// bounds of an answer
const (
	mostSegments = 2000
	longestText  = 2000 // characters of a segment
)

// answer is the JSON of the recognisers that are known, all at once.
type answer struct {
	Language string  `json:"language"`
	Text     *string `json:"text"`
	Segments []whole `json:"segments"`      // OpenAI's verbose_json, faster-whisper
	Pieces   []piece `json:"transcription"` // whisper.cpp's --output-json
	Words    []word  `json:"result"`        // Vosk
}

type whole struct {
	Start      float64  `json:"start"`
	End        float64  `json:"end"`
	Text       string   `json:"text"`
	LogProb    *float64 `json:"avg_logprob"`
	NoSpeech   float64  `json:"no_speech_prob"`
	Confidence float64  `json:"confidence"`
}

type piece struct {
	Text    string `json:"text"`
	Offsets struct {
		From int64 `json:"from"` // ms
		To   int64 `json:"to"`
	} `json:"offsets"`
	Tokens []struct {
		P float64 `json:"p"`
	} `json:"tokens"`
}

type word struct {
	Word  string  `json:"word"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
	Conf  float64 `json:"conf"`
}

// Read reads a recogniser's answer: plain text, whisper.cpp's JSON, Vosk's, or that of OpenAI's verbose_json. What is neither text
// nor one of these is [ErrRubbish]. An empty answer is one without words.
func Read(b []byte) (Heard, error) {
	if !utf8.Valid(b) || bytes.ContainsRune(b, 0) {
		return Heard{}, fmt.Errorf("%d octets that are no text: %w", len(b), ErrRubbish)
	}
	text := strings.TrimSpace(string(b))
	if !strings.HasPrefix(text, "{") {
		return plainText(text)
	}
	var a answer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return Heard{}, fmt.Errorf("JSON that cannot be read: %w: %w", err, ErrRubbish)
	}
	h := Heard{Language: a.Language}
	switch {
	case a.Segments != nil:
		for _, s := range a.Segments {
			h.Segments = append(h.Segments, s.segment())
		}
	case a.Pieces != nil:
		for _, p := range a.Pieces {
			h.Segments = append(h.Segments, p.segment())
		}
	case a.Words != nil:
		h.Segments = phrases(a.Words)
	case a.Text != nil:
		return plainText(strings.TrimSpace(*a.Text))
	default:
		return Heard{}, fmt.Errorf("JSON without a text: %w", ErrRubbish)
	}
	return h, h.check()
}

// check refuses what no recogniser of speech says.
func (h Heard) check() error {
	if len(h.Segments) > mostSegments {
		return fmt.Errorf("%d segments: %w", len(h.Segments), ErrRubbish)
	}
	for _, s := range h.Segments {
		if len(s.Text) > longestText || s.From < 0 || s.To < s.From {
			return fmt.Errorf("a segment of %d octets from %v to %v: %w", len(s.Text), s.From, s.To, ErrRubbish)
		}
	}
	if len(h.Language) > 20 {
		return fmt.Errorf("a language of %d letters: %w", len(h.Language), ErrRubbish)
	}
	return nil
}

func plainText(text string) (Heard, error) {
	var h Heard
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l != "" {
			h.Segments = append(h.Segments, transcription.Segment{Text: l})
		}
	}
	return h, h.check()
}

// segment of verbose_json: Whisper itself takes a piece for silence whose probability of no speech is high and whose words are
// improbable.
func (s whole) segment() transcription.Segment {
	confidence := s.Confidence
	if s.LogProb != nil {
		confidence = math.Exp(min(*s.LogProb, 0))
		if s.NoSpeech > 0.6 && *s.LogProb < -1 {
			confidence = 0.01
		}
	}
	return transcription.Segment{From: seconds(s.Start), To: seconds(s.End), Text: s.Text, Confidence: known(confidence)}
}

func (p piece) segment() transcription.Segment {
	sum := 0.0
	for _, t := range p.Tokens {
		sum += t.P
	}
	if len(p.Tokens) > 0 {
		sum /= float64(len(p.Tokens))
	}
	return transcription.Segment{
		From: time.Duration(p.Offsets.From) * time.Millisecond, To: time.Duration(p.Offsets.To) * time.Millisecond, Text: p.Text, Confidence: known(sum),
	}
}

// phrases makes segments of words: a new one after a pause.
func phrases(words []word) (list []transcription.Segment) {
	const pause, longest = 700 * time.Millisecond, 30
	in := 0
	for _, w := range words {
		from, to := seconds(w.Start), seconds(w.End)
		if n := len(list); n > 0 && in < longest && from-list[n-1].To < pause {
			s := &list[n-1]
			s.Text, s.To, s.Confidence = s.Text+" "+w.Word, to, (s.Confidence*float64(in)+known(w.Conf))/float64(in+1)
			in++
			continue
		}
		list, in = append(list, transcription.Segment{From: from, To: to, Text: w.Word, Confidence: known(w.Conf)}), 1
	}
	return list
}

// seconds is a time of an answer; one beyond a day is none.
func seconds(s float64) time.Duration {
	if !(s >= 0 && s < 86400) {
		return -1
	}
	return time.Duration(s*1000) * time.Millisecond
}

// known is a confidence between 0 and 1.
func known(c float64) float64 {
	if !(c > 0) {
		return 0
	}
	return min(c, 1)
}
