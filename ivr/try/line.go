package try

import (
	"fmt"
	"io"
)

// Kind is what a line of the conversation is.
type Kind string

// What there is in a conversation on a keyboard.
const (
	Said         Kind = "said"     // a sentence
	Replayed     Kind = "replayed" // what the caller recorded
	Called       Kind = "called"   // the rota, for a ticket
	Music        Kind = "music"
	Talks        Kind = "talk"          // with the engineer
	AsksKeys     Kind = "asks-keys"     // the caller may press
	AsksVoice    Kind = "asks-voice"    // the caller speaks
	AsksEngineer Kind = "asks-engineer" // whether an engineer accepts
	AsksOperator Kind = "asks-operator" // whether the operator answers
)

// Line is one of the conversation.
type Line struct {
	Kind Kind
	Text string
}

// Asks tells whether the line is a question to whoever types.
func (l Line) Asks() bool {
	switch l.Kind {
	case AsksKeys, AsksVoice, AsksEngineer, AsksOperator:
		return true
	}
	return false
}

// writer writes lines for a terminal.
func writer(out io.Writer) func(Line) {
	return func(l Line) {
		switch l.Kind {
		case Said:
			fmt.Fprintln(out, "  ", l.Text)
		case Replayed:
			fmt.Fprintf(out, "   [your message: %s]\n", l.Text)
		case Called:
			fmt.Fprintf(out, "   [the rota is called for ticket %s]\n", l.Text)
		case Music:
			fmt.Fprintln(out, "   [music]")
		case Talks:
			fmt.Fprintln(out, "   [you talk; then the engineer hangs up]")
		case AsksKeys:
			fmt.Fprint(out, "keys> ")
		case AsksVoice:
			fmt.Fprint(out, "what you say> ")
		case AsksEngineer:
			fmt.Fprint(out, "does an engineer press 1? y/n> ")
		case AsksOperator:
			fmt.Fprint(out, "does the operator answer? y/n> ")
		}
	}
}
