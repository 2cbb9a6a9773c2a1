// Package ivrtest is a caller who follows a script in the words of the trade, on a flow over the memory store, in
// virtual time.
package ivrtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hotline/ivr"
	"hotline/prompts"
	"hotline/tickets"
)

const clipLength = time.Second // every piece of a phrase sounds so long

// call is an ivr.Call whose other end is a script. Its line end is used by the conversation, its caller end by the
// script.
type call struct {
	caller ivr.Caller
	fault  fault       // what does not work on this line
	heard  chan string // what was said, piece by piece
	keys   chan byte
	speech chan speech

	mu     sync.Mutex
	typing sync.Mutex    // held while a row of keys is typed
	stirs  chan struct{} // closed at each key: whoever speaks may be interrupted
}

// speech is what the script does while it is recorded.
type speech struct {
	length time.Duration
	end    ivr.RecordEnd
}

func newCall(c ivr.Caller) *call {
	return &call{caller: c, heard: make(chan string, 4096), keys: make(chan byte, 64), speech: make(chan speech, 8), stirs: make(chan struct{})}
}

func (c *call) Caller() ivr.Caller { return c.caller }
func (c *call) Now() time.Time     { return time.Now() }

// press is the script's key.
func (c *call) press(k byte) {
	c.keys <- k
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.stirs)
	c.stirs = make(chan struct{})
}

// typeAhead presses keys faster than anything can be said: the conversation has all of them before it acts on one.
func (c *call) typeAhead(keys string) {
	c.typing.Lock()
	defer c.typing.Unlock()
	for i := range len(keys) {
		c.press(keys[i])
	}
}

func (c *call) typed() {
	c.typing.Lock()
	defer c.typing.Unlock()
}

func (c *call) stir() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stirs
}

func (c *call) Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error {
	stirs := c.stir()
	if bargeIn && len(c.keys) > 0 {
		return context.Cause(ctx)
	}
	if c.fault == noSound {
		return errors.New("no sound comes out")
	}
	pieces := Words(lang, p)
	if c.fault == noNotice && slices.Contains(pieces, "recording-notice") {
		c.fault = ""
		c.heard <- "(notice-breaks-off)"
		return errors.New("the sound broke off")
	}
	if missing := unknown(lang, p); missing != "" {
		pieces = []string{"(no-sentence-" + missing + ")"}
	}
	for _, w := range pieces {
		c.heard <- w
	}
	if !bargeIn {
		stirs = nil
	}
	select {
	case <-time.After(time.Duration(len(pieces)) * clipLength):
	case <-stirs:
	case <-ctx.Done():
	}
	return context.Cause(ctx)
}

// unknown is the first sentence of a phrase that the catalogue does not have.
func unknown(lang prompts.Language, p prompts.Phrase) string {
	book, err := prompts.Open(lang)
	for _, i := range p {
		if i.Kind == prompts.Sentence && (err != nil || !book.Has(i.ID)) {
			return string(i.ID)
		}
	}
	return ""
}

// Words is a phrase as scripts write it: ids, with "/slow" where the pauses are longer, digits as figures, deadlines as "by-15:30-today".
func Words(lang prompts.Language, p prompts.Phrase) []string {
	var out []string
	for _, i := range p {
		switch i.Kind {
		case prompts.Sentence, prompts.LevelName:
			w := string(i.ID)
			if i.ID == "welcome" || i.ID == "goodbye" || strings.HasPrefix(string(i.ID), "language") {
				w += "/" + string(lang)
			}
			if i.Slow {
				w += "/slow"
			}
			out = append(out, w)
		case prompts.Spelled, prompts.SpelledInside:
			out = append(out, i.Text)
		case prompts.FreeText:
			out = append(out, strings.Fields(i.Text)...)
		case prompts.Deadline:
			out = append(out, "by-"+i.At.Format("Mon-2Jan-15:04"))
		case prompts.Name, prompts.EngineerName:
			out = append(out, "named-"+i.Text)
		case prompts.Cardinal:
			out = append(out, fmt.Sprint(i.Number))
		case prompts.Silence:
		case prompts.Calendar:
			out = append(out, "on-"+i.At.Format("Mon-2Jan"))
		default:
			out = append(out, fmt.Sprintf("item-%d", i.Kind))
		}
	}
	return out
}

func (c *call) Key(ctx context.Context, wait time.Duration) (byte, error) {
	select {
	case k := <-c.keys:
		c.typed()
		return k, nil
	default:
	}
	if wait <= 0 {
		return 0, ivr.ErrNoKey
	}
	select {
	case k := <-c.keys:
		c.typed()
		return k, nil
	case <-time.After(wait):
		return 0, ivr.ErrNoKey
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (c *call) Flush() {
	for len(c.keys) > 0 {
		<-c.keys
	}
}

// Record hears what the script says next; without any speech it ends unspoken after the initial silence.
func (c *call) Record(ctx context.Context, r ivr.RecordRequest) (ivr.Recorded, error) {
	c.heard <- "(records)"
	if c.fault == noRecording {
		return ivr.Recorded{End: ivr.EndedByKey}, errors.New("no space left on the disk")
	}
	got := ivr.Recorded{Recording: tickets.Recording{ID: r.ID, Call: c.caller.ID, At: time.Now(), Law: "alaw"}}
	initial := r.Initial
	if initial <= 0 {
		initial = 6 * time.Second
	}
	began := time.Now()
	select {
	case s := <-c.speech:
		got.End = s.end
		select {
		case <-time.After(s.length):
		case <-ctx.Done():
			got.End = ivr.EndedByHangUp
		}
	case <-time.After(initial):
		got.End = ivr.EndedUnspoken
	case <-ctx.Done():
		got.End = ivr.EndedByHangUp
	}
	got.Recording.Seconds = time.Since(began).Seconds()
	return got, context.Cause(ctx)
}

func (c *call) Replay(ctx context.Context, _ string) error {
	c.heard <- "(replay)"
	return context.Cause(ctx)
}

// Play takes the words of a script for a sound.
func (c *call) Play(ctx context.Context, alaw []byte) error {
	if len(c.keys) == 0 {
		c.heard <- "(plays-" + string(alaw) + ")"
		select {
		case <-time.After(clipLength):
		case <-c.stir():
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx)
}

func (c *call) Music(context.Context) (stop func()) { return func() {} }
