package local

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// pidFile is what a running server writes into its cluster.
const pidFile = "postmaster.pid"

// leftoverTime is how long a server that a killed process left behind may take to end.
const leftoverTime = 20 * time.Second

// awaitLeftover waits for the server of a former process: when that one was killed, the kernel has told its server to stop,
// which takes a moment.
func awaitLeftover(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, leftoverTime)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		pid := leftover(dir)
		if pid == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("a server (PID %d) is running on %s already: another hotline uses this --data folder; stop it, or use another folder", pid, dir)
		}
	}
}

// leftover is the process of a server that runs on a cluster now; 0 for none.
func leftover(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, pidFile))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil || strings.TrimSpace(string(name)) != "postgres" {
		return 0
	}
	// a server works in its cluster's folder; after a restart of the machine another one may have the number
	if at, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err == nil && !sameFolder(at, dir) {
		return 0
	}
	return pid
}

func sameFolder(a, b string) bool {
	first, err1 := os.Stat(a)
	second, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(first, second)
}

func urlOf(sockets string) string {
	return "postgres://hotline@/postgres?host=" + url.QueryEscape(sockets)
}

// Running is where the server of another process on a cluster is reached; empty when none runs. A socket that another
// user may have put there is refused with ErrSocketFolder.
func Running(dir string) (string, error) {
	if leftover(dir) == 0 {
		return "", nil
	}
	sockets := socketsOf(dir)
	if sockets == "" {
		return "", nil
	}
	o, err := chooseOwner(dir)
	if err != nil {
		return "", err
	}
	if err := o.safeSockets(sockets); err != nil {
		return "", fmt.Errorf("reaching the database of the running hotline: %w", err)
	}
	return urlOf(sockets), nil
}

// socketsOf is the folder of the socket of the server that runs on a cluster, or ran there last.
func socketsOf(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, pidFile))
	if err != nil {
		return ""
	}
	const socketLine = 4 // of the file, counted from 0
	if lines := strings.Split(string(text), "\n"); len(lines) > socketLine {
		return lines[socketLine]
	}
	return ""
}

// forgetSockets removes the folder of sockets that a killed process left behind.
func forgetSockets(dir, ours string) {
	if left := socketsOf(dir); left != ours && strings.HasPrefix(filepath.Base(left), socketPrefix) {
		_ = os.RemoveAll(left) // nobody listens there: the former server has ended
	}
}
