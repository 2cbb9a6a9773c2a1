package mail

import (
	"regexp"
	"strconv"
	"strings"

	"hotline/tickets"
)

// replies are what mail programs put in front of a subject, in the languages that our customers' programs speak.
var replies = regexp.MustCompile(`(?i)^\s*(?:re|r|rif|aw|wg|sv|antw|fw|fwd|i|inoltro|tr|enc|vs|vb|odp)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*:\s*`)

// numbered is a ticket's number in a subject.
var numbered = regexp.MustCompile(`\[#?(\d{1,12})\]`)

// Bare is a subject without "Re:" and "Fwd:", in lower case and with single blanks: what two letters about one matter share.
func Bare(subject string) string {
	for range 20 {
		rest := replies.ReplaceAllString(subject, "")
		if rest == subject {
			break
		}
		subject = rest
	}
	return strings.ToLower(strings.Join(strings.Fields(subject), " "))
}

// Numbers are the tickets that a subject names, such as [#417] or [417].
func Numbers(subject string) (list []tickets.Number) {
	for _, m := range numbered.FindAllStringSubmatch(subject, 5) {
		if n, err := strconv.ParseInt(m[1], 10, 64); err == nil && n > 0 {
			list = append(list, tickets.Number(n))
		}
	}
	return list
}
