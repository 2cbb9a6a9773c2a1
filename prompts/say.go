package prompts

import (
	"strconv"
	"strings"
	"time"
)

// Clip is one sound of a phrase: a recorded text, a silence, or what a person has written.
type Clip struct {
	ID    ID            // empty for a silence
	Text  string        // as in the catalogue
	Shown string        // as it is written for people, where that differs
	Pause time.Duration // of a silence
	Free  string        // what a person has written; then ID is empty
	Name  string        // a name that a voice for free text may say in the place of ID
	Whose string        // which customer's, engineer's or level's, as the store knows it; empty where nobody knows
	Spelt []Clip        // of an engineer's name: its letters, which are said in the place of ID where no voice speaks Name
	Slow  bool          // its pauses are longer
	Of    ItemKind      // whose name it is: Name, EngineerName or LevelName
}

// Say turns a phrase into the sounds of the book's language, in order. What the catalogue does not have is left out: a
// missing sound never ends a call.
func (b *Book) Say(p Phrase) []Clip {
	var clips []Clip
	for _, i := range p {
		clips = append(clips, b.item(i)...)
	}
	return clips
}

func (b *Book) item(i Item) []Clip {
	switch i.Kind {
	case Sentence:
		clips := b.clips(i.ID)
		for n := range clips {
			clips[n].Slow = i.Slow
		}
		return clips
	case Spelled:
		return b.clips(spell(i.Text, "-final")...)
	case SpelledInside:
		return b.clips(spell(i.Text, "-comma")...)
	case Cardinal:
		return b.clips(b.grammar.cardinal(i.Number)...)
	case Clock:
		return b.clips(b.grammar.clock(i.At)...)
	case Calendar:
		return b.clips(date(i.At)...)
	case Day:
		return b.clips(b.grammar.day(i.At)...)
	case Year:
		return b.clips(b.grammar.year(i.At.Year())...)
	case Deadline:
		return b.clips(b.grammar.deadline(i.At, i.Now)...)
	case Silence:
		return []Clip{{Pause: i.Span}}
	case Name:
		return b.name(i.Text, string(i.ID))
	case EngineerName:
		return b.other(i, "a-colleague")
	case LevelName:
		if clips := b.clips(i.ID); len(clips) > 0 {
			return clips
		}
		i.ID = ID(strings.TrimPrefix(string(i.ID), level))
		return b.other(i, "a-contract")
	case FreeText:
		return []Clip{{Free: i.Text, Text: i.Text}}
	}
	return nil
}

func (b *Book) clips(ids ...ID) []Clip {
	var clips []Clip
	for _, id := range ids {
		if e, ok := b.entries[id]; ok {
			clips = append(clips, Clip{ID: id, Text: e.Text})
		}
	}
	return clips
}

// name says a customer's name where a clip of it was recorded, else that it is a customer. Who has a voice for free text says
// the name with that instead.
func (b *Book) name(text, whose string) []Clip {
	clips := b.clips(NameID(text))
	if len(clips) == 0 {
		clips = b.clips("a-customer")
	}
	if text != "" && len(clips) == 1 {
		clips[0].Shown, clips[0].Name, clips[0].Whose, clips[0].Of = text, text, whose, Name
	}
	return clips
}

// other is a name of the house's own; instead is what is said where no voice speaks it.
func (b *Book) other(i Item, instead ID) []Clip {
	clips := b.clips(instead)
	for n := range clips {
		clips[n].Shown, clips[n].Name, clips[n].Whose, clips[n].Of = i.Text, i.Text, string(i.ID), i.Kind
		if i.Text == "" {
			clips[n].Shown = clips[n].Text
		}
		if i.Kind == EngineerName {
			clips[n].Spelt = b.clips(letters(i.Text)...)
		}
	}
	return clips
}

// mostLetters is how many of a name are spelt.
const mostLetters = 12

// letters spells the first word of a name, then the first letter of the last one: who is on call with whom knows the rest.
// Accents are left out, and so is what is no letter.
func letters(name string) (ids []ID) {
	words := strings.Fields(strings.ToLower(name))
	if len(words) == 0 {
		return nil
	}
	spelt := words[0]
	if last := []rune(words[len(words)-1]); len(words) > 1 {
		spelt += string(last[:1])
	}
	for _, r := range spelt {
		if r = unaccented(r); r >= 'a' && r <= 'z' && len(ids) < mostLetters {
			ids = append(ids, ID("letter-"+string(r)))
		}
	}
	return ids
}

// unaccented is a letter of the Latin languages of Europe without its accent.
func unaccented(r rune) rune {
	const with, without = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿšžčćđłńřťďěůőű", "aaaaaaceeeeiiiinoooooouuuuyyszccdlnrtdeuou"
	if at := strings.IndexRune(with, r); at >= 0 {
		return rune(without[len([]rune(with[:at]))])
	}
	return r
}

// NameID is the id under which the clip of a customer's name is looked for: "Rossi S.p.A." is "name-rossi-s-p-a".
func NameID(name string) ID {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return ID("name-" + strings.Join(words, "-"))
}

// spell says digits one by one, in groups of three with a breath between them, and the last one as end says. What is no
// digit is passed over.
func spell(text string, end ID) []ID {
	var digits []byte
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			digits = append(digits, text[i])
		}
	}
	var ids []ID
	for i, d := range digits {
		id := ID("digit-" + string(d))
		if i == len(digits)-1 {
			id += end
		} else if (len(digits)-i)%3 == 1 && i > 0 {
			id += "-comma"
		}
		ids = append(ids, id)
	}
	return ids
}

// Text is a phrase as people read it: what `hotline try`, the printed conversation and tests show.
func (b *Book) Text(p Phrase) string {
	var words []string
	stopped := true // the sentence is over, or goes on behind figures
	for _, i := range p {
		switch i.Kind {
		case Spelled, SpelledInside:
			words, stopped = append(words, i.Text), i.Kind == SpelledInside
			continue
		case Cardinal:
			words = append(words, strconv.Itoa(i.Number))
			continue
		}
		if !stopped && i.Kind == Sentence {
			words[len(words)-1] += "."
		}
		stopped = stopped || i.Kind != Silence
		for _, c := range b.item(i) {
			switch {
			case c.Shown != "":
				words = append(words, c.Shown)
			case c.Text != "":
				words = append(words, strings.ReplaceAll(c.Text, " |", ""))
			}
		}
	}
	return strings.Join(words, " ")
}

// Spoken is a phrase in the words that are heard.
func (b *Book) Spoken(p Phrase) string {
	var words []string
	for _, c := range b.Say(p) {
		if c.Text != "" {
			words = append(words, c.Text)
		}
	}
	return strings.Join(words, " ")
}
