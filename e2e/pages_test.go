package e2e_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hotline/phone"
)

// browse starts a browser that ends with the test, and lets sound play unasked; every page has a while to come.
func browse(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	ctx, endAllocator := chromedp.NewExecAllocator(t.Context(), append(options, more...)...)
	t.Cleanup(endAllocator)
	ctx, endBrowser := chromedp.NewContext(ctx)
	t.Cleanup(endBrowser)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// does runs steps in the browser.
func does(ctx context.Context, t *testing.T, what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		page, _ := chromedp.Run(ctx, chromedp.OuterHTML("html")) // whatever is there
		t.Fatalf("%s: %v\n%s", what, err, page)
	}
}

// shows waits until a script's condition holds in the page, whichever page comes meanwhile.
func shows(ctx context.Context, t *testing.T, within time.Duration, what, condition string) {
	t.Helper()
	eventually(t, within, what, func() error {
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
		if err == nil && !holds {
			page, _ := chromedp.Run(ctx, chromedp.OuterHTML(chromedp.CSS("main"))) // whatever is there
			err = fmt.Errorf("%s does not hold in %s", condition, page)
		}
		return err
	})
}

// mark marks a page: one that is loaded anew has no mark.
func mark(ctx context.Context, t *testing.T) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`globalThis.mark = true`)); err != nil {
		t.Fatal(err)
	}
}

// ringing is a telephone that rings for as long as it is rung: a browser on a busy machine sees it too.
func ringing(t *testing.T) *phone.Phone {
	t.Helper()
	return answering(t, "marco", func(ctx context.Context, in *phone.Incoming) {
		in.Ring()
		<-ctx.Done()
	})
}

// TestStaffWorkOnATicketInTheBrowser: somebody logs in, a customer calls, the board shows the ticket without a reload, its recording
// plays, its category is corrected.
func TestStaffWorkOnATicketInTheBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx := browse(t)
	h.onCall([]string{"Marco"}, []string{ringing(t).Address()})
	front := &front{to: "http://" + h.http}
	site := front.open(t)
	does(ctx, t, "logging in", chromedp.Navigate(site+"/"), chromedp.SendKeys(chromedp.CSS("input[name=name]"), "demo"), chromedp.SendKeys(chromedp.CSS("input[name=password]"), "demo-password\r"),
		chromedp.WaitVisible(chromedp.CSS("#board .none")))

	mark(ctx, t)
	rings := time.Now()
	c := h.dial(t, telephone(t, "0612345"))
	shows(ctx, t, 15*time.Second, "the board shows the call, without a reload", `document.querySelector("#now .call") !== null && globalThis.mark === true`)
	t.Logf("the board shows a call %v after the caller dialled", time.Since(rings).Round(time.Millisecond))
	if err := c.Press(t.Context(), pin+"#1"); err != nil {
		t.Fatal(err)
	}
	shows(ctx, t, 15*time.Second, "the board shows who is rung", `document.querySelector("#now .rung") !== null && globalThis.mark === true`)
	if _, err := c.AwaitTone(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Say(t.Context(), speech(t, "en", "next-step")); err != nil {
		t.Fatal(err)
	}
	shows(ctx, t, 15*time.Second, "the board shows the ticket", `document.querySelector(".ticket.p1 .link") !== null`)
	keeps(t, c, 2*time.Second)
	c.Hangup()
	v, err := h.latest()
	if err != nil {
		t.Fatal(err)
	}
	does(ctx, t, "opening the ticket", chromedp.Click(chromedp.CSS(".ticket .link")), chromedp.WaitVisible(chromedp.CSS("#work")))
	h.awaitLine("recording", 30*time.Second)
	at := fmt.Sprintf("%s/tickets/%d", site, v.Number)
	does(ctx, t, "reading it again", chromedp.Navigate(at), chromedp.WaitVisible(chromedp.CSS("audio")))
	does(ctx, t, "pressing into the middle of the waveform", chromedp.Click(chromedp.CSS(".wave")))
	shows(ctx, t, 15*time.Second, "the clock stands there", `parseFloat(document.querySelector(".wave .at").style.left) > 45`)
	shows(ctx, t, 15*time.Second, "the recording plays to its end", `document.querySelector("audio").ended && document.querySelector(".wave .at").style.left === "100%"`)
	keepsWhatIsWritten(ctx, t, at)

	other, endOther := chromedp.NewContext(ctx)
	defer endOther()
	does(other, t, "a second page", chromedp.Navigate(at), chromedp.WaitVisible(chromedp.CSS("#work")))
	mark(other, t)
	front.restarts(t)
	does(ctx, t, "correcting the category", chromedp.SetValue(chromedp.CSS("#assess select"), "non_blocking"), chromedp.Click(chromedp.CSS("#assess button.second")))
	shows(ctx, t, 15*time.Second, "the history tells of it", `document.querySelector("li.event.assessed") !== null`)
	shows(other, t, 15*time.Second, "the second page shows the other clocks, without a reload, over a stream that was cut", `document.querySelector(".category.non_blocking") !== null && globalThis.mark === true`)
	var events []struct{ Kind, Actor string }
	var whole struct {
		Assessment string
		History    []struct{ Kind, Actor string }
	}
	if _, err := h.call(http.MethodGet, fmt.Sprintf("/api/v1/tickets/%d", v.Number), nil, &whole); err != nil {
		t.Fatal(err)
	}
	for _, e := range whole.History {
		if e.Kind == "assessed" {
			events = append(events, e)
		}
	}
	if whole.Assessment != "non_blocking" || len(events) != 1 || events[0].Actor != "staff:demo" {
		t.Errorf("the ticket is %q, assessed by %v", whole.Assessment, events)
	}
	var accesses struct{ Accesses []struct{ Actor string } }
	if v, err = h.latest(); err != nil || len(v.Recordings) == 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	if _, err := h.call(http.MethodGet, "/api/v1/recordings/"+v.Recordings[0].ID+"/accesses", nil, &accesses); err != nil || len(accesses.Accesses) == 0 || !strings.HasPrefix(accesses.Accesses[0].Actor, "staff:demo") {
		t.Errorf("who listened: %v, %v", accesses, err)
	}
}

// keepsWhatIsWritten has words survive a reload of a ticket's page until they are sent, and no longer.
func keepsWhatIsWritten(ctx context.Context, t *testing.T, at string) {
	t.Helper()
	area := chromedp.CSS("#work textarea")
	does(ctx, t, "writing", chromedp.SendKeys(area, "The second rack"))
	shows(ctx, t, 15*time.Second, "the draft is kept", `document.querySelector("#work form").elements.draft.value === "1"`)
	does(ctx, t, "reading it again", chromedp.Navigate(at), chromedp.WaitVisible(area))
	shows(ctx, t, 15*time.Second, "the words are there", `document.querySelector("#work textarea").value === "The second rack"`)
	note := chromedp.CSS("#work .acts button")
	does(ctx, t, "sending them with one more key", chromedp.SendKeys(area, "R"), chromedp.Click(note), chromedp.WaitVisible(chromedp.CSS("li.event.commented")))
	does(ctx, t, "sending at once, before a draft is kept", chromedp.SendKeys(area, "Sent"), chromedp.Click(note), chromedp.WaitVisible(chromedp.CSS("li.event.commented ~ li.event.commented")))
	does(ctx, t, "reading it again", chromedp.Navigate(at), chromedp.WaitVisible(area))
	shows(ctx, t, 15*time.Second, "no draft is left", `document.querySelector("#work textarea").value === "" && [...document.querySelectorAll("li.event.commented .text")].map((e) => e.textContent).join() === "RThe second rack,Sent"`)
}

// front is a proxy before the program, which can be restarted: to a browser that is the program's restart, with the sessions kept.
type front struct {
	to      string
	handler http.Handler // nil: what is at to
	at      net.Addr
	server  *http.Server
}

func (f *front) open(t *testing.T) (site string) {
	t.Helper()
	if f.handler == nil {
		to, err := url.Parse(f.to)
		if err != nil {
			t.Fatal(err)
		}
		f.handler = httputil.NewSingleHostReverseProxy(to)
	}
	address := "127.0.0.1:0"
	if f.at != nil {
		address = f.at.String()
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	f.at, f.server = l.Addr(), &http.Server{Handler: f.handler, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	server := f.server
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // it ends by Close
	t.Cleanup(func() { server.Close(); serving.Wait() })
	return "http://" + f.at.String()
}

// restarts cuts every connection, the streams' too.
func (f *front) restarts(t *testing.T) {
	t.Helper()
	f.server.Close()
	f.open(t)
}
