package ladder

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"time"
)

// Party is somebody beside the line: the caller or a telephone that was rung.
type Party struct {
	Name   string // as people read it
	Calls  bool   // the first message was this party's
	Dialog Dialog
	Sum    string // what RTCP told of the sound in all, in words; it stands before the first BYE; empty: nothing
}

// Arrow is one row of the picture.
type Arrow struct {
	At       time.Time
	From, To int // lanes; the line is 0, the parties follow in their order; the same: a note beside the lane
	Text     string
	Dot      bool // a report of RTCP
}

// Arrows are the messages of all parties in their order, with the reports of RTCP in between. words is what a report tells.
func Arrows(parties []Party, words func(Report) string) (list []Arrow) {
	for i, p := range parties {
		for _, r := range p.Dialog.Reports() {
			a := Arrow{At: r.At, From: i + 1, Text: words(r), Dot: true}
			if r.Sent {
				a.From, a.To = 0, i+1
			}
			list = append(list, a)
		}
		told := p.Sum == ""
		for _, m := range p.Dialog.Messages {
			a := Arrow{At: m.At, From: i + 1, Text: m.Text}
			if m.Elsewhere.IsValid() {
				a.Text += " [" + m.Elsewhere.String() + "]"
			}
			if m.Forward != p.Calls {
				a.From, a.To = 0, i+1
			}
			if !told && m.Text == "BYE" {
				told = true
				list = append(list, Arrow{At: m.At, From: i + 1, To: i + 1, Text: "RTCP: " + p.Sum})
			}
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b Arrow) int { return a.At.Compare(b.At) })
	return list
}

// height is how high its row is.
func (a Arrow) height() int {
	if a.Dot {
		return report
	}
	return row
}

// Sizes of the picture, in the units of SVG.
const (
	margin, lane = 130, 260
	top, row     = 40, 26
	report       = 16 // a row with a report
)

// Draw is an SVG of the arrows: a lane for each name, the line's first, time from top to bottom. A message is an arrow, a report of RTCP a dot
// at whoever sent it. clock writes an instant.
func Draw(title string, names []string, arrows []Arrow, clock func(time.Time) string) []byte {
	x := func(n int) int { return margin + 60 + lane*n }
	width, height := x(len(names)-1)+margin, top+20
	for _, a := range arrows {
		height += a.height()
	}
	var b bytes.Buffer
	text := func(x, y int, anchor, s string) {
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="%s">`, x, y, anchor)
		_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
		b.WriteString(`</text>`)
	}
	fmt.Fprintf(&b, `<svg class="ladder" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" role="img" aria-label="`, width, height, width)
	_ = xml.EscapeText(&b, []byte(title))
	b.WriteString(`">`)
	for n, name := range names {
		text(x(n), 18, "middle", name)
		fmt.Fprintf(&b, `<path class="lane" d="M%d 28V%d"/>`, x(n), height-8)
	}
	y := top - row + 14
	for _, a := range arrows {
		y += a.height()
		text(4, y+4, "start", clock(a.At))
		from, to := x(a.From), x(a.To)
		if a.Dot {
			fmt.Fprintf(&b, `<circle class="dot" cx="%d" cy="%d" r="3"/>`, from, y)
		}
		if a.Dot || from == to {
			text(from+8, y+4, "start", a.Text)
			continue
		}
		tip := to - 7
		if to < from {
			tip = to + 7
		}
		fmt.Fprintf(&b, `<path d="M%d %dH%d"/><path class="tip" d="M%d %dL%d %dL%d %dz"/>`, from, y, to, to, y, tip, y-4, tip, y+4)
		text((from+to)/2, y-4, "middle", a.Text)
	}
	b.WriteString(`</svg>`)
	return b.Bytes()
}
