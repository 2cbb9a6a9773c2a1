// Package parse reads mails: whatever octets come, a letter with bounded texts comes out.
//
// It opens nothing and starts no goroutine.
package parse

import (
	"bytes"
	"fmt"
	"mime"
	netmail "net/mail"
	"strings"

	"github.com/jhillyerd/enmime/v2"

	"hotline/limits"
	"hotline/mail"
)

// Bounds of one letter. Everything beyond them stays in the original, which is kept.
const (
	addressesMost  = 100
	referencesMost = 50
	partsMost      = 100 // of MIME; more are not told apart
	addressMost    = 254 // RFC 5321 section 4.5.3.1.3
	textMost       = 1 << 20
)

// Read reads a letter. It never fails: of what is no mail the text is what there is. unread says what could not be read; empty: all
// could.
func Read(returnPath string, recipients []string, raw []byte) (l mail.Letter, unread string) {
	l, unread = read(raw)
	l.ReturnPath = address(returnPath)
	for _, r := range recipients {
		l.Recipients = append(l.Recipients, address(r))
	}
	return l, unread
}

func read(raw []byte) (l mail.Letter, unread string) {
	raw = withoutMboxLine(raw)
	defer func() {
		if fault := recover(); fault != nil {
			l, unread = plainly(raw), limits.OneLine(fmt.Sprint("the reader of MIME gave up: ", fault), limits.Line)
		}
	}()
	if n := bytes.Count(bytes.ToLower(raw), []byte("boundary=")); n > partsMost {
		return plainly(raw), fmt.Sprintf("it has %d parts, more than %d", n, partsMost)
	}
	if tooDeep(raw) {
		return plainly(raw), fmt.Sprintf("its parts stand more than %d deep inside of each other", depthMost)
	}
	e, err := enmime.NewParser(enmime.DisableTextConversion(true), enmime.SkipMalformedParts(true), enmime.MaxStoredPartErrors(10)).ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return plainly(raw), limits.OneLine(err.Error(), limits.Line)
	}
	l = head(e.GetHeader, e.GetHeaderValues)
	l.Text = limits.Plain(first(e.Text, textMost), limits.Text)
	if strings.TrimSpace(l.Text) == "" {
		l.Text = limits.Plain(Text(e.HTML), limits.Text)
	}
	parts(e, &l)
	if strings.TrimSpace(l.Text) == "" && len(l.Parts) == 0 { // its parts are none
		l.Text = body(raw)
	}
	return l, ""
}

// withoutMboxLine cuts the line that some programs put in front of the header.
func withoutMboxLine(raw []byte) []byte {
	if bytes.HasPrefix(raw, []byte("From ")) {
		_, rest, _ := bytes.Cut(raw, []byte("\n"))
		return rest
	}
	return raw
}

// plainly reads the header alone, by the standard library; the text is the octets as they are.
func plainly(raw []byte) mail.Letter {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return mail.Letter{Text: limits.Plain(first(string(raw), textMost), limits.Text)}
	}
	decode := (&mime.WordDecoder{}).DecodeHeader
	l := head(func(name string) string {
		text, err := decode(m.Header.Get(name))
		if err != nil {
			return m.Header.Get(name)
		}
		return text
	}, func(name string) []string { return m.Header[name] })
	l.Text = body(raw)
	return l
}

// body is what stands below the header, as it is.
func body(raw []byte) string {
	raw = raw[:min(len(raw), textMost)]
	_, below, _ := bytes.Cut(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	return limits.Plain(string(below), limits.Text)
}

// head reads the header.
func head(get func(string) string, values func(string) []string) mail.Letter {
	line := func(name string) string { return limits.OneLine(strings.TrimSpace(get(name)), limits.Line) }
	l := mail.Letter{
		Subject: line("Subject"), Date: line("Date"), MessageID: one(ids(get("Message-Id"))),
		InReplyTo: ids(get("In-Reply-To")), References: ids(get("References")),
		Marks: mail.Marks{
			AutoSubmitted: line("Auto-Submitted"), Precedence: line("Precedence"), ListID: line("List-Id"),
			AutoReply: line("X-Autoreply") + line("X-Autorespond"), AutoResponse: line("X-Auto-Response-Suppress"), ContentType: mediaType(get("Content-Type")),
		},
	}
	if l.MessageID == "" {
		l.MessageID = limits.OneLine(strings.Trim(strings.TrimSpace(get("Message-Id")), "<>"), limits.Line)
	}
	if senders := addresses(get("From")); len(senders) > 0 {
		l.From, l.Name = address(senders[0].Address), limits.OneLine(senders[0].Name, limits.Line)
	}
	for _, name := range []string{"To", "Cc", "Delivered-To"} {
		for _, v := range values(name) {
			for _, a := range addresses(v) {
				if len(l.To) < addressesMost {
					l.To = append(l.To, address(a.Address))
				}
			}
		}
	}
	return l
}

func mediaType(value string) string {
	kind, _, _ := mime.ParseMediaType(value) // what is malformed after the type leaves the type
	return limits.OneLine(kind, limits.Line)
}

// addresses reads a list of addresses; of one that cannot be read, whatever stands between angle brackets or looks like an address.
func addresses(value string) []*netmail.Address {
	value = first(value, 64<<10)
	if list, err := (&netmail.AddressParser{WordDecoder: &mime.WordDecoder{}}).ParseList(value); err == nil {
		return list
	}
	var list []*netmail.Address
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;<>\"()", r) }) {
		if at := strings.IndexByte(word, '@'); at > 0 && at < len(word)-1 && len(list) < addressesMost {
			list = append(list, &netmail.Address{Address: word})
		}
	}
	return list
}

// address is one in lower case and bounded; one that is too long is cut, and so is nobody's.
func address(a string) string {
	return limits.OneLine(strings.ToLower(strings.Trim(strings.TrimSpace(a), "<>")), min(addressMost, limits.Line))
}

// ids are the Message-IDs in a header.
func ids(value string) (list []string) {
	for len(list) < referencesMost {
		_, rest, open := strings.Cut(value, "<")
		id, after, closed := strings.Cut(rest, ">")
		if !open || !closed {
			return list
		}
		if id = limits.OneLine(strings.TrimSpace(id), limits.Line); id != "" {
			list = append(list, id)
		}
		value = after
	}
	return list
}

func one(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// first is the beginning of a text.
func first(s string, most int) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}

// parts reads attachments, and what a report says.
func parts(e *enmime.Envelope, l *mail.Letter) {
	for _, list := range [][]*enmime.Part{e.Attachments, e.Inlines, e.OtherParts} {
		for _, p := range list {
			if len(l.Parts) < partsMost && len(p.Content) > 0 {
				l.Parts = append(l.Parts, mail.Part{Name: limits.OneLine(p.FileName, limits.Line), Type: limits.OneLine(p.ContentType, limits.Line), Data: p.Content})
			}
		}
	}
	if e.Root == nil {
		return
	}
	for _, p := range e.Root.DepthMatchAll(func(p *enmime.Part) bool { return strings.EqualFold(p.ContentType, "message/delivery-status") }) {
		l.Bounce = report(string(p.Content))
	}
}

// report reads the fields of a delivery report (RFC 3464 section 2.3).
func report(text string) (b mail.Bounce) {
	failed := false
	for line := range strings.Lines(first(text, 64<<10)) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "action":
			failed = strings.EqualFold(value, "failed")
		case "final-recipient", "original-recipient":
			if _, who, typed := strings.Cut(value, ";"); typed && b.Recipient == "" {
				b.Recipient = address(who)
			}
		case "status":
			b.Status = limits.OneLine(value, 20)
		case "diagnostic-code":
			b.Text = limits.OneLine(value, limits.Line)
		}
	}
	if !failed {
		return mail.Bounce{} // it is delayed, or was delivered after all
	}
	return b
}
