// Package notify is what goes out in writing: receipts to customers, warnings and breaches to staff and manager, by e-mail.
package notify

// Message is one letter to one reader, in plain text.
type Message struct {
	ID      string // unique for ever: the same letter sent twice has the same one, so that readers see it once
	Thread  string // letters about one ticket have the same one
	To      string
	Subject string
	Text    string // UTF-8, lines of any length
	Reply   string // address for answers; empty: the sender's
	Answers string // Message-ID of the letter that it answers, without brackets; empty: none
	HTML    bool   // the text also as HTML
}
