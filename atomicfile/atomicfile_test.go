package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAValueIsKeptWhole(t *testing.T) {
	c := Values{filepath.Join(t.TempDir(), "cache")}
	var got map[string]int
	if err := c.Get("book", &got); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing kept yet: %v", err)
	}
	if err := errors.Join(c.Put("book", map[string]int{"c": 7}), c.Get("book", &got)); err != nil {
		t.Fatal(err)
	}
	if got["c"] != 7 {
		t.Errorf("book is %+v", got)
	}
}

// A second name of the former file shows what a reader sees who has opened it, and what a power cut would leave.
func TestTheFormerFileIsNotWrittenInto(t *testing.T) {
	dir := t.TempDir()
	name, former := filepath.Join(dir, "keys"), filepath.Join(dir, "former")
	if err := errors.Join(Replace(name, []byte("old")), os.Link(name, former), Replace(name, []byte("new"))); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{name: "new", former: "old"} {
		if text, err := os.ReadFile(file); err != nil || string(text) != want {
			t.Errorf("%s is %q, %v", file, text, err)
		}
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 2 {
		t.Errorf("the folder holds %v, %v", list, err)
	}
}
