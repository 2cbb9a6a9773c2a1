package media

import (
	"testing"
	"time"
)

func TestASleepingWorkerWakesWhenItIsDueAndWhenItIsRoused(t *testing.T) {
	began := time.Now()
	now := func() time.Duration { return time.Since(began) }
	kernels, err := newTimer(now)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]pacer{"kernel's": kernels, "runtime's": newSleeper(now)} {
		for range 20 {
			until := now() + 3*time.Millisecond
			p.wait(until)
			if at := now(); at < until {
				t.Fatalf("%s timer: awake %s too early", name, until-at)
			}
		}
		p.rouse() // before the wait: it must not be lost
		p.wait(far)
		for range 200 {
			ready, awake := make(chan struct{}), make(chan struct{})
			go func() {
				close(ready)
				p.wait(far)
				close(awake)
			}()
			<-ready
			p.rouse()
			<-awake
		}
		p.close()
	}
}
