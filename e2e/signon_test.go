package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hotline/users/oidc/oidctest"
)

// TestStaffLogInByAProviderInTheBrowser: a provider on another site lets somebody in whom nobody knows; the sentence on the login page says
// what an administrator has to do; it is done, and the next login leads to the page that was asked for. With the provider down the
// password still opens. It takes some seconds more than others, because only a real browser has cookies of several sites.
func TestStaffLogInByAProviderInTheBrowser(t *testing.T) {
	t.Parallel()
	provider := oidctest.StartOpen(t, time.Now)
	provider.LogsIn(oidctest.Person{Subject: "248289761001", Claims: map[string]any{"groups": []string{"it"}}})
	provider.Asks()
	dir := t.TempDir()
	secret, file := filepath.Join(dir, "oidc.secret"), filepath.Join(dir, "hotline.yaml")
	for name, text := range map[string]string{
		secret: oidctest.Secret + "\n",
		file: fmt.Sprintf("http:\n  oidc:\n    issuer: %s\n    name: Office account\n    client_id: %s\n    client_secret_file: %s\n    claim: groups\n    roles: {it: admin}\n",
			provider.URL, oidctest.ClientID, secret),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := open(t, "--config", file)
	ctx := browse(t)
	site := "http://" + h.http
	in := chromedp.CSS(`a[href^="/login/oidc"]`)
	does(ctx, t, "going to the provider", chromedp.Navigate(site+"/calls"), chromedp.Click(in), chromedp.WaitVisible(chromedp.CSS("#yes")))
	does(ctx, t, "being let in there", chromedp.Click(chromedp.CSS("#yes")), chromedp.WaitVisible(chromedp.CSS(".problem")))
	shows(ctx, t, 15*time.Second, "the login page says who has to do what", `document.querySelector(".problem").textContent.includes("248289761001")`)
	password := func(page string) {
		t.Helper()
		does(ctx, t, "logging in by password", chromedp.Navigate(site+page), chromedp.SendKeys(chromedp.CSS("input[name=name]"), "demo"),
			chromedp.SendKeys(chromedp.CSS("input[name=password]"), "demo-password\r"), chromedp.WaitVisible(chromedp.CSS("nav")))
	}
	password("/users")
	own := chromedp.CSS(`form[action="/users/demo/identity"] input[name=subject]`)
	does(ctx, t, "writing the identity", chromedp.SendKeys(own, "248289761001\r"), chromedp.WaitVisible(in))
	does(ctx, t, "logging in by the provider", chromedp.Navigate(site+"/calls"), chromedp.Click(in), chromedp.Click(chromedp.CSS("#yes")), chromedp.WaitVisible(chromedp.CSS("nav")))
	shows(ctx, t, 15*time.Second, "the page that was asked for, as who it is", `location.pathname === "/calls" && document.querySelector(".who").textContent.includes("demo")`)
	provider.Fails("*")
	does(ctx, t, "leaving", chromedp.Click(chromedp.CSS(`form[action="/logout"] button`)), chromedp.WaitVisible(in))
	provider.Close()
	password("/users")
}
