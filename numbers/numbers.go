// Package numbers makes one telephone number of its many spellings: E.164 (ITU-T E.164) inside, by the numbering plan of the
// country that the line stands in. Safe for concurrent use.
package numbers

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Plan is the numbering plan of one country. Its zero value leaves every number as it is.
type Plan struct {
	region  string // ISO 3166-1, empty for none
	code    string // the country's digits: 39
	country int32
	trunk   string // before a national number where it does not belong to it: "0" in Germany, none in Italy
	own     own

	e164, shown *cache // caches of results; copies of a plan share them
}

// For finds the plan of a country by its code of two letters (ISO 3166-1).
func For(country string) (Plan, error) {
	region := strings.ToUpper(strings.TrimSpace(country))
	code := phonenumbers.GetCountryCodeForRegion(region)
	if len(region) != 2 || code == 0 {
		return Plan{}, fmt.Errorf("%q is no country; write its code of two letters, such as IT", country)
	}
	direct, err := ownOf(region)
	if err != nil {
		return Plan{}, fmt.Errorf("reading the numbering plan of %s: %w", region, err)
	}
	return Plan{
		region: region, code: fmt.Sprint(code), country: int32(code), own: direct, trunk: phonenumbers.GetNddPrefixForRegion(region, true), e164: newCache(), shown: newCache(),
	}, nil
}

// shortest is how many digits a number without a + must have to be more than an extension.
const shortest = 6

// E164 is a number in the international form with a +, in Italy with the 0 of a fixed number. Extensions, short numbers, SIP
// addresses, names and what the plan does not know stay as they are, but for blanks and separators between digits.
func (p Plan) E164(text string) string {
	if p.region == "" {
		return text
	}
	return p.e164.of(text, p.workOutE164)
}

func (p Plan) workOutE164(text string) string {
	digits, ok := Digits(text)
	if !ok {
		return text
	}
	if e164, ok := p.asItIs(digits); ok {
		return e164
	}
	for _, candidate := range p.candidates(digits) {
		if e164, ok := p.read(candidate); ok {
			return e164
		}
	}
	if strings.HasPrefix(digits, "00") && len(digits) > shortest+2 { // no plan knows it: it may be newer than our tables
		return "+" + digits[2:]
	}
	return digits
}

// candidates are what a spelling may mean, the likeliest first.
func (p Plan) candidates(digits string) []string {
	switch {
	case strings.HasPrefix(digits, "+"):
		return []string{digits}
	case strings.HasPrefix(digits, "00"):
		return []string{"+" + digits[2:]}
	case len(digits) < shortest:
		return nil
	}
	var out []string
	if strings.HasPrefix(digits, p.trunk) { // an extension has no 0 before it
		out = append(out, digits)
	}
	if len(digits) > shortest+len(p.code) && strings.HasPrefix(digits, p.code) {
		out = append(out, "+"+digits)
	}
	return out
}

// Spellings are the ways in which a number may have been written down: itself first, then E.164, then those without a +.
func (p Plan) Spellings(number string) []string {
	out := []string{number}
	add := func(s string) {
		for _, had := range out {
			if had == s {
				return
			}
		}
		out = append(out, s)
	}
	e := p.E164(number)
	add(e)
	if p.region == "" || !strings.HasPrefix(e, "+") {
		return out
	}
	add(e[1:])
	add("00" + e[1:])
	if national, ok := p.national(e); ok {
		add(national)
	}
	return out
}

// national is how a number of the country is dialled inside of it.
func (p Plan) national(e string) (string, bool) {
	rest, own := strings.CutPrefix(e, "+"+p.code)
	if p.region == "" || !own {
		return "", false
	}
	return p.trunk + rest, true
}

// Way is how a trunk wants numbers dialled.
type Way string

// The ways. AsE164 is what an empty one means.
const (
	AsE164     Way = "e164"      // +39065551239
	AsPlusLess Way = "plus-less" // 39065551239
	AsNational Way = "national"  // 065551239, and 00 with the country for others
	As00       Way = "00"        // 0039065551239
)

// Dial is a number as a trunk wants it. What is no full number is dialled as it is.
func (p Plan) Dial(number string, way Way) string {
	e := p.E164(number)
	if !strings.HasPrefix(e, "+") {
		return e
	}
	switch way {
	case AsPlusLess:
		return e[1:]
	case AsNational:
		if national, ok := p.national(e); ok {
			return national
		}
		return "00" + e[1:]
	case As00:
		return "00" + e[1:]
	}
	return e
}

// Spoken is a number as people of the country say it: without its own country's code, others with 00 before theirs.
func (p Plan) Spoken(number string) string { return p.Dial(number, AsNational) }

// Shown is a number as people write it: +39 06 555 1239. Others are shown as they are.
func (p Plan) Shown(number string) string {
	if p.region == "" {
		return number
	}
	return p.shown.of(number, p.workOutShown)
}

func (p Plan) workOutShown(number string) string {
	e := p.E164(number)
	if !strings.HasPrefix(e, "+") {
		return number
	}
	n, err := phonenumbers.Parse(e, p.region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return e
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

// Digits reads the digits of a telephone number, a + before them if it is there. It leaves out what people and devices put in and around it
// (tel: or sip:, parameters, percent escapes, the visual separators of RFC 3966 section 3, blanks). A global phone-context completes a local
// number (RFC 3966 section 5.1.5). ok is false for what is no number.
func Digits(text string) (digits string, ok bool) {
	s := strings.TrimSpace(text)
	if len(s) > 200 {
		return "", false
	}
	if rest, tel := cutFold(s, "tel:"); tel {
		s = rest
	}
	if plain, err := url.PathUnescape(s); err == nil {
		s = plain
	}
	s, params, _ := strings.Cut(s, ";")
	s = strings.ReplaceAll(s, "(0)", "0")
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" -.()/\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013", r):
		default:
			return "", false
		}
	}
	if digits = b.String(); strings.TrimPrefix(digits, "+") == "" {
		return "", false
	}
	return globalised(digits, params), true
}

func globalised(digits, params string) string {
	if strings.HasPrefix(digits, "+") {
		return digits
	}
	for param := range strings.SplitSeq(params, ";") {
		context, there := cutFold(param, "phone-context=")
		if code, global := strings.CutPrefix(context, "+"); there && global && code != "" && strings.Trim(code, "0123456789") == "" {
			return "+" + code + digits
		}
	}
	return digits
}

func cutFold(s, prefix string) (rest string, found bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
