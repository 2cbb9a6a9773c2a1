package e2e_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestTheCommandBarIsPressed goes by the keyboard alone from the board to a field and to a button of other pages: Ctrl K opens the bar,
// typing finds, the arrows choose, Enter presses, and Escape closes it.
func TestTheCommandBarIsPressed(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx := browse(t)
	does(ctx, t, "logging in", chromedp.Navigate("http://"+h.http+"/"), chromedp.SendKeys(chromedp.CSS("input[name=name]"), "demo"), chromedp.SendKeys(chromedp.CSS("input[name=password]"), "demo-password\r"),
		chromedp.WaitVisible(chromedp.CSS("#board")))
	press := func(what, keys string) { does(ctx, t, what, chromedp.KeyEvent(keys)) }
	opens := func() {
		shows(ctx, t, 15*time.Second, "the page has its commands", `document.querySelector("[data-commands]")?.hidden === false`)
		does(ctx, t, "pressing Ctrl K", chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		shows(ctx, t, 15*time.Second, "the bar is open, and takes what is typed", `document.querySelector("#commands").open && document.activeElement.matches("#commands input") && document.querySelectorAll("#commands li").length > 1`)
	}
	opens()
	press("typing what there is not", "zebra")
	shows(ctx, t, 15*time.Second, "nothing is found", `document.querySelectorAll("#commands li").length === 0`)
	press("emptying the field by Escape", kb.Escape)
	shows(ctx, t, 15*time.Second, "everything is there again", `document.querySelectorAll("#commands li").length > 1`)
	press("pressing Escape", kb.Escape)
	shows(ctx, t, 15*time.Second, "the bar is closed", `!document.querySelector("#commands").open`)

	opens()
	press("typing a place", "custom")
	shows(ctx, t, 15*time.Second, "it is found", `document.querySelector("#commands li button").textContent === "Customers"`)
	press("pressing Enter", "\r")
	shows(ctx, t, 15*time.Second, "the customers are shown", `location.pathname === "/customers"`)

	opens()
	press("typing two words of a field, in another order", "name search")
	shows(ctx, t, 15*time.Second, "the field is found alone", `document.querySelectorAll("#commands li").length === 1`)
	press("going down to it", kb.ArrowDown)
	press("pressing Enter", "\r")
	shows(ctx, t, 15*time.Second, "the cursor stands in the field", `!document.querySelector("#commands").open && document.activeElement.matches("main input[name=q]")`)
	press("typing into it", "tip")

	opens()
	press("typing a button", "show")
	press("pressing Enter", "\r")
	shows(ctx, t, 15*time.Second, "the button was pressed", `location.search === "?q=tip"`)
}
