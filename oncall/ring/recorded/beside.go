package recorded

import (
	"context"
	"sync"
)

// Beside is what goes on beside a talk whose recording may be refused: those who talk hear it once that it is not recorded any more. It is
// for one goroutine. The goroutines that it starts end with [Beside.Over].
type Beside struct {
	session *Session
	ctx     context.Context
	end     context.CancelFunc
	tasks   sync.WaitGroup
}

// Beside begins; Over must be called. Beside a talk that has no session nothing happens.
func (t *Session) Beside(ctx context.Context) *Beside {
	b := &Beside{session: t}
	b.ctx, b.end = context.WithCancel(ctx)
	return b
}

// Hears has say called once somebody has refused, also where that was before; its ctx ends with the talk.
func (b *Beside) Hears(say func(ctx context.Context)) {
	if b.session == nil {
		return
	}
	b.tasks.Go(func() {
		select {
		case <-b.session.Refused():
			say(b.ctx)
		case <-b.ctx.Done():
		}
	})
}

// Refuse is [Session.Refuse], and does not wait for what was recorded. say is called where this refusal counts; nil: nobody is told.
func (b *Beside) Refuse(engineer, name string, say func(ctx context.Context)) {
	recording, first := b.session.refuse()
	if !first {
		return
	}
	b.tasks.Go(func() { b.session.settle(recording, engineer, name) })
	if say != nil {
		b.tasks.Go(func() { say(b.ctx) })
	}
}

// Over cuts what is being said and waits for what was begun.
func (b *Beside) Over() {
	b.end()
	b.tasks.Wait()
}
