package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the user that the server runs as: ourselves, or an unprivileged one when we are root, because PostgreSQL
// refuses root. A cluster that is there keeps its user. A new one gets the user of its data folder, so that root can start
// a cluster that belongs to a service's user.
type owner struct {
	name     string
	uid, gid int
	other    bool // not ourselves
}

func chooseOwner(dir string) (owner, error) {
	if os.Geteuid() != 0 {
		return owner{name: "this user", uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, place := range []string{filepath.Join(dir, versionFile), filepath.Dir(dir)} {
		info, err := os.Stat(place)
		if err != nil {
			continue
		}
		if s := info.Sys().(*syscall.Stat_t); s.Uid != 0 {
			return owner{name: nameOf(s.Uid), uid: int(s.Uid), gid: int(s.Gid), other: true}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return owner{}, fmt.Errorf("reading user %s: %w", name, err)
		}
		return owner{name: name, uid: uid, gid: gid, other: true}, nil
	}
	return owner{}, errors.New("the database cannot run as root, and there is neither a user postgres nor nobody: install postgresql, or set DATABASE_URL")
}

func nameOf(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

func (o owner) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{}
	if o.other {
		a.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
	}
	return a
}

// claim makes the cluster's folder and gives it to the owner. Every folder above must let the owner in.
func (o owner) claim(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	for above := filepath.Dir(dir); ; above = filepath.Dir(above) {
		if err := o.enters(above); err != nil {
			return err
		}
		if above == filepath.Dir(above) {
			break
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is no folder", ErrFolder, dir)
	}
	if !o.other {
		return nil
	}
	if int(info.Sys().(*syscall.Stat_t).Uid) == o.uid {
		return nil
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		return fmt.Errorf("%w: %s belongs to another user than %s; run chown -R %s %s, or use another --data folder", ErrFolder, dir, o.name, o.name, dir)
	}
	if err := os.Chown(dir, o.uid, o.gid); err != nil {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	return nil
}

// enters tells whether the owner may pass through a folder.
func (o owner) enters(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	s, mode := info.Sys().(*syscall.Stat_t), info.Mode().Perm()
	switch {
	case int(s.Uid) == o.uid && mode&0o100 != 0, int(s.Gid) == o.gid && mode&0o010 != 0, mode&0o001 != 0:
		return nil
	}
	return fmt.Errorf("%w: %s, which runs the database, may not enter %s; run chmod o+x %s, or use another --data folder", ErrFolder, o.name, dir, dir)
}
