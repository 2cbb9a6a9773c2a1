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

// bridge is one [Telephone.Join] under way. Its goroutine owns it.
type bridge struct {
	ring.Joining
	telephone *Telephone
	other     *leg
	talk      *talkDetector
	records   recorder
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
	b := bridge{
		Joining: how, telephone: t, other: other, talk: newTalkDetector(t.sound, other.sound),
		records: recorder{Session: how.Recording, telephone: t, caller: other},
	}
	defer b.records.stop() // the two hear each other no more by then
	unjoin, err := media.Join(t.sound, other.sound)
	switch {
	case err == nil:
		defer unjoin()
	case !errors.Is(err, media.ErrClosed) && !errors.Is(err, media.ErrTimeout): // of these a leg is ending, and says so below
		return fmt.Errorf("joining to call %s: %w", call, err)
	}
	b.listen()
	if over := b.typedAhead(); over {
		return ring.ErrMenu
	}
	b.records.begin()
	return b.wait(ctx)
}

// listen begins to take keys. Those of the menu count only where they come in another way than in the sound. Who is recorded may refuse by
// any means, even if a voice may sound like that key.
func (b *bridge) listen() {
	b.menu = b.Menu && b.telephone.sound.OutOfBand()
	if b.menu {
		b.telephone.sound.KeepKeys('*') // the keys of the menu never reach the other
	}
	if b.Keep {
		b.other.sound.KeepKeys('*')
	}
	recorded := b.Recording.Runs()
	if b.menu || recorded {
		b.keys = b.telephone.sound.Pressed()
	}
	if recorded && !b.Keep {
		b.others = b.other.sound.Pressed()
	}
}

// typedAhead takes the keys that were pressed before: nothing is recorded of who has refused.
func (b *bridge) typedAhead() (over bool) {
	for {
		select {
		case k := <-b.keys:
			if b.pressed(k, true) {
				return true
			}
		case k := <-b.others:
			b.pressed(k, false)
		default:
			return false
		}
	}
}

// pressed does what a key is for; over tells that it ends the join.
func (b *bridge) pressed(k media.Key, own bool) (over bool) {
	if k == recorded.Key && b.Recording.Runs() && b.Refuses != nil {
		b.Refuses(own)
	}
	return own && b.menu && k == '*'
}

// unheard has no key count any more that was taken for a refusal alone.
func (b *bridge) unheard() {
	if b.others = nil; !b.menu {
		b.keys = nil
	}
}

// wait waits for the end of the join.
func (b *bridge) wait(ctx context.Context) error {
	t, refused := b.telephone, b.Recording.Refused()
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
		case <-b.other.ctx.Done():
			return context.Cause(b.other.ctx)
		case k := <-b.keys:
			if b.pressed(k, true) {
				return ring.ErrMenu
			}
		case k := <-b.others:
			b.pressed(k, false)
		case <-refused:
			refused = nil
			b.unheard()
		case <-every.C:
			b.records.begin()
			if b.talk.detected(b.Talk) && b.Talked != nil {
				b.Talked()
			}
			if b.Silence > 0 && t.sound.SilentFor() > b.Silence {
				return ring.ErrSilent
			}
		}
	}
}
