package inbox

import (
	"bytes"
	"io"
	"mime"
	netmail "net/mail"
	"slices"
	"strings"

	"hotline/limits"
	"hotline/mail"
	"hotline/mail/parse"
)

// original is the letter that staff have forwarded.
type original struct {
	forwarded bool
	from      string // empty: it cannot be told for sure
	name      string
	text      string // of a letter that is attached
}

// message is the type of a letter that is attached to another one (RFC 2046 section 5.2.1).
const message = "message/rfc822"

// forward finds what staff have forwarded. Only somebody who is known as staff, who is proven to have written the letter, and who has written
// to this house's own address changes whose a ticket is; anybody else's forward is a letter of his own, and what a machine forwards for staff
// is the machine's. Where a letter stands in the text, it
// alone counts: what is attached besides came with it. A letter inside of the first one is the word of its writer, and counts for nothing.
func (k *Inbox) forward(in *incoming) (o original) {
	decided := mail.IsForward(in.record.Rule) // by what was known then
	if !decided && (!k.staff(in.letter.From) || !in.auth.Proven || !k.addressed(in.raw) || k.machine(in) != "") {
		return original{}
	}
	if from, ok := mail.Forwarded(in.letter.Subject, in.letter.Text); ok {
		return original{forwarded: true, from: from}
	}
	for _, p := range in.letter.Parts {
		if !strings.EqualFold(p.Type, message) {
			continue
		}
		if o.forwarded || mail.Encloses(in.letter.Text) { // of several none is meant more than the others
			return original{forwarded: true}
		}
		inner, _ := parse.Read("", nil, p.Data)
		o = original{true, inner.From, inner.Name, inner.Subject + "\n\n" + mail.New(inner.Text)}
	}
	return o
}

// addressed tells whether To or Cc of a letter name one of our addresses: one that was sent to somebody else may come here without its
// writer, and whoever passes it on may write Delivered-To above it.
func (k *Inbox) addressed(raw []byte) bool {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return false
	}
	names := &mime.WordDecoder{CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return r, nil }} // of people, which do not matter here
	for _, name := range []string{"To", "Cc"} {
		list, _ := (&netmail.AddressParser{WordDecoder: names}).ParseList(m.Header.Get(name)) // one that cannot be read names nobody for sure
		if slices.ContainsFunc(list, func(a *netmail.Address) bool { _, ours := k.cfg.Addresses.Of(a.Address); return ours }) {
			return true
		}
	}
	return false
}

// ours tells whether an address is of staff, or of this house.
func (k *Inbox) ours(address string) bool {
	return k.staff(address) || slices.Contains(k.cfg.Own, mail.Domain(address))
}

// answerable tells whether the sender may be answered: of a forward not where the letter is from this house, or of a machine.
func (k *Inbox) answerable(in *incoming) bool {
	if !in.opensForward() {
		return true
	}
	first := mail.Letter{From: in.original.from, ReturnPath: in.original.from}
	return !k.ours(in.original.from) && first.Machine(k.cfg.Own...) == ""
}

// opensForward tells whether a letter opens a ticket of who wrote it first.
func (in *incoming) opensForward() bool { return in.original.forwarded && in.original.from != "" }

// forwardedText is what the history shows of a forward: all of it, and the letter that is attached.
func (in *incoming) forwardedText() string {
	text := in.letter.Text
	if in.original.text != "" {
		text = strings.TrimSpace(text + "\n\n" + in.original.text)
	}
	return limits.Plain(text, limits.Text)
}

// sender is whose letter it is: of a forward, who wrote it first.
func (in *incoming) sender() string {
	if in.opensForward() {
		return in.original.from
	}
	return in.letter.From
}
