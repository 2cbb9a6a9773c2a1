package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// socketPrefix begins the names of the folders of our sockets.
const socketPrefix = "hotline-pg-"

// ErrSocketFolder is a folder of sockets in which another user of the machine could put a socket of his own.
var ErrSocketFolder = errors.New("the folder of the database's socket is not safe")

// socketFolder makes a private folder with a short name below base; without one, below the folder of temporary files.
func (o owner) socketFolder(base string) (string, error) {
	if base == "" {
		base = os.TempDir()
	}
	if len(base) > maxSocket-40 || o.enters(base) != nil {
		base = "/tmp"
	}
	if err := o.keepsNames(base); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(base, socketPrefix)
	if err != nil {
		return "", fmt.Errorf("making a folder for the socket: %w", err)
	}
	if err := o.give(dir); err != nil {
		return "", errors.Join(err, os.Remove(dir))
	}
	return dir, nil
}

// give makes a folder that is missing and gives it to the owner. A folder, or a link, that somebody else has put there
// is refused.
func (o owner) give(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making a folder for the socket: %w", err)
	}
	if err := o.private(dir); err != nil {
		return err
	}
	if o.other {
		if err := os.Lchown(dir, o.uid, o.gid); err != nil {
			return fmt.Errorf("making a folder for the socket: %w", err)
		}
	}
	return nil
}

// safeSockets tells whether what answers in a folder of sockets is the owner's: nobody else can write into it, and
// nobody else can put another folder in its place.
func (o owner) safeSockets(dir string) error {
	if err := o.private(dir); err != nil {
		return err
	}
	return o.keepsNames(filepath.Dir(dir))
}

// private tells whether a folder is one, is ours or the owner's, and lets nobody else write.
func (o owner) private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("looking at the folder of the socket: %w", err)
	}
	uid := int(info.Sys().(*syscall.Stat_t).Uid)
	switch {
	case !info.IsDir():
		return fmt.Errorf("%w: %s is no folder; remove it and start again", ErrSocketFolder, dir)
	case !o.trusts(uid):
		return fmt.Errorf("%w: %s belongs to %s; remove it and start again", ErrSocketFolder, dir, nameOf(uint32(uid)))
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%w: others may write to %s; run chmod go-w %s", ErrSocketFolder, dir, dir)
	}
	return nil
}

// keepsNames tells whether nobody else can put something in the place of a folder that lies in base or above it. Such a
// folder is not writable by others, or it is sticky, as /tmp is.
func (o owner) keepsNames(base string) error {
	for ; ; base = filepath.Dir(base) {
		info, err := os.Stat(base)
		if err != nil {
			return fmt.Errorf("looking at the folder of the socket: %w", err)
		}
		if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("%w: another user may replace what lies in %s; run chmod o-w %s, or set TMPDIR to a folder of your own", ErrSocketFolder, base, base)
		}
		if base == filepath.Dir(base) {
			return nil
		}
	}
}

// trusts tells whether a user's folders are safe: root's, our own, and the owner's.
func (o owner) trusts(uid int) bool { return uid == 0 || uid == os.Geteuid() || uid == o.uid }
