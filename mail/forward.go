package mail

import (
	netmail "net/mail"
	"regexp"
	"strings"
)

// forwardRule is the row of the table by which a letter that staff forward opens a ticket of who wrote it first.
const forwardRule = "a letter that staff forward is a ticket of who wrote it first"

// IsForward tells whether a rule is the one of letters that staff forward.
func IsForward(rule string) bool { return rule == forwardRule }

// forwards are what mail programs put in front of the subject of a letter that they forward; the names of the languages are beside them.
var forwards = regexp.MustCompile(`(?i)^\s*(fwd?|i|inoltro|wg|tr|rv|enc|doorst)\s*:`) // English, Italian, German, French, Spanish, Portuguese, Dutch

// begun are the lines by which mail programs begin a letter that they forward in the text.
var begun = regexp.MustCompile(`(?i)^(-{2,}\s*(forwarded message|original message|messaggio inoltrato|messaggio originale|weitergeleitete nachricht|ursprüngliche nachricht|message transféré|message d'origine)\s*-{2,}|(begin forwarded message|inizio messaggio inoltrato|anfang der weitergeleiteten nachricht|début du message réexpédié)\s*:)\s*$`)

// sentBy is the line of such a letter that says who wrote it; beside are the lines of its head that stand near.
var (
	sentBy = regexp.MustCompile(`(?i)^\*?(from|da|von|de|van|mittente|expéditeur)\s*:\*?\s*(\S.*)$`)
	beside = regexp.MustCompile(`(?i)^\*?(sent|date|inviato|data|gesendet|datum|envoyé|enviado|to|a|an|à|para|subject|oggetto|betreff|objet|asunto|verzonden|aan|onderwerp)\s*:\*?\s*\S`)
	label  = regexp.MustCompile(`^\*?\p{L}[\p{L}' ]{0,24}:\*?\s*[^\s/]`) // in any language
)

// headMost is how many lines the head of a forwarded letter may have.
const headMost = 12

// Forwarded finds the address of who wrote a letter that was forwarded in the text of another one: the first such letter alone counts, because
// what stands inside of it is the word of who wrote it. Quoted lines are none of a forward. ok is false where there is none; an empty address
// is one that cannot be told for sure.
func Forwarded(subject, text string) (address string, ok bool) {
	if !forwards.MatchString(subject) {
		return "", false
	}
	return inside(text)
}

// Encloses tells whether a letter stands in the text of another one, whatever the subject says.
func Encloses(text string) bool {
	_, ok := inside(text)
	return ok
}

// inside finds who wrote the first letter that stands in a text. A head in a language that is not known is one too: what stands below it is
// the word of its writer.
func inside(text string) (address string, ok bool) {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\u00a0", " ").Replace(text), "\n")
	for i, line := range lines {
		line = strings.TrimSpace(line)
		switch {
		case begun.MatchString(line):
			return writer(lines[i+1:]), true
		case sentBy.MatchString(line) && near(lines[i+1:]), labelled(lines[i:]):
			return writer(lines[i:]), true
		}
	}
	return "", false
}

// labelled tells whether lines begin as the head of a letter: four with a label, or three where one has an address.
func labelled(lines []string) bool {
	n, address := 0, false
	for _, line := range lines[:min(len(lines), headMost)] {
		if line = strings.TrimSpace(line); !label.MatchString(line) {
			break
		}
		n, address = n+1, address || strings.Contains(line, "@")
	}
	return n >= 4 || n == 3 && address
}

// near tells whether another line of a head follows soon.
func near(lines []string) bool {
	for _, line := range lines[:min(len(lines), 3)] {
		if beside.MatchString(strings.TrimSpace(line)) {
			return true
		}
	}
	return false
}

// writer reads who wrote a letter, of the lines of its head.
func writer(lines []string) string {
	begun := false
	for _, line := range lines[:min(len(lines), headMost)] {
		line = strings.TrimSpace(line)
		if m := sentBy.FindStringSubmatch(line); m != nil {
			return only(m[2])
		}
		if begun = begun || line != ""; begun && line == "" { // the head has ended
			return ""
		}
	}
	return ""
}

// bracketed is an address between angle brackets, or as Outlook writes it.
var bracketed = regexp.MustCompile(`<([^<>\s]+@[^<>\s]+)>|\[mailto:([^\[\]\s]+@[^\[\]\s]+)\]`)

// only is the one address of a line; empty where there are several, or none. What looks like an address in the name does not count beside one
// between brackets.
func only(value string) string {
	found := ""
	switch list := bracketed.FindAllStringSubmatch(value, -1); {
	case len(list) == 1:
		found = list[0][1] + list[0][2]
	case len(list) > 1:
		return ""
	default:
		for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t,;\"'()*", r) }) {
			if strings.Contains(word, "@") {
				if found != "" {
					return ""
				}
				found = word
			}
		}
	}
	a, err := netmail.ParseAddress(found)
	if err != nil {
		return ""
	}
	return strings.ToLower(a.Address)
}
