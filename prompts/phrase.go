// Package prompts is what can be said: phrases of recorded sentences, numbers, times and names, independent of the
// language in which they will be spoken.
//
// It is ground: pure, standard library only; instants come in with the phrase, already in the zone in which they are
// to be spoken.
package prompts

import (
	"slices"
	"time"
)

// Language is a language that the line speaks ([Languages]), such as "it"; some of them are read, too ([Written]).
type Language string

// The languages of the shipped packs.
const (
	Italian Language = "it"
	English Language = "en"
	German  Language = "de"
	French  Language = "fr"
	Spanish Language = "es"
)

// ID names a sentence or a clip of the catalogue; the same in every language.
type ID string

// Phrase is what is to be said, in order.
type Phrase []Item

// ItemKind tells what an Item says.
type ItemKind int

// The kinds of items.
const (
	Sentence      ItemKind = iota // ID: a recorded sentence
	Spelled                       // Text: digit by digit, the last one falling
	SpelledInside                 // Text: digit by digit, the sentence goes on behind them
	Cardinal                      // Number: one whole number
	Clock                         // At: the time of day, rounded down to the minute
	Calendar                      // At: weekday, day and month
	Day                           // At: day and month by themselves
	Year                          // At: the year
	Deadline                      // At and Now: the time, with today, tomorrow or the day where it is needed
	Silence                       // Span
	Name                          // Text: a customer's name; ID: whose it is, as the store knows the customer
	EngineerName                  // Text: an engineer's name; ID: whose it is, as the store knows the engineer
	LevelName                     // ID: a level of contracts, "level-" before it
	FreeText                      // Text: what a person has written, which only a voice for free text can say
)

// Item is one piece of a phrase. Which fields count depends on Kind.
type Item struct {
	Kind   ItemKind
	ID     ID
	Text   string
	Number int
	At     time.Time
	Now    time.Time
	Span   time.Duration
	Slow   bool // of a sentence: its pauses are longer
}

// P is a phrase of recorded sentences.
func P(ids ...ID) Phrase {
	var p Phrase
	for _, id := range ids {
		p = append(p, Item{Kind: Sentence, ID: id})
	}
	return p
}

// Digits says text digit by digit.
func Digits(text string) Phrase { return Phrase{{Kind: Spelled, Text: text}} }

// DigitsInside says text digit by digit inside a sentence.
func DigitsInside(text string) Phrase { return Phrase{{Kind: SpelledInside, Text: text}} }

// Number says a whole number as one word.
func Number(n int) Phrase { return Phrase{{Kind: Cardinal, Number: n}} }

// Words says what a person has written, where there is a voice for free text; nothing when it is empty.
func Words(text string) Phrase {
	if text == "" {
		return nil
	}
	return Phrase{{Kind: FreeText, Text: text}}
}

// Engineer says an engineer's name, where there is a voice for free text; else it is spelt. Id is the engineer's.
func Engineer(id, name string) Phrase {
	return Phrase{{Kind: EngineerName, ID: ID(id), Text: name}}
}

// level stands before the id of a level in the catalogue.
const level = "level-"

// Level says which level a contract has: by the catalogue, and one that the house has made itself by its name.
func Level(id string) Phrase { return Phrase{{Kind: LevelName, ID: level + ID(id)}} }

// When says by when: the time of day, and the day where it is not today's.
func When(due, now time.Time) Phrase {
	return Phrase{{Kind: Deadline, At: due.Truncate(time.Minute), Now: now}}
}

// Pause is a silence.
func Pause(d time.Duration) Phrase { return Phrase{{Kind: Silence, Span: d}} }

// Slowly is a phrase whose sentences have longer pauses, such as those between the options of a menu.
func (p Phrase) Slowly() Phrase {
	slow := slices.Clone(p)
	for i := range slow {
		slow[i].Slow = true
	}
	return slow
}

// Join puts phrases one behind the other.
func Join(phrases ...Phrase) Phrase {
	var whole Phrase
	for _, p := range phrases {
		whole = append(whole, p...)
	}
	return whole
}
