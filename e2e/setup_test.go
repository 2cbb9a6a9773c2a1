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
// the log, the first administrator, the company with its language and zone, the trunk at a real registrar, a telephone that is tried
// through it, who is on call, a customer with a PIN, and that call live. There is no configuration file.
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

	form := func(name string) string { return `form[action="/start/` + name + `"]` }
	field := func(step, name, text string) chromedp.Action[chromedp.Void] {
		return chromedp.SetValue(chromedp.CSS(form(step)+" [name="+name+"]"), text)
	}
	does(ctx, t, "naming the house", field("house", "name", "Officine Gialli"), field("house", "language", "en"), field("house", "zone", "Europe/Berlin"),
		chromedp.Click(chromedp.CSS(form("house")+" button")), chromedp.WaitVisible(chromedp.CSS(`ol.steps li:first-child h2 .good`)))
	shows(ctx, t, 15*time.Second, "name, language and zone stand", `["name", "language", "zone"].map((n) => document.querySelector("form[action='/start/house'] [name=" + n + "]").value).join() === "Officine Gialli,en,Europe/Berlin"`)

	engineer := accepting(t, "anna")
	at := carrier(t, engineer.Address())
	trunk := func(what, password string) {
		does(ctx, t, what, chromedp.Navigate("http://"+h.http+"/start"), field("trunk", "server", at), field("trunk", "user", "0612345"), field("trunk", "password", password),
			chromedp.Click(chromedp.CSS(form("trunk")+" button")), chromedp.WaitVisible(chromedp.CSS("#start-line .trunk")))
	}
	trunk("setting up the trunk, with a wrong password", "wrong")
	shows(ctx, t, 45*time.Second, "what is wrong is said in words, without a reload", `document.querySelector("#start-line").textContent.includes("does not take user and password")`)
	trunk("setting up the trunk", "open sesame")
	shows(ctx, t, 45*time.Second, "the line is registered, without a restart and a reload", `document.querySelector("#start-line .good") !== null && document.querySelector("#start-line").textContent.includes("registered")`)
	shows(ctx, t, 15*time.Second, "the password is not shown again", `!document.documentElement.outerHTML.includes("sesame")`)

	does(ctx, t, "adding an engineer", field("engineer", "name", "Anna Verdi"), field("engineer", "phone", "+393331234567"), chromedp.Click(chromedp.CSS(form("engineer")+" button")),
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
	c, err := telephone(t, "0698765").Dial(t.Context(), "sip:0612345@"+at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Hangup)
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
	shows(ctx, t, 15*time.Second, "every step is done", `document.querySelectorAll("ol.steps h2 .good").length === 6`)
	does(ctx, t, "opening the call", chromedp.Click(chromedp.CSS(`#start-call p a[href^="/calls/"]`)), chromedp.WaitVisible(chromedp.CSS("svg.ladder")))
	shows(ctx, t, 15*time.Second, "its messages are drawn, those with the engineer's telephone too, and RTCP between them", `["hotline → Anna Verdi: INVITE", "→ hotline: BYE", "RTCP:"].every((s) => document.querySelector("#ladder-title").parentElement.textContent.includes(s))`)
}
