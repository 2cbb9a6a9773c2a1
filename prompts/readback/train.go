package readback

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hotline/prompts"
)

// lessonsOfALanguage is how many lessons a language has, of four or five phrases each.
const lessonsOfALanguage = 240

// train makes a model of a language in a folder: its dictionary and what sphinxtrain has learnt.
func train(lang prompts.Language, dir string) error {
	v, err := vocabularyOf(lang)
	if err != nil {
		return err
	}
	sounds, err := pronounce(lang, v.words)
	if err != nil {
		return err
	}
	list := lessons(v, sounds, lessonsOfALanguage)
	for _, sub := range []string{"spoken", "heard", "features", "learnt", "model"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	if err := speak(filepath.Join(dir, "spoken"), list); err != nil {
		return err
	}
	if err := school(dir, list); err != nil {
		return err
	}
	if err := books(lang, dir, list, sounds); err != nil {
		return err
	}
	return study(lang, dir, phonesOf(sounds))
}

// school is what the recogniser hears of each lesson.
func school(dir string, list []lesson) error {
	r := rand.New(rand.NewPCG(4, 13))
	var names []string
	for _, l := range list {
		for _, p := range l.phrases {
			pcm, hz, err := readWAV(filepath.Join(dir, "spoken", p.name+".wav"))
			if err != nil {
				return err
			}
			if err := writeRaw(filepath.Join(dir, "heard", p.name+".raw"), throughTelephone(pcm, hz*l.stretch, r)); err != nil {
				return err
			}
			names = append(names, p.name)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "lessons"), []byte(strings.Join(names, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	if err := extract(dir, "lessons", "heard", "features"); err != nil {
		return err
	}
	for _, l := range list {
		var files []string
		for _, p := range l.phrases {
			files = append(files, filepath.Join(dir, "features", p.name+".mfc"))
		}
		if err := normalise(files, files); err != nil {
			return err
		}
	}
	return nil
}

// books are the files that sphinxtrain reads: what is said in each lesson, and how each word sounds.
func books(lang prompts.Language, dir string, list []lesson, sounds map[string][]string) error {
	var said strings.Builder
	for _, l := range list {
		for _, p := range l.phrases {
			words := p.words
			if lang == prompts.Italian { // a letter among words is read as a word
				words = strings.Join(wordsOf(words), " ")
			}
			fmt.Fprintf(&said, "<s> %s </s> (%s)\n", words, p.name)
		}
	}
	for name, text := range map[string]string{"said": said.String(), "dictionary": spelt(sounds), "fillers": "<s> SIL\n</s> SIL\n<sil> SIL\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// spelt is a dictionary of Sphinx.
func spelt(sounds map[string][]string) string {
	var lines strings.Builder
	for _, w := range slices.Sorted(maps.Keys(sounds)) {
		fmt.Fprintf(&lines, "%s %s\n", w, strings.Join(sounds[w], " "))
	}
	return lines.String()
}

// phonesOf are the sounds that words consist of, and silence.
func phonesOf(sounds map[string][]string) []string {
	all := map[string]bool{"SIL": true}
	for _, list := range sounds {
		for _, p := range list {
			all[p] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
