package ivrtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"hotline/ivr/console"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/prompts/replaced"
)

// recordingLine is the number that a script calls when prompts are replaced by telephone. Sounds are words here.
type recordingLine struct {
	may   []string // engineers
	takes []string // what becomes of the takes: "louder 12 cut 2", or the sentence that refuses one; then they are as they should be
	fails int      // how often keeping fails
	kept  []string // "it/welcome by anna"
	lie   []string // takes on the disk
}

func (r *recordingLine) Called(string) bool            { return true }
func (r *recordingLine) May(id oncall.EngineerID) bool { return slices.Contains(r.may, string(id)) }

func (r *recordingLine) Shipped(lang prompts.Language, key prompts.ID) []byte {
	return []byte("shipped-" + string(lang) + "-" + string(key))
}

func (r *recordingLine) Master(lang prompts.Language, e prompts.Entry, recording string) (console.Take, prompts.ID, error) {
	r.lie = append(r.lie, recording)
	take := console.Take{Prompt: replaced.Prompt{Language: lang, Key: e.ID, Sound: []byte("mastered-" + string(lang) + "-" + string(e.ID))}}
	if len(r.takes) == 0 {
		return take, "", nil
	}
	does := r.takes[0]
	r.takes = r.takes[1:]
	switch {
	case strings.HasPrefix(does, "record-"):
		return console.Take{}, prompts.ID(does), nil
	case does == "broken":
		return console.Take{}, "", errors.New("the disk cannot be read")
	case does == "louder":
		take.Raised, take.Cut = 12, 2
	case does == "softer":
		take.Raised = -3
	}
	return take, "", nil
}

func (r *recordingLine) Keep(_ context.Context, p replaced.Prompt, by oncall.EngineerID, _ string, _ time.Time) (prompts.ID, error) {
	if r.fails > 0 {
		r.fails--
		return "", errors.New("the store is down")
	}
	r.kept = append(r.kept, string(p.Language)+"/"+string(p.Key)+" by "+string(by))
	return "", nil
}

func (r *recordingLine) Forget(recording string) {
	r.lie = slices.DeleteFunc(r.lie, func(id string) bool { return id == recording })
}

// recording is what a script says of the recording line.
func (w *world) recording(words []string) {
	if w.prompts == nil {
		w.prompts = &recordingLine{}
	}
	switch words[0] {
	case "line":
		w.prompts.may = words[1:]
	case "takes":
		w.prompts.takes = words[1:]
	case "fails":
		w.prompts.fails++
	}
}
