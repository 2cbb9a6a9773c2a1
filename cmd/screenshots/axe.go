package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/chromedp/chromedp"
)

// finding is a rule of axe-core that a page breaks.
type finding struct {
	ID, Help string
	Nodes    []struct{ HTML string }
}

// runAxe asks axe-core for everything it knows: WCAG 2.2 A and AA, and what it calls best practice.
const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => ({html: n.html + " " + n.failureSummary}))}))))`

// examine looks at every page with axe-core, light and dark, for a desktop and for a telephone, and walks over it by the keyboard.
func (h *house) examine(ctx context.Context, axe string) error {
	code, err := os.ReadFile(axe)
	if err != nil {
		return fmt.Errorf("reading axe-core: %w", err)
	}
	ctx, end, err := h.browse(ctx)
	if err != nil {
		return err
	}
	defer end()
	pages, wrong := 0, 0
	for _, theme := range []string{"light", "dark"} {
		for _, s := range screens() {
			if err := look(ctx, "it", theme, s); err != nil {
				return err
			}
			err := h.tour(ctx, func(name string) error {
				pages++
				found, err := findings(ctx, string(code))
				if err != nil {
					return err
				}
				unreached, err := unreached(ctx)
				if err != nil {
					return err
				}
				for _, f := range append(found, unreached...) {
					wrong++
					fmt.Printf("%s, %s, %s: %s: %s\n", name, theme, s.name, f.ID, f.Help)
					for _, n := range f.Nodes {
						fmt.Printf("  %s\n", strings.ReplaceAll(n.HTML, "\n", " "))
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d violations on %d pages", wrong, pages)
	}
	fmt.Printf("0 violations on %d pages\n", pages)
	return nil
}

func findings(ctx context.Context, axe string) (list []finding, err error) {
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](axe)); err != nil {
		return nil, fmt.Errorf("loading axe-core: %w", err)
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](runAxe, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, fmt.Errorf("running axe-core: %w", err)
	}
	return list, json.Unmarshal([]byte(text), &list)
}

// mostStops bounds the walk over one page.
const mostStops = 400

// markFocusable numbers what somebody may want to use, as far as it can be seen.
const markFocusable = `(() => {
	let n = 0;
	for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, audio, [tabindex='0']")) {
		if (e.disabled || !e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})) continue;
		if (e.type === "radio" && !e.checked && document.querySelector("input[type=radio][name='" + e.name + "']:checked")) continue;
		e.dataset.stop = n++;
	}
	document.activeElement?.blur();
	return n;
})()`

// atStop tells where the focus is: the number, whether it can be seen that it is there; -1: nowhere.
const atStop = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return {Number: -1};
	const s = getComputedStyle(e);
	return {Number: Number(e.dataset.stop ?? -2), Seen: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1 || e.tagName === "AUDIO"};
})()`

// unreached presses the tabulator until the page has been walked over, and names what the focus did not come to, or came to unseen.
func unreached(ctx context.Context) ([]finding, error) {
	whole, err := chromedp.Run(ctx, chromedp.Evaluate[int](markFocusable))
	if err != nil {
		return nil, fmt.Errorf("looking for what can be focused: %w", err)
	}
	seen := make([]bool, whole)
	var hidden []int
	left := whole
	for i := 0; i < mostStops && left > 0; i++ {
		if err := chromedp.Do(ctx, chromedp.KeyEvent("\t")); err != nil {
			return nil, fmt.Errorf("pressing the tabulator: %w", err)
		}
		at, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
			Number int
			Seen   bool
		}](atStop))
		if err != nil {
			return nil, fmt.Errorf("asking where the focus is: %w", err)
		}
		if at.Number < 0 || at.Number >= whole || seen[at.Number] {
			continue
		}
		seen[at.Number] = true
		left--
		if !at.Seen {
			hidden = append(hidden, at.Number)
		}
	}
	var list []finding
	for n, was := range seen {
		if !was {
			list = append(list, finding{ID: "keyboard", Help: fmt.Sprintf("the tabulator never comes to stop %d of %d", n, whole), Nodes: stopHTML(ctx, n)})
		}
	}
	for _, n := range hidden {
		list = append(list, finding{ID: "focus", Help: "one does not see that the focus is there", Nodes: stopHTML(ctx, n)})
	}
	return list, nil
}

// stopHTML is the HTML of a stop.
func stopHTML(ctx context.Context, stop int) []struct{ HTML string } {
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector("[data-stop='%d']")?.outerHTML ?? ""`, stop))) // the finding stands without it
	return []struct{ HTML string }{{text}}
}
