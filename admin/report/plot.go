package report

import (
	"encoding/xml"
	"fmt"
	"strings"

	"hotline/prompts/written"
	"hotline/tickets/statistics"
)

// Sizes of the plot, in the units of SVG.
const (
	plotWidth = 980
	barLeft   = 430
	barMost   = 440
	barGap    = 6 // between a bar and its numbers, and behind these
	digit     = 8 // wide, whichever font stands for sans-serif; no sign of the numbers is wider
	rowHeight = 22
	plotTop   = 60
	rowsAtMax = 300 // bars; what is beyond is told in words
)

// bar is one clock of one line.
type bar struct {
	name               string
	kept, broken, open int
}

// Plot is an SVG that shows, for each line of the report, how many of each clock were kept, broken and left open, with the numbers.
func Plot(r statistics.Report, reader Reader) []byte {
	words := reader.Words
	var bars []bar
	longest := 1
	for _, l := range r.Lines {
		for _, c := range l.Clocks {
			if n := c.Kept + c.Broken + c.Open; n > 0 {
				bars, longest = append(bars, bar{reader.label(words, l, string(c.Clock)), c.Kept, c.Broken, c.Open}), max(longest, n)
			}
		}
	}
	total := totalOf(r.Total)
	left := len(bars) - rowsAtMax
	bars = bars[:min(len(bars), rowsAtMax)]
	width := barRoom(bars)
	height := plotTop + rowHeight*(len(bars)+1)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`,
		plotWidth, height, plotWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/><text x="10" y="24" font-size="16">%s</text>`, plotWidth, height, escaped(fmt.Sprintf(words.Text("report-title"), r.Month)))
	for i, k := range []struct {
		name, colour string
		total        int
	}{{"kept", "#2a7f4f", total.kept}, {"broken", "#b3261e", total.broken}, {"open", "#9aa0a6", total.open}} {
		x := barLeft + 150*i
		fmt.Fprintf(&b, `<rect x="%d" y="36" width="12" height="12" fill="%s"/><text x="%d" y="46">%s</text>`, x, k.colour, x+18, escaped(fmt.Sprintf("%s: %d", words.Text("report-"+k.name), k.total)))
	}
	for i, row := range bars {
		row.draw(&b, plotTop+rowHeight*i, width/float64(longest))
	}
	if left > 0 {
		fmt.Fprintf(&b, `<text x="10" y="%d">%s</text>`, plotTop+rowHeight*len(bars)+14, escaped(fmt.Sprintf(words.Text("report-more"), left)))
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// barRoom is how long a bar may be, so that the numbers behind it stay within the picture.
func barRoom(bars []bar) float64 {
	most := 0
	for _, r := range bars {
		most = max(most, len(r.numbers()))
	}
	return float64(min(barMost, plotWidth-barLeft-2*barGap-digit*most))
}

func (r bar) numbers() string { return fmt.Sprintf("%d / %d / %d", r.kept, r.broken, r.open) }

// draw draws a bar; scale is the length of one clock.
func (r bar) draw(b *strings.Builder, y int, scale float64) {
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, barLeft-8, y+14, escaped(r.name))
	x := float64(barLeft)
	for _, part := range []struct {
		n      int
		colour string
	}{{r.kept, "#2a7f4f"}, {r.broken, "#b3261e"}, {r.open, "#9aa0a6"}} {
		width := float64(part.n) * scale
		if part.n > 0 {
			fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="16" fill="%s"/>`, x, y+2, width, part.colour)
		}
		x += width
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`, x+barGap, y+14, r.numbers())
}

// totalOf adds up the clocks of a line.
func totalOf(l statistics.Line) (sum bar) {
	for _, c := range l.Clocks {
		sum.kept, sum.broken, sum.open = sum.kept+c.Kept, sum.broken+c.Broken, sum.open+c.Open
	}
	return sum
}

// The room of a bar's name, in characters. What tells one bar from its neighbour (category and clock) is never cut: the
// customer's name is, and then the level's.
const (
	nameRoom  = 52
	levelRoom = 14
	leastName = 8
)

func (r Reader) label(words written.Words, l statistics.Line, clock string) string {
	n := r.names(words, l)
	what := shortened(n.level, levelRoom) + ", " + n.category + ": " + words.Clock(clock)
	return shortened(n.customer, max(nameRoom-len([]rune(what))-2, leastName)) + ", " + what
}

func shortened(name string, room int) string {
	if r := []rune(name); len(r) > room {
		return string(r[:room-1]) + "…"
	}
	return name
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return b.String()
}
