package line_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"hotline/line"
	"hotline/media/likeness"
	"hotline/media/mediatest"
	"hotline/oncall/ring"
	"hotline/phone"
)

// TestTwoEngineersAndTheCallerHearEachOther: both are joined to one caller, each hears the two others, and when the first one hangs up
// the second one and the caller talk on.
func TestTwoEngineersAndTheCallerHearEachOther(t *testing.T) {
	ended := make(chan error, 1)
	board := make(chan *line.Switchboard, 1)
	speaks := func(hz float64, stays time.Duration, heard chan<- []int16) func(context.Context, *phone.Incoming) {
		return func(ctx context.Context, in *phone.Incoming) {
			c, err := in.PickUp(ctx)
			if err != nil {
				return
			}
			_ = c.Say(ctx, mediatest.Tone(hz, int(stays.Seconds()*8000)))
			c.Hangup()
			heard <- c.Heard()
		}
	}
	heardByAnna, heardByMarco := make(chan []int16, 1), make(chan []int16, 1)
	anna, marco := plugIn(t, "anna", speaks(1300, 5*time.Second, heardByAnna)), plugIn(t, "marco", speaks(1900, 7*time.Second, heardByMarco))
	x := newExchange(t, func(ctx context.Context, l *line.Line) {
		ended <- func() error {
			b := <-board
			var talks sync.WaitGroup
			var errs [2]error
			for i, address := range []string{anna.Address(), marco.Address()} {
				tel, err := b.Ring(ctx, address, ring.Introduction{Name: "hotline"})
				if err != nil {
					return err
				}
				talks.Go(func() {
					defer tel.Hangup()
					errs[i] = tel.Join(ctx, string(l.Caller().ID), ring.Joining{Silence: 5 * time.Second, Talk: time.Minute})
					if !tel.HungUp() {
						errs[i] = errors.Join(errs[i], errors.New("the leg did not end by a BYE of its own"))
					}
				})
			}
			talks.Wait()
			return errors.Join(errs[:]...)
		}()
	})
	board <- x.board
	c, err := plugIn(t, "caller", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Hangup()
	_ = c.Say(t.Context(), mediatest.Tone(700, 8*8000)) // a busy machine rings Marco seconds later
	if err := <-ended; err != nil {
		t.Errorf("the talk ended with %v", err)
	}
	for who, v := range map[string]struct {
		heard []int16
		hz    []float64
	}{"anna": {<-heardByAnna, []float64{700, 1900}}, "marco": {<-heardByMarco, []float64{700, 1300}}, "caller": {c.Heard(), []float64{1300, 1900}}} {
		for _, hz := range v.hz {
			if best, _ := likeness.Correlate(v.heard, mediatest.Tone(hz, 4000)); best < 0.5 {
				t.Errorf("%s hears %v Hz with correlation %.2f", who, hz, best)
			}
		}
	}
}
