package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hotline/notify/notifytest"
)

func TestTheMailServerIsTriedFromTheCommandLine(t *testing.T) {
	server := notifytest.Start(t, notifytest.Config{})
	dir := t.TempDir()
	roots, file := filepath.Join(dir, "roots.pem"), filepath.Join(dir, "hotline.yaml")
	text := "mail: {server: '" + server.Address + "', from: hotline@house.example, user: hotline, password: secret, roots: '" + roots + "'}\n"
	for name, octets := range map[string][]byte{roots: server.Roots, file: []byte(text)} {
		if err := os.WriteFile(name, octets, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, text := said(t, "mail", "test", "anna@house.example", "--config", file); code != 0 || !strings.Contains(text, "took a letter to anna@house.example") {
		t.Errorf("%d: %s", code, text)
	}
	if got := server.Letters(); len(got) != 1 || got[0].To != "anna@house.example" || !got[0].TLS {
		t.Errorf("it took %+v", got)
	}
	if code, text := said(t, "mail", "test", "anna@house.example"); code != 1 || !strings.Contains(text, "no mail.server") {
		t.Errorf("%d: %s", code, text)
	}
}
