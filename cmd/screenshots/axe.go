package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
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

// mostStops bounds the walk over one page: the list of prompts has a link for each.
const mostStops = 1000

// stopNames gives a name to what somebody may want to use, as far as it can be seen. A region that is brought up to date meanwhile has
// new elements of the same names.
const stopNames = `(() => {
	window.stopName = (e) => [e.tagName, e.id, e.name ?? "", e.getAttribute("href") ?? "", e.value ?? "", (e.getAttribute("aria-label") ?? e.textContent).trim().slice(0, 60)].join(" ");
	const list = [];
	for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, audio, [tabindex='0']")) {
		if (e.disabled || !e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})) continue;
		const group = "input[type=radio][name='" + e.name + "']"; // the tabulator comes to one of a group, the arrows to the others
		if (e.type === "radio" && e !== (document.querySelector(group + ":checked") ?? document.querySelector(group))) continue;
		list.push(stopName(e));
	}
	return list;
})()`

// atStop tells where the focus is, and whether it can be seen that it is there.
const atStop = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return {Name: "", Seen: true};
	const s = getComputedStyle(e);
	return {Name: stopName(e), Seen: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1 || e.tagName === "AUDIO"};
})()`

// unreached presses the tabulator until the page has been walked over, and names what the focus did not come to, or came to unseen.
func unreached(ctx context.Context) (list []finding, err error) {
	names := func() ([]string, error) { return chromedp.Run(ctx, chromedp.Evaluate[[]string](stopNames)) }
	before, err := names()
	if err != nil {
		return nil, fmt.Errorf("looking for what can be focused: %w", err)
	}
	seen := map[string]bool{}
	for i := 0; i < mostStops && slices.ContainsFunc(before, func(name string) bool { return !seen[name] }); i++ {
		if err := chromedp.Do(ctx, chromedp.KeyEvent("\t")); err != nil {
			return nil, fmt.Errorf("pressing the tabulator: %w", err)
		}
		at, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
			Name string
			Seen bool
		}](atStop))
		if err != nil {
			return nil, fmt.Errorf("asking where the focus is: %w", err)
		}
		if !at.Seen && !seen[at.Name] {
			list = append(list, finding{ID: "focus", Help: "one does not see that the focus is at " + at.Name})
		}
		seen[at.Name] = true
	}
	after, err := names() // what was there all the time
	if err != nil {
		return nil, fmt.Errorf("looking for what can be focused: %w", err)
	}
	for _, name := range before {
		if !seen[name] && slices.Contains(after, name) {
			list = append(list, finding{ID: "keyboard", Help: "the tabulator never comes to " + name})
		}
	}
	return list, nil
}
