package mail

import (
	"slices"
	"strings"
)

// Machine tells why a letter is a machine's, and so is never answered and never moves a ticket; empty: a person's. own are
// the domains of this house.
func (l Letter) Machine(own ...string) string {
	for _, m := range machines() {
		if m.marks(l, own) {
			return m.why
		}
	}
	return ""
}

// mark is one sign of a machine.
type mark struct {
	why   string
	marks func(l Letter, own []string) bool
}

// machines is the whole table. X-Auto-Response-Suppress is not in it: people's mail programs send it too.
func machines() []mark {
	return []mark{
		{"empty Return-Path (RFC 5321 section 4.5.5)", func(l Letter, _ []string) bool { return l.ReturnPath == "" }},
		{"Auto-Submitted (RFC 3834)", func(l Letter, _ []string) bool {
			return said(l.Marks.AutoSubmitted) && first(l.Marks.AutoSubmitted) != "no"
		}},
		{"multipart/report (RFC 6522)", func(l Letter, _ []string) bool { return strings.EqualFold(l.Marks.ContentType, "multipart/report") }},
		{"Precedence", func(l Letter, _ []string) bool {
			return slices.Contains([]string{"bulk", "auto_reply", "list", "junk"}, first(l.Marks.Precedence))
		}},
		{"List-Id (RFC 2919)", func(l Letter, _ []string) bool { return said(l.Marks.ListID) }},
		{"X-Autoreply", func(l Letter, _ []string) bool { return said(l.Marks.AutoReply) && first(l.Marks.AutoReply) != "no" }},
		{"from this house", func(l Letter, own []string) bool { return slices.Contains(own, Domain(l.From)) }},
		{"Message-ID of this house", func(l Letter, own []string) bool { return slices.Contains(own, Domain(l.MessageID)) }},
		{"a mail system's sender", func(l Letter, _ []string) bool {
			local, _, _ := strings.Cut(l.From, "@")
			return slices.Contains([]string{"", "mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply"}, local)
		}},
	}
}

func said(header string) bool { return strings.TrimSpace(header) != "" }

// first is a header's first word, in lower case.
func first(header string) string {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(header)), ";")
	return strings.TrimSpace(word)
}

// Domain is what follows the last @, in lower case.
func Domain(address string) string {
	at := strings.LastIndexByte(address, '@')
	return strings.ToLower(address[at+1:])
}
