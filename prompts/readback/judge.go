package readback

import (
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"

	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// Clip is a sound of a pack, and what the catalogue has it say.
type Clip struct {
	ID    prompts.ID
	Class prompts.Class
	Text  string
	PCM   []int16 // 8 kHz, as a telephone plays it
}

// Clips are the clips of a language's pack that say something.
func Clips(lang prompts.Language) (list []Clip, err error) {
	pack, err := packs.Load(lang)
	if err != nil {
		return nil, err
	}
	for _, c := range pack.Manifest.Clips {
		if alaw, ok := pack.Clip(c.ID); ok && c.Class != prompts.Sound {
			list = append(list, Clip{c.ID, c.Class, c.Text, g711.ALaw.Samples(alaw)})
		}
	}
	return list, nil
}

// Verdict is how one sort of sounds was understood.
type Verdict struct {
	Right, All int
	Wrong      []Misheard
}

// Misheard is a clip, what it should say, and what was heard.
type Misheard struct {
	ID        prompts.ID
	Is, Heard string
}

func (m Misheard) String() string { return fmt.Sprintf("%s: %q was heard as %q", m.ID, m.Is, m.Heard) }

func (v *Verdict) count(id prompts.ID, is, heard string) {
	v.All++
	if is == heard {
		v.Right++
		return
	}
	v.Wrong = append(v.Wrong, Misheard{id, is, heard})
}

// Share is how many were understood, from 0 to 1.
func (v Verdict) Share() float64 { return float64(v.Right) / float64(max(1, v.All)) }

// Report is how a pack was understood.
type Report struct {
	Sentences Verdict // whole sentences, out of all of them
	Words     Verdict // whole sentences, word by word: each out of itself and many that sound otherwise
	Digits    Verdict // digits by themselves, out of ten
	Keys      Verdict // digits and names of keys inside sentences, out of twelve
	Short     Verdict // all else that is spoken inside sentences, out of its kind
}

// parts is how many parts the whole sentences fall into. Those of one part are judged by an ear that was told the others.
const parts = 4

// partOf is the part of a sentence, by its name; all other clips are in none.
func partOf(c Clip) int {
	if c.Class != prompts.Whole {
		return parts
	}
	h := fnv.New32a()
	h.Write([]byte(c.ID))
	return int(h.Sum32()>>7) % parts
}

// asked is a question and where its answer is counted.
type asked struct {
	Question
	clip    Clip
	verdict *Verdict
	only    []int // the words that count; all where it is nil
}

// Judge has a recogniser listen to clips of one voice, to those that are meant. It comes near to the voice first, by the whole sentences among all
// clips: what is not a whole sentence is judged by an ear that was told all of these, and a sentence by one that was told none of its part. So
// no ear judges a sound that it was told of.
func Judge(r *Recogniser, clips []Clip, meant func(Clip) bool) (*Report, error) {
	report := &Report{}
	list, err := report.ask(r.lang, clips)
	if err != nil {
		return nil, err
	}
	questions := make([]Question, len(list))
	for i, a := range list {
		questions[i] = a.Question
	}
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
	answers := make([]string, len(list))
	for part := range parts + 1 {
		mine := func(a asked) bool { return partOf(a.clip) == part && meant(a.clip) }
		if !slices.ContainsFunc(list, mine) {
			continue
		}
		ear, err := r.adapted(dir, report.lessons(list, part))
		if err != nil {
			return nil, err
		}
		if err := ear.answer(dir, func(i int) bool { return mine(list[i]) }, grammars, answers); err != nil {
			return nil, err
		}
	}
	for i, a := range list {
		if meant(a.clip) {
			a.count(answers[i])
		}
	}
	return report, nil
}

// lessons are the whole sentences but those of a part.
func (report *Report) lessons(list []asked, part int) (lessons []told) {
	for i, a := range list {
		if a.verdict == &report.Sentences && partOf(a.clip) != part {
			lessons = append(lessons, told{name(i), withPauses(a.clip.Text)})
		}
	}
	return lessons
}

// count counts an answer, or the words of it that count.
func (a asked) count(heard string) {
	is := Words(a.clip.Text)
	if a.only == nil {
		a.verdict.count(a.clip.ID, is, heard)
		return
	}
	words, was := strings.Fields(is), strings.Fields(heard)
	for _, at := range a.only {
		word := ""
		if at < len(was) {
			word = was[at]
		}
		a.verdict.count(a.clip.ID, words[at], word)
	}
}

// ask makes the questions of a voice.
func (report *Report) ask(lang prompts.Language, clips []Clip) (list []asked, err error) {
	v, err := vocabularyOf(lang)
	if err != nil {
		return nil, err
	}
	sounds, err := pronounce(lang, v.words)
	if err != nil {
		return nil, err
	}
	kinds := map[string][]string{}
	for _, c := range clips {
		kind, text := kindOf(c.ID, c.Class), Words(c.Text)
		if kind == sentence {
			text = phrases(c.Text)
		}
		if !slices.Contains(kinds[kind], text) {
			kinds[kind] = append(kinds[kind], text)
		}
	}
	for _, c := range clips {
		add := func(to *Verdict, g Grammar, only []int) {
			list = append(list, asked{Question{c.PCM, g}, c, to, only})
		}
		switch kind := kindOf(c.ID, c.Class); kind {
		case sentence:
			add(&report.Sentences, Grammar{kinds[kind]}, nil)
			add(&report.Words, otherwise(c.Text, v.words, sounds), nil)
			if g, at := slots(c.Text, v.keys); at != nil {
				add(&report.Keys, g, at)
			}
		case "digit":
			add(&report.Digits, Grammar{kinds[kind]}, nil)
		default:
			add(&report.Short, Grammar{kinds[kind]}, nil)
		}
	}
	return list, nil
}

// sentence is the kind of whole sentences.
const sentence = "sentence"

// kindOf is the list that a clip is told from.
func kindOf(id prompts.ID, class prompts.Class) string {
	if class == prompts.Whole {
		return sentence
	}
	name, _, _ := strings.Cut(string(id), "-")
	switch name {
	case "digit", "n", "hundred", "minute", "hour", "month", "weekday", "day", "letter":
		if strings.HasSuffix(string(id), "-article") {
			name += "-article"
		}
		return name
	}
	return "phrase"
}
