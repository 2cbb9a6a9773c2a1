package numbers

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// The library reads every spelling of a number, which costs some 50 µs, half of it for the question whether the plan knows
// the number. What a call brings has been reduced to its digits already, and most callers are of the line's own country.
// Their numbers are read directly here, and an international one is left as it is, whether the plan knows it or not.

// own is what tells numbers of the plan's country that can be read directly.
type own struct {
	national *regexp.Regexp // what may have to be taken off the front of a national number; nil for nothing
	abroad   *regexp.Regexp // what begins a number of another country
}

func ownOf(region string) (own, error) {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return own{}, err
	}
	var o own
	for _, m := range all.GetMetadata() {
		if m.GetId() != region {
			continue
		}
		if p := m.GetNationalPrefixForParsing(); p != "" {
			if o.national, err = regexp.Compile("^(?:" + p + ")"); err != nil {
				return own{}, err
			}
		}
		o.abroad, err = regexp.Compile("^(?:" + m.GetInternationalPrefix() + ")")
	}
	return o, err
}

// read reads a number of digits, which may have a + before them, and gives it in E.164; false for what no plan knows.
func (p Plan) read(digits string) (e164 string, ok bool) {
	national, direct := p.direct(digits)
	var n *phonenumbers.PhoneNumber
	if direct {
		n = p.number(national)
	} else {
		var err error
		if n, err = phonenumbers.Parse(digits, p.region); err != nil {
			return "", false
		}
	}
	if !phonenumbers.IsValidNumber(n) {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// asItIs gives an international number of the plan's own country that is in E.164 already, but for a 00 instead of the +.
// Whether the plan knows it makes no difference.
func (p Plan) asItIs(digits string) (e164 string, ok bool) {
	if rest, zeros := strings.CutPrefix(digits, "00"); zeros {
		digits = "+" + rest
	}
	_, ok = p.direct(digits)
	return digits, ok && digits[0] == '+'
}

// direct gives the national number in digits, where they are its plain value in the plan's own country.
func (p Plan) direct(digits string) (national string, ok bool) {
	const longest = 17 // digits of a national number that the library reads
	national, international := strings.CutPrefix(digits, "+"+p.code)
	if !international && (strings.HasPrefix(digits, "+") || strings.HasPrefix(digits, p.code) || p.own.abroad == nil || p.own.abroad.MatchString(digits)) {
		return "", false
	}
	return national, len(national) >= shortest && len(national) <= longest && (p.own.national == nil || !p.own.national.MatchString(national))
}

// number is a national number as the library knows it.
func (p Plan) number(national string) *phonenumbers.PhoneNumber {
	value := uint64(0)
	for _, d := range []byte(national) {
		value = 10*value + uint64(d-'0')
	}
	n := &phonenumbers.PhoneNumber{CountryCode: new(p.country), NationalNumber: &value}
	if zeros := len(national) - len(strings.TrimLeft(national[:len(national)-1], "0")) - 1; zeros > 0 {
		n.ItalianLeadingZero = new(true)
		if zeros > 1 {
			n.NumberOfLeadingZeros = new(int32(zeros))
		}
	}
	return n
}
