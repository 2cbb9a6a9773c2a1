package try

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"hotline/ivr"
	"hotline/prompts"
	"hotline/tickets"
)

var (
	_ ivr.Call  = (*keyboard)(nil)
	_ ivr.Human = (*keyboard)(nil)
)

// keyboard is a caller who types, and an engineer who is asked for. Used by one goroutine.
type keyboard struct {
	in     *bufio.Scanner
	tell   func(Line)
	books  map[prompts.Language]*prompts.Book
	hangUp context.CancelCauseFunc
	caller ivr.Caller
	keys   []byte
	typed  string // the last thing said while recording
}

func (k *keyboard) Caller() ivr.Caller { return k.caller }
func (k *keyboard) Now() time.Time     { return time.Now() }
func (k *keyboard) Flush()             { k.keys = nil }

// Say prints a phrase, unless keys typed ahead pass over it.
func (k *keyboard) Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error {
	if !bargeIn || len(k.keys) == 0 {
		k.tell(Line{Said, k.books[lang].Text(p)})
	}
	return context.Cause(ctx)
}

// line reads what is typed; the end of the input hangs up.
func (k *keyboard) line(question Kind) string {
	k.tell(Line{Kind: question})
	if !k.in.Scan() || strings.TrimSpace(k.in.Text()) == "bye" {
		k.hangUp(ivr.ErrHungUp)
		return ""
	}
	return strings.TrimSpace(k.in.Text())
}

// Key takes the next key; Enter alone is the silence of the whole wait.
func (k *keyboard) Key(ctx context.Context, wait time.Duration) (byte, error) {
	if len(k.keys) == 0 && wait > 0 {
		for _, c := range []byte(k.line(AsksKeys)) {
			if (c >= '0' && c <= '9') || c == '*' || c == '#' {
				k.keys = append(k.keys, c)
			}
		}
	}
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	if len(k.keys) == 0 {
		return 0, ivr.ErrNoKey
	}
	next := k.keys[0]
	k.keys = k.keys[1:]
	return next, nil
}

// Record takes a line of text for the caller's voice.
func (k *keyboard) Record(ctx context.Context, r ivr.RecordRequest) (ivr.Recorded, error) {
	k.typed = k.line(AsksVoice)
	got := ivr.Recorded{Recording: tickets.Recording{ID: r.ID, Call: k.caller.ID, At: time.Now(), Law: "alaw"}, End: ivr.EndedUnspoken}
	if k.typed != "" {
		got.End, got.Recording.Seconds = ivr.EndedByKey, float64(len(k.typed))/15
	}
	return got, context.Cause(ctx)
}

// Replay prints what was typed.
func (k *keyboard) Replay(ctx context.Context, _ string) error {
	k.tell(Line{Replayed, k.typed})
	return context.Cause(ctx)
}

// Play prints how long the sound is.
func (k *keyboard) Play(ctx context.Context, alaw []byte) error {
	k.tell(Line{Replayed, fmt.Sprintf("%.1f s", float64(len(alaw))/8000)})
	return context.Cause(ctx)
}

// Music is silent on a keyboard.
func (k *keyboard) Music(context.Context) (stop func()) { return func() {} }

// Search tells that the rota is called.
func (k *keyboard) Search(_ context.Context, _ ivr.Call, lang prompts.Language, t tickets.Ticket) ivr.Search {
	k.tell(Line{Called, fmt.Sprint(t.Number)})
	return &search{k, lang}
}

// search is one on the keyboard: nobody accepts before the caller waits for it.
type search struct {
	*keyboard
	lang prompts.Language
}

// Calls is what the person at the keyboard decides later.
func (*search) Calls(context.Context) bool { return true }

// Accepted never is.
func (*search) Accepted() <-chan struct{} { return nil }

// Wait has nothing to wait for.
func (*search) Wait() ivr.Reach { return ivr.Nobody }

// Message is for an engineer who hears nothing here.
func (*search) Message(string) {}

// MayRecord is for a talk that nobody has here.
func (*search) MayRecord(bool) {}

// Join asks what the engineer does.
func (s *search) Join(ctx context.Context) (ivr.Reach, error) {
	_ = s.Say(ctx, s.lang, prompts.P("searching"), false)
	s.tell(Line{Kind: Music})
	switch s.line(AsksEngineer) {
	case "y", "yes":
		_ = s.Say(ctx, s.lang, prompts.P(prompts.Connected), false)
		s.tell(Line{Kind: Talks})
		return ivr.Talked, context.Cause(ctx)
	}
	return ivr.Nobody, context.Cause(ctx)
}

// Operator asks whether the operator answers.
func (k *keyboard) Operator(ctx context.Context, _ ivr.Call, o ivr.OperatorCall) (bool, error) {
	_ = k.Say(ctx, o.Language, o.Calling, false)
	answer := k.line(AsksOperator)
	return answer == "y" || answer == "yes", context.Cause(ctx)
}
