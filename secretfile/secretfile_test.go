package secretfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hotline/secretfile"
)

func TestASecretIsTheTextOfItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	for text, want := range map[string]struct{ secret, word string }{
		"hunter2":         {"hunter2", "hunter2"},
		"hunter2\n":       {"hunter2", "hunter2"},
		"hunter2\r\n\r\n": {"hunter2", "hunter2"},
		" a b \n":         {" a b ", "a b"}, // a password may begin and end with a blank
		"":                {},
		" \r\n\t\n":       {},
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		secret, err := secretfile.Read(file)
		word, wordErr := secretfile.Word(file)
		if secret != want.secret || word != want.word {
			t.Errorf("%q: the secret is %q and the word %q, want %q and %q", text, secret, word, want.secret, want.word)
		}
		for _, err := range []error{err, wordErr} {
			if empty := want.secret == ""; empty != (err != nil) || empty && !strings.Contains(err.Error(), file+" is empty") {
				t.Errorf("%q: the error is %v", text, err)
			}
		}
	}
	if _, err := secretfile.Read(file + ".gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
