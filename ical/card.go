package ical

import "strings"

// Card gives a business card (RFC 2426, vCard 3.0, which every telephone takes) with the telephone numbers of a house. Lines are
// written as those of a calendar.
func Card(name string, numbers []string) []byte {
	var b strings.Builder
	for _, line := range []string{"BEGIN:VCARD", "VERSION:3.0", "N:" + escape(name) + ";;;;", "FN:" + escape(name), "ORG:" + escape(name)} {
		b.WriteString(fold(line))
	}
	for _, n := range numbers {
		b.WriteString(fold("TEL;TYPE=WORK,VOICE:" + escape(n)))
	}
	b.WriteString(fold("END:VCARD"))
	return []byte(b.String())
}
