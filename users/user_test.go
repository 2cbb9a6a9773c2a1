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

func TestAddressesOfAProvider(t *testing.T) {
	for address, want := range map[string]bool{
		"https://login.example/realms/office": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true, "http://localhost:8080/x": true,
		"http://login.example": false, "login.example": false, "": false, "https://": false, "https://a:b@login.example": false, "https://login.example/#x": false,
		"javascript:alert(1)": false, "http://localhost.example": false, "ftp://127.0.0.1": false,
	} {
		if ProviderAddress(address) != want {
			t.Errorf("%s: %v", address, !want)
		}
	}
}
