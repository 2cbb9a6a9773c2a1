package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/chromedp/chromedp"
)

// complaint is a form that is sent with what cannot be right.
type complaint struct {
	name, path, action string
	fields             map[string]string
	press              string // the value of its button "do"; empty: the first button
}

func complaints() []complaint {
	return []complaint{
		{"complaint-house", "/start", "/start/house", map[string]string{"name": "Officine Gialli", "zone": "Europe/Atlantis"}, ""},
		{"complaint-trunk", "/start", "/start/trunk", map[string]string{"server": "sip:carrier.example", "user": "0612345", "prefixes": "+39"}, ""},
		{"complaint-first-engineer", "/start", "/start/engineer", map[string]string{"name": "Ugo Neri", "phone": "sip:ugo@carrier.example"}, ""},
		{"complaint-customer", "/customers/rossi/edit", "/customers/rossi", map[string]string{"email": "nobody"}, ""},
		{"complaint-contract", "/contracts/rossi", "/contracts/rossi", map[string]string{"blocking-contact": "30"}, ""},
		{"complaint-engineer", "/engineers/anna", "/engineers/anna", map[string]string{"phones": "anna's mobile"}, ""},
		{"complaint-shifts", "/oncall/shifts", "/oncall/shifts", map[string]string{"shift-0-from": "late"}, ""},
		{"complaint-rota", "/rotas/nights", "/rotas/nights", map[string]string{"layer-0-turns": "Bruno"}, "save"},
		{"complaint-policy", "/policies/rossi", "/policies/rossi", map[string]string{"overflow": "the boss"}, "save"},
		{"complaint-level", "/levels/professional", "/levels/professional", map[string]string{"blocking-contact": ""}, ""},
		{"complaint-hours", "/calendars/office/hours", "/calendars/office/hours", map[string]string{"day-2": "nine to five"}, ""},
		{"complaint-fault", "/faults/via-roma", "/faults/via-roma", map[string]string{"contracts": "nobody"}, ""},
		{"complaint-override", "/oncall/changes", "/oncall/changes/override", map[string]string{"engineer": "anna", "instead": "marco", "level": "7", "from": "2026-12-24T18:00", "until": "2026-12-25T08:00"}, ""},
		{"complaint-alert-policy", "/alerts/policies/default", "/alerts/policies/default", map[string]string{"storm.alerts": "1"}, ""},
		{"complaint-alert-try", "/alerts/try", "/alerts/try", map[string]string{"source": "alertmanager", "message": `{"version": "4", "alerts": [{"status": "x"}]}`}, ""},
		{"complaint-mapping", "/alerts/mappings/pumps", "/alerts/mappings/pumps", map[string]string{"title": ".pump ||"}, ""},
		{"complaint-endpoint", "/outgoing/crm", "/outgoing/crm", map[string]string{"secret.signing": "whsec_short"}, ""},
		{"complaint-flow", "/flow", "/flow/check", map[string]string{"yaml": "flow: 1\nlanguages: [it, en]\nstart: welcome\nsteps:\n  welcome:\n    do: welcome\n    colour: red\n  pin:\n    do: knock\n"}, ""},
		{"complaint-user", "/users", "/users", map[string]string{"name": "Anna Verdi!"}, ""},
	}
}

// sends fills a form in and sends it, past what the browser itself would refuse. It tells whether there is such a form.
const sends = `((action, fields, press) => {
	const form = [...document.forms].find((f) => f.getAttribute("action") === action) ?? [...document.querySelectorAll("[formaction]")].find((b) => b.getAttribute("formaction") === action)?.form;
	if (!form) return false;
	for (const [name, value] of Object.entries(fields)) {
		if (!form.elements[name]) return false;
		form.elements[name].value = value;
	}
	form.noValidate = true;
	const buttons = [...form.querySelectorAll("button")];
	const button = buttons.find((b) => b.getAttribute("formaction") === action) ?? buttons.find((b) => press && b.value === press) ?? buttons[0];
	button.formNoValidate = true;
	setTimeout(() => form.requestSubmit(button));
	return true;
})(%s, %s, %s)`

// comes waits until the whole page is there.
const comes = `new Promise((come) => document.readyState === "complete" ? come(true) : addEventListener("load", () => come(true)))`

// complained looks at forms with complaints.
func (h *house) complained(ctx context.Context, look func(name string) error) error {
	for _, c := range complaints() {
		if h.only != nil && !slices.Contains(h.only, c.name) {
			continue
		}
		var args []any
		for _, v := range []any{c.action, c.fields, c.press} {
			text, err := json.Marshal(v)
			if err != nil {
				return err
			}
			args = append(args, string(text))
		}
		if err := chromedp.Do(ctx, chromedp.Navigate(h.site+c.path), chromedp.WaitReady("main")); err != nil {
			return fmt.Errorf("the page of %s: %w", c.name, err)
		}
		if there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(sends, args...))); err != nil || !there {
			return fmt.Errorf("%s: the form is there: %v, %w", c.name, there, err)
		}
		if err := chromedp.Do(ctx, chromedp.WaitReady("main [role=alert], main .alone")); err != nil {
			return fmt.Errorf("sending %s: %w", c.name, err)
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](comes, chromedp.EvalAwaitPromise)); err != nil {
			return fmt.Errorf("the answer to %s: %w", c.name, err)
		}
		if err := look(c.name); err != nil {
			return fmt.Errorf("looking at %s: %w", c.name, err)
		}
	}
	return nil
}
