package console

import (
	"strings"

	"hotline/ivr"
)

// Calls tells whether a telephone of the directory is the one that calls. The telephone is a number or a SIP address. Numbers are
// compared in e164's spelling. SIP addresses are compared by the name of their account, and only for telephones that are
// registered here. The result is a hint, never a credential: numbers and names can be forged, so the console asks for a PIN.
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
