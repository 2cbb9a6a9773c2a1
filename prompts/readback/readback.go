// Package readback is an independent ear for the voices that ship, for tests only. It is a recogniser (PocketSphinx) that has
// learnt a language at the rate of a telephone from other voices (espeak-ng, festival, flite), never from Pico and never from a
// sentence of the catalogue. To judge a voice it comes near to it by other sentences than those that it judges ([Judge]). It is not
// compiled into the program.
package readback

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"hotline/prompts"
)

// recipe is how a model is made: with another one there is another model.
//
//go:embed channel.go features.go phones.go study.go teachers.go train.go
var recipe embed.FS

// Packages are Debian's that a recogniser of a language needs; scripts/install brings them.
func Packages(lang prompts.Language) []string {
	list := []string{"pocketsphinx", "sphinxtrain", "sphinxbase-utils", "espeak-ng"}
	switch lang {
	case prompts.Italian:
		list = append(list, "festival", "festvox-italp16k", "festvox-itapc16k")
	case prompts.English:
		list = append(list, "flite")
	}
	return list
}

// Recogniser understands one language. Safe for concurrent use.
type Recogniser struct {
	dir  string
	lang prompts.Language
}

// Open gives the recogniser of a language. The first time it has one trained, which takes a minute or two of a core. It keeps the
// model in the user's cache folder, by a hash of all that it is made of. Processes that want the same one wait for each other.
func Open(lang prompts.Language) (*Recogniser, error) {
	key, err := inputs(lang)
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	cache = filepath.Join(cache, "hotline")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "readback-"+string(lang)+"-"+key)
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	defer lock.Close() // and with it the lock is given back
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("waiting for the model of %q: %w", lang, err)
	}
	if _, err := os.Stat(dir); err == nil {
		return &Recogniser{dir, lang}, nil
	}
	work := dir + ".training"
	if err := os.RemoveAll(work); err != nil { // of one that was ended
		return nil, err
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	if err := train(lang, work); err != nil {
		return nil, fmt.Errorf("training a recogniser of %q: %w", lang, err)
	}
	for _, sub := range []string{"spoken", "heard", "features", "learnt"} {
		if err := os.RemoveAll(filepath.Join(work, sub)); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(work, dir); err != nil {
		return nil, err
	}
	return &Recogniser{dir, lang}, nil
}

// inputs is a hash of all that a model is made of: the recipe, the words, and the packages.
func inputs(lang prompts.Language) (string, error) {
	h := sha256.New()
	files, err := recipe.ReadDir(".")
	if err != nil {
		return "", err
	}
	for _, f := range files {
		b, err := recipe.ReadFile(f.Name())
		if err != nil {
			return "", err
		}
		h.Write(b)
	}
	v, err := vocabularyOf(lang)
	if err != nil {
		return "", err
	}
	fmt.Fprintln(h, v)
	for _, p := range Packages(lang) {
		version, err := exec.Command("dpkg-query", "-W", "-f", "${Version} ${Status}\n", p).Output()
		if err != nil || !strings.Contains(string(version), "install ok installed") {
			return "", fmt.Errorf("package %s of Debian is missing: run scripts/install %s", p, strings.Join(Packages(lang), " "))
		}
		h.Write(version)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}
