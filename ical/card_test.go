package ical_test

import (
	"strings"
	"testing"

	"hotline/ical"
)

// TestACardHasTheNumbersOfTheLine: by RFC 2426 it has N and FN; what a name holds breaks no line.
func TestACardHasTheNumbersOfTheLine(t *testing.T) {
	card := string(ical.Card("Hotline; of Rossi, "+strings.Repeat("è", 60), []string{"+39051123456", "+390612345"}))
	for _, want := range []string{"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Hotline\\; of Rossi\\, ", "\r\nTEL;TYPE=WORK,VOICE:+39051123456\r\nTEL;TYPE=WORK,VOICE:+390612345\r\nEND:VCARD\r\n"} {
		if !strings.Contains(card, want) {
			t.Errorf("no %q in\n%s", want, card)
		}
	}
	for _, line := range strings.Split(card, "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line has %d octets: %q", len(line), line)
		}
	}
}
