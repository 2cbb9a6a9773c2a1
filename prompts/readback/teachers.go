package readback

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"hotline/prompts"
)

// teacher is a voice that the recogniser learns from: one of espeak-ng, of festival or of flite. None of them is Pico, which the
// packs are spoken with.
type teacher struct {
	engine string // "espeak-ng", "festival" or "flite"
	voice  string
}

// variants are espeak-ng's own of every language: seven men and five women.
const variants = "m1 m2 m3 m4 m5 m6 m7 f1 f2 f3 f4 f5"

// teachersOf are the voices of a language. Those that are made of recorded speech stand several times: they are nearer to people.
func teachersOf(lang prompts.Language) (list []teacher) {
	espeak := map[prompts.Language]string{
		prompts.Italian: "it", prompts.English: "en-gb", prompts.German: "de", prompts.French: "fr-fr", prompts.Spanish: "es",
	}
	for v := range strings.FieldsSeq(variants) {
		list = append(list, teacher{"espeak-ng", espeak[lang] + "+" + v})
	}
	switch lang {
	case prompts.Italian:
		for range 4 {
			list = append(list, teacher{"festival", "lp_diphone"}, teacher{"festival", "pc_diphone"})
		}
	case prompts.English:
		for range 2 {
			list = append(list, teacher{"flite", "slt"}, teacher{"flite", "rms"}, teacher{"flite", "awb"}, teacher{"flite", "kal16"})
		}
	}
	return list
}

// lesson is what one teacher says in one tone of voice, phrase by phrase.
type lesson struct {
	by      teacher
	phrases []phrase
	stretch float64 // of the voice's tract and pitch, by playing it slower or faster
	pitch   int     // of espeak-ng, 0 to 99
	speed   int     // of espeak-ng, words a minute
}

// phrase is some words, and the name of their files.
type phrase struct{ name, words string }

// lessons are what is learnt from, always the same: words and clips of the catalogue in an order of their own, and none of its whole
// sentences. Every second round of the teachers is of digits and of the names of keys. In Italian every word is read as often as any: with
// recorded voices among the teachers that is enough, and an engineer's brief is understood so that is not, with rare sounds read more often.
func lessons(v vocabulary, sounds map[string][]string, n int) (list []lesson) {
	r := rand.New(rand.NewPCG(14, 5))
	read, shortest := v.words, 2
	if v.lang != prompts.Italian {
		read, shortest = wordsToRead(v, sounds), 3
		r.Shuffle(len(read), func(i, j int) { read[i], read[j] = read[j], read[i] })
	}
	teachers := teachersOf(v.lang)
	clips, words := 0, 0
	next := func(from []string, at *int) string {
		*at++
		return from[*at%len(from)]
	}
	for i := range n {
		l := lesson{by: teachers[i%len(teachers)], stretch: 0.88 + 0.27*r.Float64(), pitch: 25 + r.IntN(50), speed: 120 + r.IntN(70)}
		say := func(words string) {
			l.phrases = append(l.phrases, phrase{fmt.Sprintf("%04d-%d", i, len(l.phrases)), words})
		}
		key := func() string { return v.keys[r.IntN(len(v.keys))] }
		if turn := i / len(teachers); turn%2 == 0 {
			say(key())
			say(key())
			say(key() + " " + key())
			say(key() + " " + key())
		} else {
			for range 2 {
				clip := next(v.clips, &clips)
				if l.by.engine == "festival" && len(clip) < shortest { // it cannot say a letter by itself
					clip = v.keys[clips%len(v.keys)]
				}
				say(clip)
			}
			for range 3 {
				say(next(read, &words) + " " + next(read, &words) + " " + next(read, &words))
			}
		}
		list = append(list, l)
	}
	return list
}

// enough is how many of the words that are read have a sound at least: a sound that is heard two or three times is learnt by heart, and
// then known in nobody else's mouth.
const enough = 10

// wordsToRead are the words of a language, those with rare sounds several times. Letters are read by themselves: among words, a voice
// takes them for words.
func wordsToRead(v vocabulary, sounds map[string][]string) (list []string) {
	heard := map[string]int{}
	with := map[string][]string{}
	for _, w := range v.words {
		if len([]rune(w)) == 1 && strings.ToLower(w) != w {
			continue
		}
		list = append(list, w)
		for _, p := range sounds[w] {
			heard[p]++
			with[p] = append(with[p], w)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(with)) {
		for i := 0; heard[p] < enough; i++ {
			w := with[p][i%len(with[p])]
			list = append(list, w)
			for _, q := range sounds[w] {
				heard[q]++
			}
		}
	}
	return list
}

// speak has every phrase read into DIR/NAME.wav, at whatever rate the voice has.
func speak(dir string, list []lesson) error {
	scripts := map[string]*strings.Builder{}
	for _, l := range list {
		var err error
		switch l.by.engine {
		case "festival":
			l.festival(dir, scripts)
		case "flite":
			err = l.flite(dir)
		default:
			err = l.espeak(dir)
		}
		if err != nil {
			return err
		}
	}
	for voice, s := range scripts {
		file := filepath.Join(dir, voice+".scm")
		if err := os.WriteFile(file, latin1(s.String()), 0o600); err != nil {
			return err
		}
		if err := run("", "festival", "-b", file); err != nil {
			return err
		}
	}
	return nil
}

// slow is how much longer than usual a voice speaks.
func (l lesson) slow() string { return fmt.Sprintf("%.2f", 155/float64(l.speed)) }

// festival adds a lesson to what a voice of festival shall say: it is slow to start.
func (l lesson) festival(dir string, scripts map[string]*strings.Builder) {
	s := scripts[l.by.voice]
	if s == nil {
		s = &strings.Builder{}
		fmt.Fprintf(s, "(voice_%s)\n", l.by.voice)
		scripts[l.by.voice] = s
	}
	fmt.Fprintf(s, "(Parameter.set 'Duration_Stretch %s)\n", l.slow())
	for _, p := range l.phrases {
		fmt.Fprintf(s, "(utt.save.wave (utt.synth (Utterance Text %q)) %q 'riff)\n", p.words+".", filepath.Join(dir, p.name+".wav"))
	}
}

func (l lesson) flite(dir string) error {
	for _, p := range l.phrases {
		if err := run("", "flite", "-voice", l.by.voice, "--setf", "duration_stretch="+l.slow(), "-t", p.words+".", "-o", filepath.Join(dir, p.name+".wav")); err != nil {
			return err
		}
	}
	return nil
}

// espeak has a whole lesson spoken at once, and cuts it at its silences: most of what espeak-ng takes is its start.
func (l lesson) espeak(dir string) error {
	var text strings.Builder
	for _, p := range l.phrases {
		fmt.Fprintf(&text, "%s.\n\n", p.words)
	}
	file := filepath.Join(dir, "lesson.wav")
	args := []string{"-v", l.by.voice, "-p", fmt.Sprint(l.pitch), "-s", fmt.Sprint(l.speed), "-w"}
	if _, err := output("", text.String(), "espeak-ng", append(args, file)...); err != nil {
		return err
	}
	pcm, hz, err := readWAV(file)
	if err != nil {
		return err
	}
	parts := cut(pcm, int(hz/5))
	for i, p := range l.phrases {
		if len(parts) != len(l.phrases) { // a voice with an echo: one by one
			if err := run("", "espeak-ng", append(args, filepath.Join(dir, p.name+".wav"), p.words+".")...); err != nil {
				return err
			}
			continue
		}
		if err := writeWAV(filepath.Join(dir, p.name+".wav"), parts[i], int(hz)); err != nil {
			return err
		}
	}
	return nil
}

// run runs a program and gives what it said where it fails.
func run(dir, name string, args ...string) error {
	_, err := output(dir, "", name, args...)
	return err
}

// output runs a program with an input and gives its standard output.
func output(dir, input, name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Stdin = strings.NewReader(input)
	var errs strings.Builder
	c.Stderr = &errs
	said, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, tail(errs.String()+string(said)))
	}
	return string(said), nil
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

// latin1 is a text as festival's Italian voices read it.
func latin1(s string) []byte {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b
}
