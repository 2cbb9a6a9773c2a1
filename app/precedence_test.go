package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallersWithoutAContractWaitForThoseWithOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p precedence
		if err := p.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		first, second := p.enter(), p.enter()
		began, waited := time.Now(), make(chan time.Duration, 1)
		go func() {
			_ = p.wait(t.Context())
			waited <- time.Since(began)
		}()
		time.Sleep(time.Minute)
		first()
		first()
		time.Sleep(time.Minute)
		second()
		if took := <-waited; took != 2*time.Minute {
			t.Errorf("waited %v", took)
		}
		defer p.enter()()
		gone := errors.New("hung up")
		ctx, hangUp := context.WithCancelCause(t.Context())
		hangUp(gone)
		if err := p.wait(ctx); !errors.Is(err, gone) {
			t.Errorf("after a hang-up: %v", err)
		}
	})
}
