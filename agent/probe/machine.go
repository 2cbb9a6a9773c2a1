package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"hotline/agent/protocol"
)

// disk is whether enough of a disk is free, room and files: what programs may use, without what is kept for root.
func disk(_ context.Context, c protocol.Check, _ time.Time) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(c.Target, &s); err != nil {
		return err
	}
	for _, part := range []struct {
		what        string
		free, whole uint64
	}{{"room", s.Bavail, s.Bavail + s.Blocks - s.Bfree}, {"files", s.Ffree, s.Files}} {
		if free := percent(part.free, part.whole); part.whole > 0 && free < uint64(c.Free) {
			return fmt.Errorf("%d %% of the %s are free, and it should be %d %%", free, part.what, c.Free)
		}
	}
	return nil
}

func percent(part, whole uint64) uint64 {
	if whole == 0 {
		return 100
	}
	return uint64(100 * float64(part) / float64(whole))
}

// nameMost is how much of a program's name the kernel keeps (TASK_COMM_LEN without its end, proc(5)).
const nameMost = 15

// process is whether enough processes of a name run. Those that have ended and wait for their parent do not.
func process(ctx context.Context, c protocol.Check, _ time.Time) error {
	all, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	running := 0
	for _, entry := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := strconv.Atoi(entry.Name()); err == nil && runs(entry.Name(), c.Target) {
			running++
		}
	}
	switch {
	case running >= c.Count:
		return nil
	case c.Count == 1:
		return errors.New("no such process runs")
	}
	return fmt.Errorf("%d such processes run, and it should be %d", running, c.Count)
}

// runs tells whether a process has a name: its program's, or the one of its first argument where the kernel's is cut off.
func runs(pid, name string) bool {
	status, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	from, to := bytes.IndexByte(status, '('), bytes.LastIndexByte(status, ')')
	if err != nil || from < 0 || to < from || to+2 >= len(status) || status[to+2] == 'Z' { // it has ended meanwhile
		return false
	}
	comm := string(status[from+1 : to])
	if comm == name {
		return true
	}
	if len(comm) < nameMost {
		return false
	}
	line, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
	first, _, _ := bytes.Cut(line, []byte{0})
	return err == nil && filepath.Base(string(first)) == name
}
