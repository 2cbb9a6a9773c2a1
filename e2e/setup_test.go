package e2e_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hotline/phone"
)

var setupLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+/setup/[A-Za-z0-9_-]+`)

// accepting is a telephone that picks up, and presses 1 when it has heard the first words.
func accepting(t *testing.T, name string) *phone.Phone {
	t.Helper()
	return answering(t, name, func(ctx context.Context, in *phone.Incoming) {
		in.Ring()
		c, err := in.PickUp(ctx)
		if err != nil {
			return // nobody is there any more
		}
		if c.Wait(ctx, time.Second) == nil && c.Press(ctx, "1") == nil {
			<-c.Context().Done()
		}
	})
}

// TestAHouseIsSetUpInTheBrowser goes from an empty folder to a call that an engineer has answered, by the browser alone: the link of
// the log, the first administrator, a telephone that is tried, who is on call, a customer with a PIN, and that call live.
func TestAHouseIsSetUpInTheBrowser(t *testing.T) {
	t.Parallel()
	h := launch(t, dataFolder(t))
	var link string
	eventually(t, 2*time.Minute, "an empty house prints a link", func() error {
		if link = setupLink.FindString(h.log.String()); link == "" {
			return fmt.Errorf("the log is %s", h.log)
		}
		return nil
	})
	ctx := browse(t)
	does(ctx, t, "following the link", chromedp.Navigate(link), chromedp.SendKeys(chromedp.CSS("input[name=name]"), "owner"), chromedp.SendKeys(chromedp.CSS("input[name=password]"), "a long password\r"),
		chromedp.WaitVisible(chromedp.CSS("ol.steps")))
	shows(ctx, t, 15*time.Second, "nothing is done yet", `document.querySelectorAll("ol.steps h2 .good").length === 0`)

	engineer := accepting(t, "anna")
	form := func(name string) string { return `form[action="/start/` + name + `"]` }
	does(ctx, t, "adding an engineer", chromedp.SendKeys(chromedp.CSS(form("engineer")+" input[name=name]"), "Anna Verdi"), chromedp.SendKeys(chromedp.CSS(form("engineer")+" input[name=phone]"), engineer.Address()+"\r"),
		chromedp.WaitVisible(chromedp.CSS(form("test-call"))))
	does(ctx, t, "ringing the telephone", chromedp.Click(chromedp.CSS(form("test-call")+" button")), chromedp.WaitVisible(chromedp.CSS("p.done[role=status]")))
	shows(ctx, t, 15*time.Second, "the telephone is proven", `document.querySelector("p.done").textContent.includes("proven by a test call")`)
	does(ctx, t, "leaving, and taking it up again", chromedp.Navigate("http://"+h.http+"/start"), chromedp.Click(chromedp.CSS(form("rota")+" button")), chromedp.WaitVisible(chromedp.CSS(`ol.steps a[href="/oncall"]`)))
	does(ctx, t, "adding a customer", chromedp.SendKeys(chromedp.CSS(form("customer")+" input[name=name]"), "Rossi S.p.A."), chromedp.SetValue(chromedp.CSS(form("customer")+" select"), "extended"),
		chromedp.SendKeys(chromedp.CSS(form("customer")+" input[name=name]"), "\r"), chromedp.WaitVisible(chromedp.CSS("p.pin")))
	own, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("p.pin").textContent`))
	if err != nil || len(own) < 6 || strings.Trim(own, "0123456789") != "" {
		t.Fatalf("the PIN is %q, %v", own, err)
	}

	does(ctx, t, "waiting for the call", chromedp.Navigate("http://"+h.http+"/start"), chromedp.WaitVisible(chromedp.CSS("#start-call")))
	mark(ctx, t)
	c := h.dial(t, telephone(t, "0612345"))
	shows(ctx, t, 15*time.Second, "the call is seen live, without a reload", `document.querySelector("#start-call .call") !== null && globalThis.mark === true`)
	if err := c.Press(t.Context(), own+"#1"); err != nil {
		t.Fatal(err)
	}
	board, end := chromedp.NewContext(ctx)
	defer end()
	does(board, t, "looking at the board", chromedp.Navigate("http://"+h.http+"/"))
	shows(board, t, 30*time.Second, "the ticket is on it", `document.querySelector(".ticket.p1 .link") !== null`)
	does(board, t, "opening the ticket", chromedp.Click(chromedp.CSS(".ticket .link")), chromedp.WaitVisible(chromedp.CSS("#work")))
	shows(board, t, time.Minute, "the engineer has accepted, and the two talk", `document.querySelector("li.event.joined") !== null`)
	_ = c.Wait(t.Context(), time.Second) // the two talk
	c.Hangup()
	shows(ctx, t, 30*time.Second, "the line works, without a reload", `document.querySelector("#start-call .done") !== null && globalThis.mark === true`)
	shows(ctx, t, 15*time.Second, "every step is done but the trunk, which stands in the configuration file", `document.querySelectorAll("ol.steps h2 .good").length === 4`)
	does(ctx, t, "opening the call", chromedp.Click(chromedp.CSS(`#start-call p a[href^="/calls/"]`)), chromedp.WaitVisible(chromedp.CSS("svg.ladder")))
	shows(ctx, t, 15*time.Second, "its messages are drawn, those with the engineer's telephone too, and RTCP between them", `["hotline → Anna Verdi: INVITE", "→ hotline: BYE", "RTCP:"].every((s) => document.querySelector("#ladder-title").parentElement.textContent.includes(s))`)
}
