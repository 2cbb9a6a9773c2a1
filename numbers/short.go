package numbers

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// everywhere are the emergency numbers that each mobile network knows (3GPP TS 22.101, section 10.1).
const everywhere = "112 911"

// Emergency tells whether a number reaches the emergency services: of the plan's country, or of the one whose code it begins with.
// A number that only begins like one does not, because a trunk gets all digits at once.
func (p Plan) Emergency(number string) bool {
	digits, ok := Digits(number)
	if !ok {
		return false
	}
	regions := []string{p.region}
	if national, code, abroad := short(digits); abroad {
		digits, regions = national, phonenumbers.GetRegionCodesForCountryCode(code)
	}
	for known := range strings.FieldsSeq(everywhere) {
		if digits == known {
			return true
		}
	}
	for _, region := range regions {
		if phonenumbers.IsEmergencyNumber(digits, region) {
			return true
		}
	}
	return false
}

// Service tells whether a number is one of the short ones that the plan's country gives to services: the police, a directory, a charity.
// Extensions of a house may have the same digits.
func (p Plan) Service(number string) bool {
	digits, ok := Digits(number)
	if !ok || p.region == "" || strings.HasPrefix(digits, "+") {
		return false
	}
	n, err := phonenumbers.Parse(digits, p.region)
	return err == nil && phonenumbers.IsValidShortNumberForRegion(n, p.region)
}

// short takes the country off the front of an international number that has few digits after it.
func short(digits string) (national string, country int, ok bool) {
	rest, plus := strings.CutPrefix(digits, "+")
	if !plus {
		if rest, plus = strings.CutPrefix(digits, "00"); !plus {
			return "", 0, false
		}
	}
	for length := 1; length <= 3 && length < len(rest); length++ { // a code has one to three digits, and begins no other (E.164, section 6.1)
		code := 0
		for _, d := range []byte(rest[:length]) {
			code = 10*code + int(d-'0')
		}
		if len(phonenumbers.GetRegionCodesForCountryCode(code)) > 0 && len(rest)-length < shortest {
			return rest[length:], code, true
		}
	}
	return "", 0, false
}
