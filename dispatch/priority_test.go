package dispatch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallersWithoutAContractWaitForThoseWithOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p priority
		p.wait(t.Context())
		first, second := p.enter(), p.enter()
		began, waited := time.Now(), make(chan time.Duration, 1)
		go func() {
			p.wait(t.Context())
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
		began = time.Now()
		ctx, hangUp := context.WithTimeout(t.Context(), time.Minute)
		defer hangUp()
		p.wait(ctx)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("who hangs up after a minute waits %v", took)
		}
		p.wait(t.Context())
		if took := time.Since(began); took != time.Minute+longestWait {
			t.Errorf("a search that lasts keeps the others for %v", took)
		}
	})
}
