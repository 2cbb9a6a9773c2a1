package admin

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strings"

	"hotline/tickets"
)

// Sizes of the plot, in the units of SVG.
const (
	plotWidth = 900
	barLeft   = 330
	barWidth  = 460
	rowHeight = 22
	plotTop   = 60
	rowsAtMax = 300 // bars; what is beyond is told in words
)

// bar is one clock of one line.
type bar struct {
	name               string
	kept, broken, open int
}

// reportSVG plots, for each line of the report, how many of each clock were kept, broken and left open, with the numbers.
func reportSVG(r tickets.Report) []byte {
	var bars []bar
	longest := 1
	for _, l := range r.Lines {
		for _, c := range l.Clocks {
			if n := c.Kept + c.Broken + c.Open; n > 0 {
				name := fmt.Sprintf("%s, %s, %s: %s", cmp.Or(l.Name, "-"), l.Level, l.Category, c.Clock)
				bars, longest = append(bars, bar{name, c.Kept, c.Broken, c.Open}), max(longest, n)
			}
		}
	}
	left := len(bars) - rowsAtMax
	bars = bars[:min(len(bars), rowsAtMax)]
	height := plotTop + rowHeight*(len(bars)+1)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`,
		plotWidth, height, plotWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/><text x="10" y="24" font-size="16">Clocks of %s</text>`, plotWidth, height, escaped(r.Month))
	for i, k := range []struct{ name, colour string }{{"kept", "#2a7f4f"}, {"broken", "#b3261e"}, {"open", "#9aa0a6"}} {
		x := barLeft + 90*i
		fmt.Fprintf(&b, `<rect x="%d" y="36" width="12" height="12" fill="%s"/><text x="%d" y="46">%s</text>`, x, k.colour, x+18, k.name)
	}
	for i, row := range bars {
		row.draw(&b, plotTop+rowHeight*i, longest)
	}
	if left > 0 {
		fmt.Fprintf(&b, `<text x="10" y="%d">and %d more</text>`, plotTop+rowHeight*len(bars)+14, left)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (r bar) draw(b *strings.Builder, y, longest int) {
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, barLeft-8, y+14, escaped(shortened(r.name)))
	x := float64(barLeft)
	for _, part := range []struct {
		n      int
		colour string
	}{{r.kept, "#2a7f4f"}, {r.broken, "#b3261e"}, {r.open, "#9aa0a6"}} {
		width := float64(barWidth*part.n) / float64(longest)
		if part.n > 0 {
			fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="16" fill="%s"/>`, x, y+2, width, part.colour)
		}
		x += width
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d">%d / %d / %d</text>`, x+6, y+14, r.kept, r.broken, r.open)
}

func shortened(name string) string {
	if r := []rune(name); len(r) > 52 {
		return string(r[:51]) + "…"
	}
	return name
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return b.String()
}
