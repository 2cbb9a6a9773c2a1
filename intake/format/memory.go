package format

import (
	"context"
	"fmt"
	"runtime/metrics"
	"sync"
	"time"
)

// What the expressions of one message may take. jq can double a value in each step, which would end the process, and its calls, long
// before mappingTime is over.
const (
	memoryMax  = 128 << 20            // octets
	memoryLook = 2 * time.Millisecond // how often it is looked at
)

// errMemory is why the context of withinMemory ends.
var errMemory = fmt.Errorf("the expression takes more than %d MiB of memory; let it make smaller values", memoryMax>>20)

// withinMemory gives a context that ends with errMemory when the heap of the process has grown by memoryMax since. The heap is
// shared, and contains what is not collected yet. So the bound holds for all messages together, and is far above what the rest of
// the program takes while a message is read. release ends the watch and waits for its goroutine.
func withinMemory(ctx context.Context) (watched context.Context, release func()) {
	watched, cancel := context.WithCancelCause(ctx)
	most := heap() + memoryMax
	var watch sync.WaitGroup
	watch.Go(func() {
		looks := time.NewTicker(memoryLook)
		defer looks.Stop()
		for {
			select {
			case <-watched.Done():
				return
			case <-looks.C:
				if heap() > most {
					cancel(errMemory)
					return
				}
			}
		}
	})
	return watched, func() {
		cancel(nil)
		watch.Wait()
	}
}

// heap is what objects of the process take, in octets.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
