package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"hotline/outbox/push/pushtest"
)

// pushService is what the maker of a browser runs: it takes messages, and says at some time that it does not know the browser any more.
type pushService struct {
	mu     sync.Mutex
	gone   bool
	bodies [][]byte
}

func (s *pushService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.gone:
		w.WriteHeader(http.StatusGone)
	case err != nil || r.Header.Get("TTL") == "" || r.Header.Get("Content-Encoding") != "aes128gcm" || !strings.HasPrefix(r.Header.Get("Authorization"), "vapid t="):
		w.WriteHeader(http.StatusBadRequest)
	default:
		s.bodies = append(s.bodies, body)
		w.WriteHeader(http.StatusCreated)
	}
}

func (s *pushService) taken() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies
}

// subscribing stands in the place of the part of a browser that asks its maker for an address.
const subscribing = `(() => {
  const made = (key) => ({ endpoint: %q, options: { applicationServerKey: key }, toJSON: () => ({ endpoint: %[1]q, keys: { p256dh: %q, auth: %q } }) });
  PushManager.prototype.getSubscription = async () => localStorage.subscribed ? made(Uint8Array.from(JSON.parse(localStorage.subscribed)).buffer) : null;
  PushManager.prototype.subscribe = async (o) => {
    localStorage.subscribed = JSON.stringify([...o.applicationServerKey]);
    return made(o.applicationServerKey.buffer);
  };
})()`

// worker is the service worker of the pages in a browser.
type worker struct {
	ctx  context.Context
	page context.Context
	site string
	id   serviceworker.RegistrationID
}

// workerOf finds the worker of a browser with a page open.
func workerOf(ctx context.Context, t *testing.T, site string) worker {
	t.Helper()
	w, known := worker{page: ctx, site: site}, make(chan serviceworker.RegistrationID, 1)
	if err := chromedp.Listen(ctx, func(ev any) {
		e, ok := ev.(*serviceworker.EventWorkerRegistrationUpdated)
		if !ok {
			return
		}
		for _, r := range e.Registrations {
			if r.ScopeURL == site+"/static/" && len(known) == 0 {
				known <- r.RegistrationID
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, serviceworker.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 15*time.Second, "the browser knows the worker of the pages", func() error {
		all, err := chromedp.Targets(ctx)
		at := slices.IndexFunc(all, func(one *target.Info) bool { return one.URL == site+"/static/worker.js" })
		if err != nil || at < 0 || len(known) == 0 {
			return fmt.Errorf("%d targets, none of them the worker: %w", len(all), err)
		}
		var end context.CancelFunc
		w.ctx, end = chromedp.NewContext(ctx, chromedp.WithTargetID(all[at].TargetID))
		t.Cleanup(end)
		return nil
	})
	w.id = <-known
	return w
}

// answer is what a script of the worker or of a page comes to.
func answer(ctx context.Context, t *testing.T, script string) string {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return got
}

// shows hands the worker a message, as the browser does once it has decrypted it, and gives the notices that stand when the worker has shown it.
func (w worker) shows(t *testing.T, message string) string {
	t.Helper()
	answer(w.ctx, t, `self.shown = new Promise((done) => {
		self.registration.showNotification = (...all) => ServiceWorkerRegistration.prototype.showNotification.apply(self.registration, all).finally(() => done("shown"));
	}), ""`)
	if _, err := chromedp.Call(w.page, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: w.site, RegistrationID: w.id, Data: message}); err != nil {
		t.Fatal(err)
	}
	answer(w.ctx, t, `self.shown`)
	return answer(w.page, t, `navigator.serviceWorker.getRegistration("/static/").then((r) => r.getNotifications()).then((l) => l.map((n) => [n.title, n.body, n.data.url].join(" | ")).join("; "))`)
}

// pressed has the worker hear that its first notice was pressed, and gives which page it opens or goes to. Only a person's press lets a worker do
// that, so what it asks of the browser is taken down here.
func (w worker) pressed(t *testing.T) string {
	t.Helper()
	return answer(w.ctx, t, `(async () => {
		const asked = [], waits = [];
		self.clients.openWindow = async (address) => asked.push("opens " + address);
		WindowClient.prototype.focus = async function () { asked.push("goes to " + this.url); };
		const [notification] = await self.registration.getNotifications();
		const press = new NotificationEvent("notificationclick", { notification });
		press.waitUntil = (wait) => waits.push(wait);
		self.dispatchEvent(press);
		await Promise.all(waits);
		return asked.join("; ") + " of " + (await self.registration.getNotifications()).length;
	})()`)
}

// TestABrowserOfTheStaffIsTold: somebody has a browser told with one press, a customer's request comes to the push service encrypted, the
// browser alone reads it, its service worker stands, and a browser that the service does not know any more is taken off the list.
func TestABrowserOfTheStaffIsTold(t *testing.T) {
	t.Parallel()
	service := &pushService{}
	makers := httptest.NewServer(service)
	t.Cleanup(makers.Close)
	h := open(t, "--config", settingsFile(t, "outbox: {private: [127.0.0.0/8], push: {contact: support@example.org}}\n"))
	site, b := "http://"+h.http, pushtest.NewBrowser()
	ctx := browse(t)
	onEveryPage(ctx, t, fmt.Sprintf(subscribing, makers.URL+"/x", b.P256dh(), b.Auth()))
	if _, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: browser.PermissionSettingGranted, Origin: site,
	}); err != nil {
		t.Fatal(err)
	}
	does(ctx, t, "logging in", chromedp.Navigate(site+"/login?next=/browsers"), chromedp.SendKeys(chromedp.CSS("input[name=name]"), "demo"), chromedp.SendKeys(chromedp.CSS("input[name=password]"), "demo-password\r"),
		chromedp.WaitVisible(chromedp.CSS("#push button")))
	does(ctx, t, "having the browser told", chromedp.Click(chromedp.CSS("#push button")), chromedp.WaitVisible(chromedp.CSS("[data-browser]")))
	shows(ctx, t, 15*time.Second, "the list marks this browser", `!document.querySelector("[data-browser] .here").hidden`)
	shows(ctx, t, 15*time.Second, "its service worker stands", `(navigator.serviceWorker.getRegistration("/static/").then((r) => { globalThis.stands = r?.active?.state; }), globalThis.stands === "activated")`)

	if _, err := h.call(http.MethodPost, "/api/v1/tickets", map[string]any{"contract": "rossi", "claim": "blocking", "text": "the press stands still"}, nil); err != nil {
		t.Fatal(err)
	}
	var text []byte
	eventually(t, 30*time.Second, "the push service has a message", func() (err error) {
		if len(service.taken()) == 0 {
			return fmt.Errorf("nothing was sent")
		}
		text, err = b.Read(service.taken()[0])
		return err
	})
	if s := string(text); !strings.Contains(s, "blocking") || !strings.Contains(s, "extended") || strings.Contains(s, "Rossi") || strings.Contains(s, "press") {
		t.Errorf("the lock screen shows %s", s)
	}
	w := workerOf(ctx, t, site)
	if got, want := w.shows(t, string(text)), "Ticket 417: blocking anomaly | new request · extended | /tickets/417"; got != want {
		t.Errorf("the browser shows %q, want %q", got, want)
	}
	if got, want := w.pressed(t), "opens "+site+"/tickets/417 of 0"; got != want {
		t.Errorf("pressed, the notice %s, want %s", got, want)
	}
	does(ctx, t, "the ticket", chromedp.Navigate(site+"/tickets/417"), chromedp.WaitVisible(chromedp.CSS("h1")))
	w.shows(t, string(text))
	if got, want := w.pressed(t), "goes to "+site+"/tickets/417 of 0"; got != want {
		t.Errorf("pressed while the ticket is open, the notice %s, want %s", got, want)
	}
	does(ctx, t, "the list", chromedp.Navigate(site+"/browsers"), chromedp.WaitVisible(chromedp.CSS("[data-browser]")))
	service.mu.Lock()
	service.gone = true
	service.mu.Unlock()
	does(ctx, t, "sending a test", chromedp.Click(chromedp.CSS(`[data-browser] button[formaction$="/test"]`)), chromedp.WaitVisible(chromedp.CSS("section[role=status] .bad")))
	shows(ctx, t, 15*time.Second, "the browser is off the list", `document.querySelector("[data-browser]") === null`)
}
