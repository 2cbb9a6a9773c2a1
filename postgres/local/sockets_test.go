package local

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAFolderInWhichOthersCouldPutASocketIsRefused(t *testing.T) {
	me := owner{name: "this user", uid: os.Geteuid(), gid: os.Getegid()}
	for _, c := range []struct {
		name string
		make func(base, dir string) error
		safe bool
	}{
		{"a closed folder", func(_, dir string) error { return os.Mkdir(dir, 0o700) }, true},
		{"a folder that others may write to", func(_, dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777)) }, false},
		{"a folder that the group may write to", func(_, dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o770)) }, false},
		{"a link to a folder", func(base, dir string) error {
			return errors.Join(os.Mkdir(base+"/real", 0o700), os.Symlink(base+"/real", dir))
		}, false},
		{"a file", func(_, dir string) error { return os.WriteFile(dir, nil, 0o600) }, false},
		{"nothing", func(string, string) error { return nil }, false},
		{"a closed folder in one that everybody may write to", func(base, dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(base, 0o777)) }, false},
		{"a closed folder in a sticky one", func(base, dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(base, 0o777|os.ModeSticky))
		}, true},
	} {
		base := filepath.Join(open(t), "base")
		dir := filepath.Join(base, socketPrefix+"1")
		if err := errors.Join(os.Mkdir(base, 0o755), c.make(base, dir)); err != nil {
			t.Fatal(err)
		}
		if err := me.safeSockets(dir); (err == nil) != c.safe {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestASocketFolderOfAnotherUserIsNeverGivenToTheDatabase(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("only root can make a folder of another user: run the tests as root")
	}
	dir := filepath.Join(open(t), socketPrefix+"1")
	const stranger = 12345
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, stranger, stranger)); err != nil {
		t.Fatal(err)
	}
	o := owner{name: "nobody", uid: 65534, gid: 65534, other: true}
	if err := o.give(dir); !errors.Is(err, ErrSocketFolder) {
		t.Errorf("the stranger's folder is taken: %v", err)
	}
	target := filepath.Join(open(t), "target")
	link := filepath.Join(filepath.Dir(dir), socketPrefix+"2")
	if err := errors.Join(os.Mkdir(target, 0o700), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if err := o.give(link); !errors.Is(err, ErrSocketFolder) {
		t.Errorf("the link is followed: %v", err)
	}
}
