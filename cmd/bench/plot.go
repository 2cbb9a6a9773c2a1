package main

import (
	"bytes"
	"fmt"

	"hotline/phone/load"
)

// Sizes of the plot, in the units of SVG.
const (
	plotWidth, plotHeight = 760, 340
	plotLeft, plotRight   = 60, 20
	plotTop, plotBottom   = 40, 50
)

// plot draws the cost of a call against the number of calls: the median of the ramps, each ramp as a dot, the floor, and
// must and goal as lines.
func (f *figures) plot() []byte {
	const mostCalls = 1500.0
	top := 1.1
	for _, n := range levels() {
		for _, r := range f.levels[n] {
			top = max(top, 1.1*r.PerCallSecond())
		}
	}
	x := func(calls float64) float64 {
		return plotLeft + calls/mostCalls*float64(plotWidth-plotLeft-plotRight)
	}
	y := func(cost float64) float64 {
		return plotHeight - plotBottom - cost/top*float64(plotHeight-plotTop-plotBottom)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&out, `<text x="%d" y="22" font-size="14">CPU of one call that plays and records, ms per second, by the number of calls</text>`+"\n", plotLeft)
	for _, l := range []struct {
		name, colour string
		at           float64
	}{{"must", "#b33", 1.0}, {"goal", "#383", 0.55}, {"floor", "#888", f.ground()}} {
		fmt.Fprintf(&out, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="%s" stroke-dasharray="6 4"/><text x="%d" y="%.1f" fill="%s" text-anchor="end">%s %.2f</text>`+"\n",
			plotLeft, y(l.at), plotWidth-plotRight, y(l.at), l.colour, plotWidth-plotRight, y(l.at)-4, l.colour, l.name, l.at)
	}
	for v := 0.0; v <= top; v += 0.2 {
		fmt.Fprintf(&out, `<text x="%d" y="%.1f" text-anchor="end">%.1f</text>`+"\n", plotLeft-8, y(v)+4, v)
	}
	line := ""
	for _, n := range levels() {
		at := x(float64(n))
		fmt.Fprintf(&out, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", at, plotHeight-plotBottom+18, n)
		for _, r := range f.levels[n] {
			fmt.Fprintf(&out, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="#36c" opacity="0.5"/>`+"\n", at, y(r.PerCallSecond()))
		}
		line += fmt.Sprintf("%.1f,%.1f ", at, y(f.of(n, load.Result.PerCallSecond)))
	}
	fmt.Fprintf(&out, `<polyline points="%s" fill="none" stroke="#36c" stroke-width="2"/>`+"\n", line)
	fmt.Fprintf(&out, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#000"/><line x1="%d" y1="%d" x2="%d" y2="%.1f" stroke="#000"/>`+"\n",
		plotLeft, y(0), plotWidth-plotRight, y(0), plotLeft, plotTop, plotLeft, y(0))
	fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="middle">calls at once</text>`+"\n</svg>\n", plotWidth/2, plotHeight-10)
	return out.Bytes()
}
