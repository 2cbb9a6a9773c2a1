package storagetest

import (
	"testing"

	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// Facts runs the suite of storage.Facts; open gives a new and empty store each time.
func Facts(t *testing.T, open func(t *testing.T) storage.Facts) {
	run(t, open, map[string]func(*testing.T, storage.Facts){"the last value of a fact stands": lastFactStands})
}

func lastFactStands(t *testing.T, s storage.Facts) {
	ctx := t.Context()
	check.Must(t, s.PutFact(ctx, "a", "1"))
	check.Must(t, s.PutFact(ctx, "a", "2"))
	value, err := s.Fact(ctx, "a")
	check.Must(t, err)
	check.Equal(t, "fact", value, "2")
	_, err = s.Fact(ctx, "b")
	check.Error(t, "a fact that does not exist", err, storage.ErrNotFound)
}
