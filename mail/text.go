package mail

import (
	"regexp"
	"strings"
)

// attributions are the lines by which mail programs begin the history that they quote.
var attributions = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^(on|am|le|el|il( giorno)?|em|op)\s.{4,200}(wrote|schrieb|a écrit|escribió|ha scritto|scrisse|escreveu|schreef)\s*:\s*$`),
	regexp.MustCompile(`(?i)^.{4,200}\b(wrote|ha scritto|a écrit|schrieb)\s*:\s*$`),
	regexp.MustCompile(`(?i)^-{2,}\s*(original message|messaggio originale|ursprüngliche nachricht|message d'origine|messaggio inoltrato|forwarded message)\s*-{2,}\s*$`),
	regexp.MustCompile(`^_{20,}\s*$`), // Outlook
}

// proved is from where on attributions need nothing beside them.
const proved = 2

// outlook is the head of a letter that Outlook quotes without a mark: two such lines after each other.
var outlook = regexp.MustCompile(`(?i)^\*?(from|da|von|de|sent|inviato|gesendet|date|data|to|a|an|subject|oggetto|betreff)\*?:\*?\s+\S`)

// New is what a letter says itself: without the history that the mail program quotes at its end. What is cut must be the last thing of
// the letter, so that answers between quoted lines stay with them. Where nothing would be left, the whole is given: somebody who only
// quotes means what he quotes.
func New(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	lines := strings.Split(text, "\n")
	cut := len(lines)
	for i := range lines {
		if begins(lines, i) && ends(lines[i:]) {
			cut = i
			break
		}
	}
	kept := trimmed(lines[:cut])
	if kept == "" {
		return strings.TrimSpace(text)
	}
	return kept
}

// begins tells whether the quoted history begins at a line. An attribution may be broken over two lines.
func begins(lines []string, i int) bool {
	line := strings.TrimSpace(lines[i])
	if strings.HasPrefix(line, ">") {
		return true
	}
	two := line
	if i+1 < len(lines) {
		two += " " + strings.TrimSpace(lines[i+1])
	}
	for n, a := range attributions {
		switch quoted := quotedAfter(lines[i+1:]); {
		case n >= proved: // nobody writes these himself
			if a.MatchString(line) {
				return true
			}
		case a.MatchString(line) && (quoted || n == 0 && strings.ContainsAny(line, "0123456789")), len(two) < 300 && quoted && a.MatchString(two):
			return true
		}
	}
	return outlook.MatchString(line) && i+1 < len(lines) && outlook.MatchString(strings.TrimSpace(lines[i+1]))
}

// quotedAfter tells whether quoted lines follow soon.
func quotedAfter(lines []string) bool {
	for i, line := range lines {
		if i > 3 {
			return false
		}
		if strings.HasPrefix(strings.TrimSpace(line), ">") {
			return true
		}
	}
	return false
}

// ends tells whether the rest is history to its end: where any line of it is quoted, none but quoted ones, blank ones, attributions and
// a signature come after.
func ends(rest []string) bool {
	quoted := false
	for _, line := range rest {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, ">"):
			quoted = true
		case line == "--":
			return true
		case line == "" || !quoted || attributed(line):
		default:
			return false
		}
	}
	return true
}

func attributed(line string) bool {
	for _, a := range attributions {
		if a.MatchString(line) {
			return true
		}
	}
	return false
}

func trimmed(lines []string) string { return strings.TrimSpace(strings.Join(lines, "\n")) }
