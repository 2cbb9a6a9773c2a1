package readback

import (
	"fmt"
	"slices"
	"strings"

	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// Verdict is how one sort of sounds was understood.
type Verdict struct {
	Right, All int
	Wrong      []string // id, what it is, and what was heard
}

func (v *Verdict) count(id, is, heard string) {
	v.All++
	if is == heard {
		v.Right++
		return
	}
	v.Wrong = append(v.Wrong, fmt.Sprintf("%s: %q was heard as %q", id, is, heard))
}

// Share is how many were understood, from 0 to 1.
func (v Verdict) Share() float64 { return float64(v.Right) / float64(max(1, v.All)) }

// Report is how a pack was understood.
type Report struct {
	Sentences Verdict // whole sentences, out of all of them
	Digits    Verdict // digits by themselves, out of ten
	Keys      Verdict // digits and names of keys inside sentences, out of twelve
	Short     Verdict // all else that is spoken inside sentences, out of its kind
}

// asked is a question and where its answer is counted.
type asked struct {
	Question
	id, is  string
	verdict *Verdict
	only    []int // the words that count; all where it is nil
}

// Judge has a recogniser listen to every clip of a pack.
func Judge(r *Recogniser, lang prompts.Language) (*Report, error) {
	report := &Report{}
	list, err := report.ask(lang)
	if err != nil {
		return nil, err
	}
	questions := make([]Question, len(list))
	for i, a := range list {
		questions[i] = a.Question
	}
	heard, err := r.Hear(questions)
	if err != nil {
		return nil, err
	}
	for i, a := range list {
		if a.only == nil {
			a.verdict.count(a.id, a.is, heard[i])
			continue
		}
		is, was := strings.Fields(a.is), strings.Fields(heard[i])
		for _, at := range a.only {
			word := ""
			if at < len(was) {
				word = was[at]
			}
			a.verdict.count(a.id, is[at], word)
		}
	}
	return report, nil
}

// ask makes the questions of a pack.
func (report *Report) ask(lang prompts.Language) (list []asked, err error) {
	v, err := vocabularyOf(lang)
	if err != nil {
		return nil, err
	}
	pack, err := packs.Load(lang)
	if err != nil {
		return nil, err
	}
	kinds := map[string][]string{}
	for _, c := range pack.Manifest.Clips {
		kind, text := kindOf(c.ID, c.Class), Words(c.Text)
		if !slices.Contains(kinds[kind], text) {
			kinds[kind] = append(kinds[kind], text)
		}
	}
	for _, c := range pack.Manifest.Clips {
		alaw, ok := pack.Clip(c.ID)
		if !ok || c.Class == prompts.Sound {
			continue
		}
		kind := kindOf(c.ID, c.Class)
		a := asked{Question: Question{PCM: g711.ALaw.Samples(alaw), Grammar: Grammar{kinds[kind]}}, id: string(c.ID), is: Words(c.Text), verdict: &report.Short}
		switch kind {
		case sentence:
			a.verdict = &report.Sentences
		case "digit":
			a.verdict = &report.Digits
		}
		list = append(list, a)
		if g, at := slots(c.Text, v.keys); kind == sentence && at != nil {
			a.verdict, a.Grammar, a.only = &report.Keys, g, at
			list = append(list, a)
		}
	}
	return list, nil
}

// slots is a sentence in which every name of a key may be any of them, and where they stand. A name of a key ends a phrase: "press
// one." is one, and "one by one" is none.
func slots(text string, keys []string) (g Grammar, at []int) {
	for field := range strings.FieldsSeq(text) {
		words := wordsOf(strings.ToLower(field))
		for i, w := range words {
			if i == len(words)-1 && slices.Contains(keys, w) && strings.ContainsAny(field[len(field)-1:], ".,;:?!") {
				at = append(at, len(g))
				g = append(g, keys)
			} else {
				g = append(g, []string{w})
			}
		}
	}
	return g, at
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
