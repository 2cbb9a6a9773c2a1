package line

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/media"
	"hotline/oncall/ring"
	"hotline/oncall/ring/recorded"
)

// joint is one [Telephone.Join] under way. Its goroutine owns it.
type joint struct {
	ring.Joining
	telephone *Telephone
	other     *leg
	talk      *talkDetector
	records   tape
	menu      bool             // the key * of the telephone ends it
	keys      <-chan media.Key // of the telephone; nil: none counts
	others    <-chan media.Key // of the other leg
}

// Join lets this leg and another one of this board hear each other; see ring.Telephone.
func (t *Telephone) Join(ctx context.Context, call string, how ring.Joining) error {
	other, ok := t.board.leg(call)
	if !ok {
		return fmt.Errorf("joining to call %s: it is over", call)
	}
	j := joint{
		Joining: how, telephone: t, other: other, talk: newTalkDetector(t.sound, other.sound),
		records: tape{Tape: how.Tape, telephone: t, caller: other},
	}
	defer j.records.stop() // the two hear each other no more by then
	unjoin, err := media.Join(t.sound, other.sound)
	switch {
	case err == nil:
		defer unjoin()
	case !errors.Is(err, media.ErrClosed) && !errors.Is(err, media.ErrTimeout): // of these a leg is ending, and says so below
		return fmt.Errorf("joining to call %s: %w", call, err)
	}
	j.listen()
	if over := j.typedAhead(); over {
		return ring.ErrMenu
	}
	j.records.begin()
	return j.wait(ctx)
}

// listen begins to take keys. Those of the menu count only where they come in another way than in the sound. Who is recorded may refuse by
// any means, even if a voice may sound like that key.
func (j *joint) listen() {
	j.menu = j.Menu && j.telephone.sound.OutOfBand()
	if j.menu {
		j.telephone.sound.KeepKeys('*') // the keys of the menu never reach the other
	}
	if j.Keep {
		j.other.sound.KeepKeys('*')
	}
	recorded := j.Tape.Runs()
	if j.menu || recorded {
		j.keys = j.telephone.sound.Pressed()
	}
	if recorded && !j.Keep {
		j.others = j.other.sound.Pressed()
	}
}

// typedAhead takes the keys that were pressed before: nothing is recorded of who has refused.
func (j *joint) typedAhead() (over bool) {
	for {
		select {
		case k := <-j.keys:
			if j.pressed(k, true) {
				return true
			}
		case k := <-j.others:
			j.pressed(k, false)
		default:
			return false
		}
	}
}

// pressed does what a key is for; over tells that it ends the join.
func (j *joint) pressed(k media.Key, own bool) (over bool) {
	if k == recorded.Key && j.Tape.Runs() && j.Refuses != nil {
		j.Refuses(own)
	}
	return own && j.menu && k == '*'
}

// unheard has no key count any more that was taken for a refusal alone.
func (j *joint) unheard() {
	if j.others = nil; !j.menu {
		j.keys = nil
	}
}

// wait waits for the end of the join.
func (j *joint) wait(ctx context.Context) error {
	t, refused := j.telephone, j.Tape.Refused()
	every := time.NewTicker(talkCheck)
	defer every.Stop()
	for {
		select {
		case <-t.ctx.Done():
			if !t.HungUp() {
				return ring.ErrSilent
			}
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-j.other.ctx.Done():
			return context.Cause(j.other.ctx)
		case k := <-j.keys:
			if j.pressed(k, true) {
				return ring.ErrMenu
			}
		case k := <-j.others:
			j.pressed(k, false)
		case <-refused:
			refused = nil
			j.unheard()
		case <-every.C:
			j.records.begin()
			if j.talk.detected(j.Talk) && j.Talked != nil {
				j.Talked()
			}
			if j.Silence > 0 && t.sound.SilentFor() > j.Silence {
				return ring.ErrSilent
			}
		}
	}
}
