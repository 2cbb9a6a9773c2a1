package media_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cpu is the time that this process has had on the processor.
func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
