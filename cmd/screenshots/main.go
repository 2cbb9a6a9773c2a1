// Command screenshots is for developers. It starts the built program with the demo company, gives it some tickets, and writes a
// picture of every page: light and dark, in each language, for a desktop and for a telephone. `make screenshots` runs it. With -axe
// it takes no picture and looks at each page's accessibility instead: by axe-core, and by the keyboard alone. `make a11y` runs that.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

func main() {
	program := flag.String("hotline", "bin/hotline", "the built program")
	dir := flag.String("dir", "bin/screenshots", "where the pictures go")
	axe := flag.String("axe", "", "the file of axe-core: look at accessibility, and take no pictures")
	only := flag.String("only", "", "look at these pages alone, such as reports,year")
	flag.Parse()
	if err := run(context.Background(), *program, *dir, *axe, *only); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

// longest bounds the whole run.
const longest = time.Hour

func run(ctx context.Context, program, dir, axe, only string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	h, err := start(ctx, program)
	if err != nil {
		return err
	}
	defer h.stop()
	if only != "" {
		h.only = strings.Split(only, ",")
	}
	if err := h.furnish(ctx); err != nil {
		return err
	}
	if axe != "" {
		return h.examine(ctx, axe)
	}
	return h.photograph(ctx, dir)
}

// house is a running hotline with the demo company.
type house struct {
	program, site, sip, data string
	cmd                      *exec.Cmd
	only                     []string      // nil: every page
	box                      *mailbox      // of the customer who uses the portal
	session                  string        // the customer's, from the first tour on
	linked                   string        // the address of a link that opens one ticket
	ended                    chan struct{} // closed when the program has ended
}

func start(ctx context.Context, program string) (*house, error) {
	data, err := os.MkdirTemp("", "hotline-screenshots-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(data, 0o755); err != nil { // the database's user passes through
		return nil, err
	}
	web, err := freePort()
	if err != nil {
		return nil, err
	}
	sip, err := freePort()
	if err != nil {
		return nil, err
	}
	h := &house{program: program, site: "http://" + web, sip: sip, data: data, ended: make(chan struct{})}
	if h.box, err = openMailbox(); err != nil {
		return nil, err
	}
	settings, err := configure(data, h.site, h.box)
	if err != nil {
		return nil, err
	}
	h.cmd = exec.Command(program, "serve", "--demo", "--config", settings, "--data", data, "--http", web, "--sip", sip, "--rtp-ports", "23000-23400", "--log-level", "error", "--drain", "1s")
	h.cmd.Stdout, h.cmd.Stderr = os.Stderr, os.Stderr
	if err := h.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w; run make build first", program, err)
	}
	go func() {
		_ = h.cmd.Wait() // how it ended stands in its last lines
		close(h.ended)
	}()
	for again := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-h.ended:
			h.stop()
			return nil, fmt.Errorf("%s ended at once: its lines above say why", program)
		case <-ctx.Done():
			h.stop()
			return nil, fmt.Errorf("%s did not become ready: %w", program, ctx.Err())
		case <-again.C:
		}
		if r, err := http.Get(h.site + "/api/v1/health"); err == nil {
			r.Body.Close()
			again.Stop()
			return h, nil
		}
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (h *house) stop() {
	_ = h.cmd.Process.Signal(syscall.SIGTERM) // one that has ended is not signalled
	<-h.ended
	h.box.server.Close()
	os.RemoveAll(h.data)
}

// api asks the API as the demo's staff. A nil body is none.
func (h *house) api(ctx context.Context, method, path string, body any) ([]byte, error) {
	var text io.Reader
	if body != nil {
		octets, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = bytes.NewReader(octets)
	}
	r, err := http.NewRequestWithContext(ctx, method, h.site+"/api/v1"+path, text)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer demo")
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// furnish makes one ticket with a recording by a real call, and some by the API.
func (h *house) furnish(ctx context.Context) error {
	voice := filepath.Join(h.data, "caller.wav")
	sound, err := h.api(ctx, http.MethodGet, "/prompts/en/next-step", nil) // the caller has the line's own voice
	if err == nil {
		err = os.WriteFile(voice, sound, 0o600)
	}
	if err != nil {
		return fmt.Errorf("giving the caller a voice: %w", err)
	}
	call := exec.CommandContext(ctx, h.program, "call", "sip:hotline@"+h.sip, "--keys", "314159#1", "--say", voice, "--wait", "10")
	if out, err := call.CombinedOutput(); err != nil {
		return fmt.Errorf("the call: %w: %s", err, out)
	}
	type draft struct {
		Contract string `json:"contract,omitempty"`
		Claim    string `json:"claim"`
		Text     string `json:"text"`
		Caller   string `json:"caller"`
	}
	for _, d := range []draft{
		{"verdi", "blocking", "The switchboard is dead since the storm.", "+390655512390"},
		{"bianchi", "non_blocking", "Two extensions ring without sound.", "+390655512391"},
		{"rossi", "question", "How do we add an extension?", "+390655512392"},
		{"", "non_blocking", "Quote for a repair, please.", "+393331234567"},
	} {
		if _, err := h.api(ctx, http.MethodPost, "/tickets", d); err != nil {
			return err
		}
	}
	var list struct{ Tickets []struct{ Number int64 } }
	text, err := h.api(ctx, http.MethodGet, "/tickets?sort=number", nil)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil || len(list.Tickets) < 3 {
		return fmt.Errorf("listing tickets: %d, %w", len(list.Tickets), err)
	}
	first, second := list.Tickets[0].Number, list.Tickets[1].Number
	known := map[string]any{"note": "The provider's cable at Via Roma is cut; repaired by the evening.", "words": map[string]string{"en": "The provider's cable is cut."}, "contracts": []string{"rossi"}}
	if _, err := h.api(ctx, http.MethodPut, "/faults/via-roma", known); err != nil {
		return err
	}
	for path, body := range map[string]any{
		fmt.Sprintf("/tickets/%d/comment", first): map[string]string{"text": "The customer sees the red lamp of the second rack."},
		fmt.Sprintf("/tickets/%d/assign", second): map[string]string{"engineer": "anna"},
	} {
		if _, err := h.api(ctx, http.MethodPost, path, body); err != nil {
			return err
		}
	}
	for path, body := range map[string]any{
		"/agents/plant": map[string]any{"contract": "rossi", "installation": "hall", "line": "sip:hotline@" + h.sip, "checks": []map[string]any{
			{"id": "disk", "kind": "disk", "target": "/var"}, {"id": "erp", "kind": "http", "target": "http://127.0.0.1:9000/health", "title": "The ERP does not answer"},
		}},
		"/rotas/nights": map[string]any{"name": "Nights", "zone": "Europe/Rome", "serves": map[string]any{"contracts": []string{"rossi"}}, "layers": []map[string]any{
			{"name": "weeks", "level": 1, "rotation": "weekly", "start": "2026-01-05T09:00", "turns": []map[string]any{{"engineer": "anna"}, {"engineer": "marco"}}, "hours": []map[string]any{{"day": 1, "from": "18:00", "until": "32:00"}, {"day": 6, "from": "09:00", "until": "48:00"}}},
		}},
		"/escalation-policies/rossi": map[string]any{"name": "Rossi", "serves": map[string]any{"contracts": []string{"rossi"}}, "rounds": 2, "steps": []map[string]any{{"level": 1, "skip_talking": true}, {"engineers": []string{"anna", "marco"}, "at_once": true, "ring_seconds": 30}}},
		// it is paused: a picture sends nothing
		"/endpoints/crm": map[string]any{"template": "webhook", "paused": true, "values": map[string]string{"url": "https://crm.example.org/in"}, "secrets": map[string]string{"signing": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}},
	} {
		if _, err := h.api(ctx, http.MethodPut, path, body); err != nil {
			return err
		}
	}
	if err := h.machines(ctx); err != nil {
		return err
	}
	return h.customers(ctx)
}

// screen is a size of window.
type screen struct {
	name          string
	width, height int64
	scale         float64
	mobile        bool
}

// browse starts a browser at the login page; end ends it.
func (h *house) browse(ctx context.Context) (browser context.Context, end func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))
	ctx, endAllocator := chromedp.NewExecAllocator(ctx, options...)
	ctx, endBrowser := chromedp.NewContext(ctx)
	end = func() { endBrowser(); endAllocator() }
	if err := chromedp.Do(ctx, chromedp.Navigate(h.site+"/login")); err != nil {
		end()
		return nil, nil, fmt.Errorf("starting chromium: %w", err)
	}
	return ctx, end, nil
}

func screens() []screen {
	return []screen{{"desktop", 1280, 900, 1, false}, {"phone", 390, 844, 2, true}}
}

// photograph writes a picture of every page.
func (h *house) photograph(ctx context.Context, dir string) error {
	ctx, end, err := h.browse(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, lang := range []string{"en", "it"} {
		for _, theme := range []string{"light", "dark"} {
			for _, s := range screens() {
				if err := look(ctx, lang, theme, s); err != nil {
					return err
				}
				err := h.tour(ctx, func(name string) error {
					picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					if err != nil {
						return err
					}
					return os.WriteFile(filepath.Join(dir, name+"-"+lang+"-"+theme+"-"+s.name+".png"), picture, 0o644)
				})
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// look makes the browser one of somebody with this language, theme and screen.
func look(ctx context.Context, lang, theme string, s screen) error {
	_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: s.width, Height: s.height, DeviceScaleFactor: s.scale, Mobile: s.mobile})
	if err == nil {
		_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
	}
	return err
}

// imagesCome waits until every picture of a page is there, also one below the window.
const imagesCome = `Promise.all([...document.images].map((i) => { i.loading = "eager"; return i.decode().catch(() => {}); })).then(() => true)`

// tour goes to every page, and has each looked at.
func (h *house) tour(ctx context.Context, look func(name string) error) error {
	take := func(name, path string) error {
		if h.only != nil && !slices.Contains(h.only, name) && name != "login" { // one must log in
			return nil
		}
		if err := chromedp.Do(ctx, chromedp.Navigate(h.site+path), chromedp.WaitReady("main")); err != nil {
			return fmt.Errorf("the page %s: %w", name, err)
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](imagesCome, chromedp.EvalAwaitPromise)); err != nil {
			return fmt.Errorf("the pictures of the page %s: %w", name, err)
		}
		if err := look(name); err != nil {
			return fmt.Errorf("looking at %s: %w", name, err)
		}
		return nil
	}
	if err := take("login", "/"); err != nil {
		return err
	}
	err := chromedp.Do(ctx, chromedp.SendKeys(`input[name=name]`, "demo"), chromedp.SendKeys(`input[name=password]`, "demo-password\r"), chromedp.WaitReady("#board"))
	if err != nil {
		return fmt.Errorf("logging in: %w", err)
	}
	ticket, err := h.link(ctx, "/?q=rossi&category=blocking", ".ticket .link")
	if err != nil {
		return err
	}
	call, err := h.link(ctx, "/calls", "#calls tbody a")
	if err != nil {
		return err
	}
	for _, p := range []struct{ name, path string }{
		{"board", "/"}, {"ticket", ticket}, {"preview", ticket + "?category=non_blocking"}, {"calls", "/calls"}, {"call", call}, {"oncall", "/oncall"}, {"month", "/oncall/month"}, {"changes", "/oncall/changes"}, {"readiness", "/oncall/readiness"}, {"load", "/oncall/load"},
		{"users", "/users"}, {"tokens", "/tokens"}, {"flow", "/flow"}, {"prompts", "/prompts"}, {"prompt", "/prompts/it/welcome"}, {"pack", "/prompts/it/pack"}, {"second", "/second"}, {"start", "/start"}, {"wall", "/?wall=1"}, {"outgoing", "/outgoing"}, {"browsers", "/browsers"}, {"audit", "/audit"}, {"mails", "/mails"}, {"letters", "/letters"}, {"agents", "/agents"}, {"nothing", "/nothing"},
		{"customers", "/customers"}, {"customer", "/customers/rossi"}, {"spoken", "/customers/rossi/spoken"}, {"names", "/spoken"}, {"faults", "/faults"}, {"fault", "/faults/via-roma"}, {"fault-new", "/faults/new"}, {"engineer-name", "/engineers/anna/spoken"},
		{"customer-new", "/customers/new"}, {"customer-edit", "/customers/rossi/edit"}, {"contract-new", "/customers/rossi/contracts/new"}, {"contract", "/contracts/rossi"},
		{"engineers", "/engineers"}, {"engineer-new", "/engineers/new"}, {"engineer", "/engineers/anna"}, {"shifts", "/oncall/shifts"},
		{"rotas", "/rotas"}, {"rota-new", "/rotas/new"}, {"rota", "/rotas/nights"}, {"policies", "/policies?contract=rossi&at=2026-11-20T10:00"}, {"policy-new", "/policies/new"}, {"policy", "/policies/rossi"}, {"contact", "/engineers/anna/contact"}, {"engineer-pin", "/engineers/anna/pin"}, {"engineer-remove", "/engineers/anna/remove"},
		{"hours", "/calendars/office/hours"}, {"alerts", "/alerts"}, {"alerts-try", "/alerts/try"}, {"alert-policy-new", "/alerts/policies/new"}, {"alert-policy", "/alerts/policies/default"}, {"mapping-new", "/alerts/mappings/new"}, {"mapping", "/alerts/mappings/pumps"},
		{"window-new", "/alerts/windows/new"}, {"window", "/alerts/windows/switch"}, {"heartbeats", "/heartbeats"}, {"heartbeat-new", "/heartbeats/new"}, {"heartbeat", "/heartbeats/backup"}, {"endpoint-which", "/outgoing/new"}, {"endpoint-new", "/outgoing/new?template=ntfy"}, {"endpoint-own", "/outgoing/new?template=own"},
		{"endpoint", "/outgoing/crm"}, {"agent-new", "/agents/new"}, {"agent", "/agents/plant"}, {"installations", "/installations"}, {"installation-new", "/installations/new"}, {"installation", "/installations/hall"}, {"releases", "/releases"}, {"product-new", "/releases/new"}, {"product", "/releases/pbx"}, {"product-edit", "/releases/pbx/edit"},
		{"reports", "/reports"}, {"sheet", "/customers/rossi/report"}, {"imports", "/imports"}, {"calendars", "/calendars?level=professional&category=blocking&at=2026-11-20T17:00"}, {"year", "/calendars/office"}, {"level", "/levels/professional"}, {"password", "/password"},
	} {
		if err := take(p.name, p.path); err != nil {
			return err
		}
	}
	if err := h.complained(ctx, look); err != nil {
		return err
	}
	if h.only != nil && !slices.ContainsFunc(h.only, func(name string) bool { return strings.HasPrefix(name, "portal") }) {
		return nil
	}
	return h.portal(ctx, take)
}

// link is where the first link of a page leads that a selector finds.
func (h *house) link(ctx context.Context, path, css string) (string, error) {
	if err := chromedp.Do(ctx, chromedp.Navigate(h.site+path)); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	a, err := chromedp.Run(ctx, chromedp.AttributeValue(css, "href"))
	if err != nil {
		return "", fmt.Errorf("looking for %s at %s: %w", css, path, err)
	}
	return a.Value, nil
}
