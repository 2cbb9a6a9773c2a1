package users

import "testing"

func TestNamesAreHarmlessWhereverTheyAreShown(t *testing.T) {
	for name, valid := range map[string]bool{
		"anna": true, "anna.rossi": true, "a": true, "42": true, "a-b_c": true,
		"": false, "Anna": false, ".anna": false, "anna rossi": false, "anna:rossi": false, "<b>": false, "è": false, "anna\n": false,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": false,
	} {
		if ValidName(name) != valid {
			t.Errorf("%q: %v", name, !valid)
		}
	}
}

func TestThereAreFourRoles(t *testing.T) {
	for _, r := range Roles() {
		if !r.Valid() {
			t.Errorf("%s is none", r)
		}
	}
	if Role("root").Valid() || Role("").Valid() || len(Roles()) != 4 {
		t.Error("others are taken")
	}
}
