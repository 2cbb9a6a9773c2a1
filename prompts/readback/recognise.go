package readback

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Question is a sound, and what it may be.
type Question struct {
	PCM     []int16 // 8 kHz
	Grammar Grammar
}

// Hear gives the words that the recogniser hears in each sound of one speaker; "" where it hears nothing that the grammar allows.
func (r *Recogniser) Hear(questions []Question) ([]string, error) {
	dir, err := os.MkdirTemp("", "readback-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := r.prepare(dir, questions); err != nil {
		return nil, err
	}
	grammars, err := writeGrammars(dir, questions)
	if err != nil {
		return nil, err
	}
	answers := make([]string, len(questions))
	return answers, r.answer(dir, func(int) bool { return true }, grammars, answers)
}

// answer answers those questions of a folder that are meant, and have no answer. What is heard again is measured by all that the speaker says,
// as before: a sentence by itself tells too little of its voice.
func (r *Recogniser) answer(dir string, meant func(i int) bool, grammars, answers []string) error {
	for _, b := range []beams{narrow, wide} {
		var at []int
		for i, a := range answers {
			if a == "" && meant(i) {
				at = append(at, i)
			}
		}
		if len(at) == 0 {
			break
		}
		if err := r.hear(dir, at, grammars, b, answers); err != nil {
			return err
		}
	}
	return nil
}

// beams are how much more unlikely a path may be than the best one: of all sounds, of phones, and of words.
type beams [3]string

// Most sounds are understood with narrow beams. What comes to no end with them is heard again with wide ones, at several times the cost.
var (
	narrow = beams{"1e-100", "1e-100", "1e-80"}
	wide   = beams{"1e-300", "1e-300", "1e-300"}
)

// hear answers some of the questions of a folder.
func (r *Recogniser) hear(dir string, at []int, grammars []string, b beams, answers []string) error {
	var list, theirs strings.Builder
	for _, i := range at {
		fmt.Fprintln(&list, name(i))
		fmt.Fprintln(&theirs, grammars[i])
	}
	for file, text := range map[string]string{"now": list.String(), "grammars": theirs.String()} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return err
		}
	}
	args := append([]string{"-ctl", "now", "-cepdir", ".", "-cepext", ".mfc", "-dict", "dictionary", "-fsgctl", "grammars", "-fsgdir", ".", "-fsgext", ".fsg", "-hyp", "heard", "-bestpath", "no"}, r.arguments(b)...)
	if err := run(dir, "pocketsphinx_batch", args...); err != nil {
		return err
	}
	heard, err := os.ReadFile(filepath.Join(dir, "heard"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(heard)) {
		words, rest, ok := strings.Cut(strings.TrimSpace(line), "(")
		var i, score int
		if n, _ := fmt.Sscanf(rest, "%d %d)", &i, &score); !ok || n != 2 || i >= len(answers) {
			return fmt.Errorf("pocketsphinx_batch says %q", line)
		}
		answers[i] = strings.ReplaceAll(strings.TrimSpace(words), linked, " ")
	}
	return nil
}

// writeGrammars writes what may be heard, every grammar once, and gives the name of each question's.
func writeGrammars(dir string, questions []Question) (names []string, err error) {
	known := map[string]string{} // a grammar's name by its text
	for i, q := range questions {
		text := q.Grammar.fsg()
		if known[text] == "" {
			known[text] = name(i)
			if err := os.WriteFile(filepath.Join(dir, name(i)+".fsg"), []byte(text), 0o600); err != nil {
				return nil, err
			}
		}
		names = append(names, known[text])
	}
	return names, nil
}

// name is that of a question's files.
func name(i int) string { return fmt.Sprintf("%05d", i) }

// prepare writes what PocketSphinx's programs read: the features of the sounds, their list, and how the words sound.
func (r *Recogniser) prepare(dir string, questions []Question) error {
	var list strings.Builder
	var files, sounds []string
	for i, q := range questions {
		fmt.Fprintln(&list, name(i))
		if err := writeRaw(filepath.Join(dir, name(i)+".raw"), q.PCM); err != nil {
			return err
		}
		files = append(files, filepath.Join(dir, name(i)+".mfc"))
		if i == 0 || !same(q.PCM, questions[i-1].PCM) { // what is asked of one sound stands together
			sounds = append(sounds, files[i])
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "list"), []byte(list.String()), 0o600); err != nil {
		return err
	}
	if err := r.dictionary(questions, filepath.Join(dir, "dictionary")); err != nil {
		return err
	}
	if err := extract(dir, "list", ".", "."); err != nil {
		return err
	}
	return normalise(files, sounds)
}

// same tells whether two sounds are one.
func same(a, b []int16) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }

// dictionary writes how the words sound that may be heard.
func (r *Recogniser) dictionary(questions []Question, file string) error {
	words, heard := map[string]bool{}, map[string]bool{}
	for _, q := range questions {
		for _, list := range q.Grammar {
			for _, p := range list {
				for w := range strings.FieldsSeq(p) {
					heard[w] = true
					for part := range strings.SplitSeq(w, linked) {
						words[part] = true
					}
				}
			}
		}
	}
	sounds, err := pronounce(r.lang, slices.Sorted(maps.Keys(words)))
	if err != nil {
		return err
	}
	for w := range heard {
		if strings.Contains(w, linked) {
			for part := range strings.SplitSeq(w, linked) {
				sounds[w] = append(sounds[w], sounds[part]...)
			}
		}
	}
	return os.WriteFile(file, []byte(spelt(sounds)), 0o600)
}

// arguments are what PocketSphinx's programs need to know of the model.
func (r *Recogniser) arguments(b beams) []string {
	return []string{
		"-hmm", filepath.Join(r.dir, "model"), "-fdict", filepath.Join(r.dir, "fillers"), "-cmn", "none",
		"-beam", b[0], "-pbeam", b[1], "-wbeam", b[2], "-samprate", "8000",
	}
}
