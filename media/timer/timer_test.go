package timer

import (
	"testing"
	"time"
)

func TestASleepingWorkerWakesWhenItIsDueAndWhenItIsWoken(t *testing.T) {
	began := time.Now()
	now := func() time.Duration { return time.Since(began) }
	kernels, err := NewKernel(now)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]Timer{"kernel's": kernels, "runtime's": NewRuntime(now)} {
		for range 20 {
			until := now() + 3*time.Millisecond
			p.Wait(until)
			if at := now(); at < until {
				t.Fatalf("%s timer: awake %s too early", name, until-at)
			}
		}
		p.Wake() // before the wait: it must not be lost
		p.Wait(Never)
		for range 200 {
			ready, awake := make(chan struct{}), make(chan struct{})
			go func() {
				close(ready)
				p.Wait(Never)
				close(awake)
			}()
			<-ready
			p.Wake()
			<-awake
		}
		p.Close()
	}
}
