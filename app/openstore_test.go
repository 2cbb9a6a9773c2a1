package app

import (
	"fmt"
	"io/fs"
	"log/slog"
	"syscall"
	"testing"

	"hotline/datadir"
)

func TestAFolderThatCannotBeLockedIsUsedAllTheSame(t *testing.T) {
	a := &App{log: slog.New(slog.DiscardHandler)}
	for _, c := range []struct {
		err     error
		refused bool
	}{
		{nil, false}, {datadir.ErrNoLocks, false}, {fmt.Errorf("locking: %w", datadir.ErrNoLocks), false}, {syscall.EWOULDBLOCK, true},
	} {
		if err := a.tolerable(c.err); (err != nil) != c.refused {
			t.Errorf("the folder says %v, the start %v", c.err, err)
		}
	}
	full := fmt.Errorf("locking: %w", &fs.PathError{Op: "open", Path: "lock", Err: syscall.ENOSPC})
	if err := a.tolerable(full); err != nil {
		t.Errorf("on a full disk: %v", err)
	}
	if err := a.tolerable(fs.ErrPermission); err == nil {
		t.Error("a folder of somebody else is used")
	}
}
