package validation_test

import (
	"errors"
	"fmt"
	"testing"

	"hotline/validation"
)

var errKind = errors.New("it cannot be used")

func TestAFieldHasThePathOfThePartsAroundIt(t *testing.T) {
	length := validation.Field("length", errors.New("too long"))
	for _, c := range []struct {
		err         error
		field, text string
	}{
		{errors.New("it is wrong"), "", "it is wrong"},
		{length, "length", "too long"},
		{fmt.Errorf("shift 3: %w", length), "length", "too long"},
		{validation.Field("shifts[2]", fmt.Errorf("shift 3: %w", length)), "shifts[2].length", "shift 3: too long"},
		{fmt.Errorf("%w: %w", validation.Field("shifts[2]", length), errKind), "shifts[2].length", "too long"},
		{validation.Field("", length), "length", "too long"},
		{validation.Field("", errKind), "", "it cannot be used"},
	} {
		if field, text := validation.Of(c.err); field != c.field || text != c.text {
			t.Errorf("%v: %q is wrong with %q, want %q with %q", c.err, text, field, c.text, c.field)
		}
	}
	if validation.Field("length", nil) != nil {
		t.Error("nothing is wrong, and an error says so")
	}
	if err := fmt.Errorf("%w: %w", length, errKind); !errors.Is(err, errKind) {
		t.Error("the kind is lost")
	}
}
