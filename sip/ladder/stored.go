package ladder

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"time"
)

// The bounds of what [Write] makes of a call.
const (
	plainMost   = 64 << 10 // octets before they are compressed
	dialogsHeld = 40       // of one call
)

// Parts is what a store keeps of a call: parts that stand one behind the other, each as Write made it. A part is its length as a varint, and
// its JSON, compressed (DEFLATE, RFC 1951). A telephone that is rung once the call has ended makes one more part.
type Parts []byte

// storedPart is a part in JSON. What is left out has its zero value, so that a former part is read as it was meant.
type storedPart struct {
	Dialogs []storedDialog `json:"dialogs"`
	Left    int            `json:"left,omitempty"` // dialogs that were left out
}

type storedDialog struct {
	ID        string          `json:"id"`
	From      netip.AddrPort  `json:"from"`
	To        netip.AddrPort  `json:"to"`
	Transport string          `json:"transport"`
	Begun     int64           `json:"begun"` // microseconds since 1970; the other instants are microseconds since then
	Messages  []storedMessage `json:"messages"`
	Left      int             `json:"left,omitempty"`
	Came      []storedReport  `json:"came,omitempty"`
	Sent      []storedReport  `json:"sent,omitempty"`
}

type storedMessage struct {
	At        int64          `json:"at"`
	Back      bool           `json:"back,omitempty"`
	Text      string         `json:"text"`
	Elsewhere netip.AddrPort `json:"elsewhere,omitzero"`
}

// storedReport is a report as numbers, as most of what is kept are reports: milliseconds since the dialog began, 1 for a sender report, 1 where it
// tells how the sound comes over, loss in parts of a thousand, jitter and round trip in tenths of a millisecond, of how many it is the worst one.
type storedReport [7]int64

const tenth = 100 * time.Microsecond

// Writer makes parts. It keeps what compression needs, and is used by one goroutine at a time.
type Writer struct {
	out     bytes.Buffer
	deflate *flate.Writer
}

// NewWriter makes a writer.
func NewWriter() *Writer {
	deflate, _ := flate.NewWriter(io.Discard, flate.BestSpeed) // an error tells of a level that there is not
	return &Writer{deflate: deflate}
}

// Write makes one part of dialogs, the most important first. What is too much is left out; the part says how many dialogs that are, with the
// gone ones that nobody remembers.
func (w *Writer) Write(dialogs []Dialog, gone int) (Parts, error) {
	text, left := []byte(`{"dialogs":[`), gone
	for n, d := range dialogs {
		one, err := json.Marshal(storedOf(d))
		if err != nil {
			return nil, fmt.Errorf("writing a ladder: %w", err)
		}
		if n == dialogsHeld || len(text)+len(one) > plainMost {
			left += len(dialogs) - n
			break
		}
		if n > 0 {
			text = append(text, ',')
		}
		text = append(text, one...)
	}
	text = fmt.Appendf(text, `],"left":%d}`, left)
	w.out.Reset()
	w.deflate.Reset(&w.out)
	_, err := w.deflate.Write(text)
	if err = errors.Join(err, w.deflate.Close()); err != nil {
		return nil, fmt.Errorf("writing a ladder: %w", err)
	}
	return append(binary.AppendUvarint(nil, uint64(w.out.Len())), w.out.Bytes()...), nil
}

// Kept is the ladder of a call as a store has it.
type Kept struct {
	Dialogs map[string]Dialog // by Call-ID
	Left    int               // dialogs that were left out
}

// errCutOff tells of octets that no Writer made.
var errCutOff = errors.New("reading a ladder: a part is cut off")

// Read reads all parts. Of two dialogs with the same Call-ID the later one stands.
func (p Parts) Read() (Kept, error) {
	k := Kept{Dialogs: map[string]Dialog{}}
	for len(p) > 0 {
		length, n := binary.Uvarint(p)
		if n <= 0 || length > uint64(len(p)-n) {
			return k, errCutOff
		}
		part := p[n : n+int(length)]
		p = p[n+int(length):]
		var one storedPart
		if err := json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(part)), 2*plainMost)).Decode(&one); err != nil {
			return k, fmt.Errorf("reading a ladder: %w", err)
		}
		for _, d := range one.Dialogs {
			k.Dialogs[d.ID] = d.dialog()
		}
		k.Left += one.Left
	}
	return k, nil
}

func storedOf(d Dialog) storedDialog {
	s := storedDialog{ID: d.ID, From: d.From, To: d.To, Transport: d.Transport, Left: d.Left}
	if len(d.Messages) > 0 {
		s.Begun = d.Messages[0].At.UnixMicro()
	}
	for _, m := range d.Messages {
		s.Messages = append(s.Messages, storedMessage{m.At.UnixMicro() - s.Begun, !m.Forward, m.Text, m.Elsewhere})
	}
	reports := func(of series) (list []storedReport) {
		for _, r := range of.list {
			list = append(list, storedReport{
				r.At.UnixMilli() - s.Begun/1000, flag(r.Sender), flag(r.Measured), int64(math.Round(r.Lost * 1000)), int64(r.Jitter / tenth), int64(r.RoundTrip / tenth), int64(r.Of),
			})
		}
		return list
	}
	s.Came, s.Sent = reports(d.came), reports(d.went)
	return s
}

func flag(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

func (s storedDialog) dialog() Dialog {
	d := Dialog{ID: s.ID, From: s.From, To: s.To, Transport: s.Transport, Left: s.Left}
	for _, m := range s.Messages {
		d.Messages = append(d.Messages, Message{time.UnixMicro(s.Begun + m.At), !m.Back, m.Text, m.Elsewhere})
	}
	reports := func(of []storedReport, sent bool) (to series) {
		for _, r := range of {
			to.list = append(to.list, Report{
				At: time.UnixMilli(s.Begun/1000 + r[0]), Sent: sent, Sender: r[1] == 1, Measured: r[2] == 1, Lost: float64(r[3]) / 1000, Jitter: time.Duration(r[4]) * tenth, RoundTrip: time.Duration(r[5]) * tenth, Of: int(r[6]),
			})
		}
		return to
	}
	d.came, d.went = reports(s.Came, false), reports(s.Sent, true)
	return d
}
