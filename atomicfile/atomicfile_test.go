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
