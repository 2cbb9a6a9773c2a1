package datadir

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"hotline/atomicfile"
	"hotline/directory"
	"hotline/storage"
)

const (
	pinKeyOctets = 32
	PINKeyFact   = "pin_key_fingerprint" // the name of the key's fingerprint among the settings
)

// Settings are facts about a database by name. storage.Facts is one.
type Settings interface {
	Fact(ctx context.Context, name string) (string, error)
	PutFact(ctx context.Context, name, value string) error
}

// ReadPINKey reads the key under which PINs are hashed. A missing one is made only where the database has never seen a key.
func ReadPINKey(ctx context.Context, s Settings, file string) ([]byte, error) {
	known, err := s.Fact(ctx, PINKeyFact)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("reading the fingerprint of the PIN key: %w", err)
	}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && known != "":
		return nil, fmt.Errorf("the PIN key %s is missing, and the database's PINs were made with it: put it back from the backup", file)
	case errors.Is(err, fs.ErrNotExist):
		return makePINKey(ctx, s, file)
	case err != nil:
		return nil, fmt.Errorf("reading the PIN key: %w", err)
	}
	key, err := ParsePINKey(file, text, known)
	if err == nil && known == "" {
		err = s.PutFact(ctx, PINKeyFact, directory.KeyFingerprint(key))
	}
	return key, err
}

// ParsePINKey reads the key of a file's text, and holds it to the fingerprint known, if there is one.
func ParsePINKey(file string, text []byte, known string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) < pinKeyOctets {
		return nil, fmt.Errorf("the PIN key %s should be %d hexadecimal digits: put it back from the backup", file, 2*pinKeyOctets)
	}
	if known != "" && known != directory.KeyFingerprint(key) {
		return nil, fmt.Errorf("the PIN key %s is not the one that this database's PINs were made with: put the right one back from the backup", file)
	}
	return key, nil
}

func makePINKey(ctx context.Context, s Settings, file string) ([]byte, error) {
	key := make([]byte, pinKeyOctets)
	rand.Read(key)
	if err := atomicfile.Replace(file, []byte(hex.EncodeToString(key)+"\n")); err != nil { // on the disk before the database knows of it
		return nil, fmt.Errorf("making the PIN key: %w", err)
	}
	if err := s.PutFact(ctx, PINKeyFact, directory.KeyFingerprint(key)); err != nil {
		return nil, fmt.Errorf("noting the PIN key: %w", err)
	}
	return key, nil
}
