// Package secretfile reads secrets that stand alone in files: passwords, tokens, addresses with a password in them.
package secretfile

import (
	"fmt"
	"os"
	"strings"
)

// Read reads the secret of a file: its whole text, without the line breaks at its end. A file that holds nothing but white space is an
// error: somebody forgot to fill it, and an empty password would be tried in its place.
func Read(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(string(text)) == "" {
		return "", fmt.Errorf("%s is empty; write the secret into it, alone", file)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// Word is Read for a secret that never begins or ends with white space, such as a token or a URL.
func Word(file string) (string, error) {
	secret, err := Read(file)
	return strings.TrimSpace(secret), err
}
