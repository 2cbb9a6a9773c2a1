package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
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
	service.mu.Lock()
	service.gone = true
	service.mu.Unlock()
	does(ctx, t, "sending a test", chromedp.Click(chromedp.CSS(`[data-browser] button[formaction$="/test"]`)), chromedp.WaitVisible(chromedp.CSS("section[role=status] .bad")))
	shows(ctx, t, 15*time.Second, "the browser is off the list", `document.querySelector("[data-browser]") === null`)
}
