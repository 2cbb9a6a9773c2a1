package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"hotline/directory"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage/storagetest/check"
)

func editsSince(t *testing.T, s DirectoryStore) {
	ctx := t.Context()
	spell := func(e directory.Edits) string {
		var list []string
		for _, c := range e.Customers {
			list = append(list, fmt.Sprint("customer ", c.ID, " ", c.Version))
		}
		for _, c := range e.Contracts {
			list = append(list, fmt.Sprint("contract ", c.ID, " ", c.Version))
		}
		for _, l := range e.Levels {
			list = append(list, fmt.Sprint("level ", l.ID))
		}
		for _, c := range e.Calendars {
			list = append(list, fmt.Sprint("calendar ", c.ID))
		}
		for _, f := range e.Faults {
			list = append(list, fmt.Sprint("fault ", f.ID))
		}
		for h, c := range e.Given {
			list = append(list, fmt.Sprint("given ", h[0], " ", c))
		}
		for _, h := range e.Ended {
			list = append(list, fmt.Sprint("ended ", h[0]))
		}
		for _, r := range e.Removed {
			list = append(list, fmt.Sprint("removed ", r.Kind, " ", r.ID))
		}
		slices.Sort(list)
		return fmt.Sprint(list)
	}
	since := int64(0)
	step := func(what string, do func() error, want string) {
		t.Helper()
		check.Must(t, do())
		e, err := s.Edits(ctx, since)
		check.Must(t, err)
		check.Equal(t, what, spell(e), want)
		check.Equal(t, what+": everything", e.Whole, since == 0)
		if e.Revision < since {
			t.Errorf("%s: the revision went from %d to %d", what, since, e.Revision)
		}
		since = max(e.Revision, 1)
	}
	step("a first customer", func() error { _, err := s.PutCustomer(ctx, directory.Customer{ID: "k"}); return err }, "[customer k 1]")
	step("nothing", func() error { return nil }, "[]")
	step("a contract", func() error {
		_, err := s.PutContractWithPIN(ctx, directory.Contract{ID: "c"}, directory.PINHash{1})
		return err
	}, "[contract c 1 given 1 c]")
	step("another PIN", func() error { return s.SetPIN(ctx, "c", directory.PINHash{2}) }, "[ended 1 given 2 c]")
	step("both, changed", func() error {
		_, err := s.PutCustomer(ctx, directory.Customer{ID: "k", Version: 1})
		_, more := s.PutContract(ctx, directory.Contract{ID: "c", Version: 1})
		return errors.Join(err, more)
	}, "[contract c 2 customer k 2]")
	step("terms", func() error {
		_, err := s.PutLevel(ctx, sla.Level{ID: "l"})
		_, more := s.PutCalendar(ctx, sla.Calendar{ID: "w"})
		return errors.Join(err, more)
	}, "[calendar w level l]")
	step("a fault", func() error { _, err := s.PutFault(ctx, directory.KnownFault{ID: "f"}); return err }, "[fault f]")
	step("a fault that is over", func() error { return s.DeleteFault(ctx, "f", 0) }, "[removed fault f]")
	step("an engineer", func() error { _, err := s.PutEngineer(ctx, oncall.Engineer{ID: "e"}); return err }, "[]")
	all, err := s.Edits(ctx, 0)
	check.Must(t, err)
	check.Equal(t, "everything", spell(all), "[calendar w contract c 2 customer k 2 given 2 c level l]")
	restored, err := s.Edits(ctx, since+1000) // as after the restore of an older dump
	check.Must(t, err)
	check.Equal(t, "for one who saw a later time", spell(restored), spell(all))
	check.Equal(t, "and that it is everything", restored.Whole, true)
	b, err := directory.ReadBook(ctx, s, monday)
	check.Must(t, err)
	check.Equal(t, "the book's contract", b.Contracts.At("c").Version, 2)
}
