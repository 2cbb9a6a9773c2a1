package app

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/config"
	"hotline/users/oidc"
	"hotline/users/oidc/oidctest"
)

func TestAnIdentityProviderIsBelievedByTheAuthoritiesOfAFile(t *testing.T) {
	p := oidctest.Start(t, time.Now)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.OIDC{Issuer: p.URL, ClientID: oidctest.ClientID}
	asked := func(c config.OIDC) error {
		found, err := signOn(c)
		if err == nil {
			_, err = found.Address(t.Context(), oidc.Begin(time.Now()), "https://desk.example/login/oidc/callback")
		}
		return err
	}
	if err := asked(c); !errors.Is(err, oidc.ErrDown) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a provider that no authority knows: %v", err)
	}
	c.Roots = roots
	if err := asked(c); err != nil {
		t.Errorf("one that the file's authority knows: %v", err)
	}
	c.Roots = "signon_test.go"
	if err := asked(c); err == nil || !strings.Contains(err.Error(), "http.oidc.roots") {
		t.Errorf("a file without a certificate: %v", err)
	}
	c.Roots, c.ClientSecretFile = "", filepath.Join(t.TempDir(), "none")
	if err := asked(c); err == nil || !strings.Contains(err.Error(), "http.oidc.client_secret_file") {
		t.Errorf("a secret that is not there: %v", err)
	}
	if found, err := signOn(config.OIDC{}); err != nil || found.Provider != nil {
		t.Errorf("no provider: %v, %v", found, err)
	}
	if found, err := signOn(c); err == nil || found.Provider != nil {
		t.Errorf("half a provider: %v", found)
	}
}
