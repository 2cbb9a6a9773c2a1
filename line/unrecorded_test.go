package line_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"hotline/line"
	"hotline/media/g711"
	"hotline/media/mediatest"
	"hotline/oncall/ring"
	"hotline/oncall/ring/recorded"
	"hotline/phone"
)

// refused is a talk of five seconds whose recording somebody refuses by key in the third one.
type refused struct {
	by        string // caller, engineer or before: by the caller, who has not been joined yet
	engineers int
	deletes   bool
	menu      bool // the engineers' menu is taken for nothing
	kept      bool
}

// TestARefusalEndsTheRecordingAndNotTheTalk: who speaks on is heard on, and not recorded.
func TestARefusalEndsTheRecordingAndNotTheTalk(t *testing.T) {
	for name, c := range map[string]refused{
		"the caller":           {by: "caller", engineers: 1, kept: true},
		"the engineer":         {by: "engineer", engineers: 1, menu: true, kept: true},
		"the caller of two":    {by: "caller", engineers: 2, kept: true},
		"one of two engineers": {by: "engineer", engineers: 2, kept: true},
		"nothing is kept":      {by: "caller", engineers: 1, deletes: true},
		"before the join":      {by: "before", engineers: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rec{}
			session := r.session()
			session.Discards = c.deletes
			x, heard := c.talk(t, session)
			want := 0
			if c.kept {
				want = 1
			}
			if len(r.kept) != want || len(x.spool.kept) != want {
				t.Fatalf("%d recordings are kept, and %d files: %+v", len(r.kept), len(x.spool.kept), r.kept)
			}
			for _, k := range r.kept {
				sound := g711.ALaw.Samples(x.spool.kept[k.ID])
				if k.Partial || k.SHA256 == "" || k.Seconds < 1 || k.Seconds > 4 || int(k.Seconds*8000+0.5)*2 != len(sound) {
					t.Errorf("the recording is %+v, with %d samples", k, len(sound))
				}
			}
			if len(heard) < 4*8000 || len(hears(heard[len(heard)-8000:])) == 0 {
				t.Errorf("the caller hears %d samples, and not the engineer at their end", len(heard))
			}
		})
	}
}

// talk has it go on; heard is what the caller hears.
func (c refused) talk(t *testing.T, session *recorded.Session) (x *exchange, heard []int16) {
	t.Helper()
	speaks := func(ctx context.Context, call *phone.Call, pitch float64, refuses bool) {
		_ = call.Say(ctx, mediatest.Tone(pitch, 2*8000))
		if refuses {
			_ = call.Press(ctx, "7")
		}
		_ = call.Say(ctx, mediatest.Tone(pitch, 3*8000))
	}
	ended, ready, board := make(chan struct{}), make(chan struct{}), make(chan *line.Switchboard, 1)
	var addresses []string
	for i := range c.engineers {
		p := plugIn(t, fmt.Sprint("engineer", i), func(ctx context.Context, in *phone.Incoming) {
			if call, err := in.PickUp(ctx); err == nil {
				<-ready
				speaks(ctx, call, 1300, i == 0 && c.by == "engineer")
				call.Hangup()
			}
		})
		addresses = append(addresses, p.Address())
	}
	x = newExchange(t, func(ctx context.Context, l *line.Line) {
		defer close(ended)
		defer session.End()
		var joined sync.WaitGroup
		defer joined.Wait()
		for _, address := range addresses {
			tel, err := (<-board).Ring(context.WithoutCancel(ctx), address, ring.Introduction{Name: "hotline"})
			board <- x.board
			if err != nil {
				t.Error(err)
				return
			}
			joined.Go(func() {
				defer tel.Hangup()
				<-ready
				beside := session.Beside(ctx)
				defer beside.Over()
				_ = tel.Join(ctx, string(l.Caller().ID), ring.Joining{
					Silence: 5 * time.Second, Talk: time.Minute, Recording: session, Menu: c.menu, Refuses: func(bool) { beside.Refuse("", recorded.Caller, nil) },
				})
			})
		}
	})
	board <- x.board
	caller, err := plugIn(t, "caller", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	if c.by == "before" {
		_ = caller.Press(t.Context(), "7")
	}
	close(ready)
	speaks(t.Context(), caller, 700, c.by == "caller")
	<-ended
	heard = caller.Heard()
	caller.Hangup()
	return x, heard
}
