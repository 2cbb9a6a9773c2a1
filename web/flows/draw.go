package flows

import (
	"fmt"
	"html/template"
	"strings"

	"hotline/ivr"
)

// Sizes of the picture, in the units of SVG.
const (
	boxWide, boxHigh = 150, 42
	colGap, rowGap   = 40, 64
	margin           = 24
)

// spot is where a step stands.
type spot struct{ row, col int }

// laid gives each step its place. Its row is its distance from the first step; it stands beside the others of that row.
func laid(start string, nodes []ivr.Node) (places map[string]spot, rows, cols int) {
	exits, places, width := map[string][]ivr.Edge{}, map[string]spot{}, map[int]int{}
	for _, n := range nodes {
		exits[n.Name] = n.Exits
	}
	put := func(name string, row int) {
		places[name] = spot{row, width[row]}
		width[row]++
		rows, cols = max(rows, row+1), max(cols, width[row])
	}
	put(start, 0)
	for open := []string{start}; len(open) > 0; open = open[1:] {
		for _, e := range exits[open[0]] {
			if _, known := places[e.To]; !known {
				put(e.To, places[open[0]].row+1)
				open = append(open, e.To)
			}
		}
	}
	return places, rows, cols
}

// draw draws a flow: a box for each step, from the first one downwards, and a line for each exit. The table beside it says the same.
func draw(start string, nodes []ivr.Node, title string) template.HTML {
	places, rows, cols := laid(start, nodes)
	at := func(name string) (x, y int) {
		p := places[name]
		return margin + p.col*(boxWide+colGap), margin + p.row*(boxHigh+rowGap)
	}
	var b, boxes strings.Builder
	fmt.Fprintf(&b, `<svg class="flow" width="%d" viewBox="0 0 %d %d" role="img" aria-label="%s">`,
		2*margin+cols*(boxWide+colGap), 2*margin+cols*(boxWide+colGap), 2*margin+rows*(boxHigh+rowGap), template.HTMLEscapeString(title))
	for _, n := range nodes {
		x, y := at(n.Name)
		fmt.Fprintf(&boxes, `<rect x="%d" y="%d" width="%d" height="%d" rx="6"/><text class="step" x="%d" y="%d">%s</text><text x="%d" y="%d">%s</text>`,
			x, y, boxWide, boxHigh, x+10, y+18, template.HTMLEscapeString(short(n.Name)), x+10, y+34, template.HTMLEscapeString(n.Verb))
		for i, e := range n.Exits {
			toX, toY := at(e.To)
			fromX := x + boxWide*(i+1)/(len(n.Exits)+1)
			saidX, saidY := fromX+3, y+boxHigh+14+12*(i%2)
			switch {
			case toY > y: // downwards, into the top of a box
				fmt.Fprintf(&b, `<path d="M%d %dC%d %d %d %d %d %d"/><path class="head" d="M%d %dl-4-8h8z"/>`,
					fromX, y+boxHigh, fromX, y+boxHigh+rowGap/2, toX+boxWide/2, toY-rowGap/2, toX+boxWide/2, toY, toX+boxWide/2, toY)
			case toY == y: // beside, below the boxes between them
				fmt.Fprintf(&b, `<path class="back" d="M%d %dC%d %d %d %d %d %d"/><path class="head" d="M%d %dl-4 8h8z"/>`,
					fromX, y+boxHigh, fromX, y+boxHigh+rowGap, toX+boxWide*3/4, y+boxHigh+rowGap, toX+boxWide*3/4, y+boxHigh, toX+boxWide*3/4, y+boxHigh)
			default: // back, around the right of both
				fmt.Fprintf(&b, `<path class="back" d="M%d %dC%d %d %d %d %d %d"/><path class="head" d="M%d %dl8-4v8z"/>`,
					x+boxWide, y+boxHigh/2, max(x, toX)+boxWide+colGap, y+boxHigh/2, max(x, toX)+boxWide+colGap, toY+boxHigh/2, toX+boxWide, toY+boxHigh/2, toX+boxWide, toY+boxHigh/2)
				saidX, saidY = x+boxWide+3, y+boxHigh/2-4-12*(i%2)
			}
			fmt.Fprintf(&boxes, `<text class="exit" x="%d" y="%d">%s</text>`, saidX, saidY, template.HTMLEscapeString(short(e.Exit)))
		}
	}
	b.WriteString(boxes.String())
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// short is a name that fits into a box.
func short(name string) string {
	const most = 18
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}
