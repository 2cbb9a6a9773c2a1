package push

import (
	"encoding/json"
	"fmt"
	"strings"

	"hotline/limits"
	"hotline/outbox"
	"hotline/prompts/written"
)

// shown is what a service worker makes a notification of. It may stand on a locked screen.
type shown struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Tag   string `json:"tag"` // notifications of one tag are one: the last
	URL   string `json:"url"` // of our own site, without its host
	At    int64  `json:"at"`  // milliseconds since 1970
}

// show is what a browser shows of a payload: number, category and level; with names the customer's name too, and never what people wrote.
func show(p outbox.Payload, names bool, w written.Words) shown {
	s := shown{Title: "hotline", Body: w.Text(WordID(p.Type)), Tag: "hotline", URL: "/browsers", At: p.Timestamp.UnixMilli()}
	t := p.Data.Ticket
	if p.Type == outbox.Test {
		return s
	}
	s.Title = limits.OneLine(fmt.Sprintf(w.Text("push-title"), t.Number, w.Category(t.Category)), limits.Line)
	parts := []string{s.Body}
	if t.Level != "" {
		parts = append(parts, t.Level)
	}
	if names && t.Name != "" {
		parts = append(parts, t.Name)
	}
	s.Body = limits.OneLine(strings.Join(parts, " · "), limits.Line)
	s.Tag, s.URL = fmt.Sprintf("ticket-%d", t.Number), fmt.Sprintf("/tickets/%d", t.Number)
	return s
}

// WordID is where the catalogues have a kind of message.
func WordID(k outbox.Kind) string {
	_, what, _ := strings.Cut(string(k), ".")
	return "push-" + what
}

// urgent tells whether a kind may wake a sleeping device (RFC 8030 section 5.3).
func urgent(p outbox.Payload) bool {
	switch p.Type {
	case outbox.Breach, outbox.Unreached, outbox.Test:
		return true
	case outbox.Opened:
		return p.Data.Ticket.Category == "blocking"
	}
	return false
}

// topic is under which a push service replaces a message that a sleeping browser has not had yet (RFC 8030 section 5.4). What is urgent is
// replaced by the same alone.
func topic(p outbox.Payload) string {
	if urgent(p) {
		return fmt.Sprintf("t%d-%s", p.Data.Ticket.Number, strings.TrimPrefix(WordID(p.Type), "push-"))
	}
	return fmt.Sprintf("t%d", p.Data.Ticket.Number)
}

// read reads the payload of a message.
func read(m outbox.Message) (p outbox.Payload, err error) {
	if err := json.Unmarshal([]byte(m.Body), &p); err != nil {
		return p, fmt.Errorf("reading message %s: %w", m.ID, err)
	}
	return p, nil
}
