package console

import (
	"strings"

	"hotline/ivr"
)

// Calls tells whether a telephone of the directory, a number or a SIP address, is the one that calls: numbers are compared in
// e164's spelling, a SIP address by the name of its account, and for telephones of the house's own only. It is a hint, never a
// credential: numbers and names are forged, which is why a PIN is asked for.
func Calls(telephone string, c ivr.Caller, e164 func(number string) string) bool {
	if c.Number == "" {
		return false
	}
	address, sip := strings.CutPrefix(telephone, "sip:")
	if !sip {
		return e164(telephone) == e164(c.Number)
	}
	account, _, _ := strings.Cut(address, "@")
	return c.House && account == c.Number
}
