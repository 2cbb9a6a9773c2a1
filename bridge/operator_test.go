package bridge_test

import (
	"bytes"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotline/alarm"
	"hotline/app"
	"hotline/attachments"
	"hotline/bridge"
	"hotline/bridge/bridgetest"
	"hotline/bridge/states"
	"hotline/bridge/zammad"
	"hotline/outbox"
	"hotline/sla"
	"hotline/storage"
)

// TestTheOperatorHearsOfABrokenBridge: once, in words, and everything follows when it works again.
func TestTheOperatorHearsOfABrokenBridge(t *testing.T) {
	run(t, func(h *house) {
		var down atomic.Bool
		down.Store(true)
		h.z.Breaks(func(string, string) bridgetest.Fault {
			if down.Load() {
				return bridgetest.Broken
			}
			return bridgetest.None
		})
		h.opens(sla.Question)
		h.Passes(10 * time.Minute)
		alarms := func() int { return strings.Count(h.Logged(), "kind="+string(alarm.Bridge)) }
		if trouble := h.App.Bridge().Trouble(); trouble.Since.IsZero() || !strings.Contains(trouble.Why, "502 Bad Gateway") || alarms() != 0 {
			t.Errorf("after ten minutes: %+v, %d alarms", trouble, alarms())
		}
		h.Passes(2 * time.Hour)
		if alarms() != 1 || !strings.Contains(h.Logged(), "tickets have not followed in Zammad since 2026-11-23T09:0") {
			t.Errorf("%d alarms: %s", alarms(), h.Logged())
		}
		down.Store(false)
		h.Passes(90 * time.Minute)
		if trouble := h.App.Bridge().Trouble(); !trouble.Since.IsZero() || len(h.z.All()) != 1 {
			t.Errorf("when it works again: %+v, %d tickets", trouble, len(h.z.All()))
		}
	})
}

// TestWhatZammadRefusesIsADeadLetter that can be sent again, and no trouble of the bridge.
func TestWhatZammadRefusesIsADeadLetter(t *testing.T) {
	run(t, func(h *house) {
		h.opens(sla.Question)
		h.Passes(time.Minute)
		dead, err := h.Store.Messages(h.Context(), outbox.Filter{State: outbox.Dead})
		if err != nil || len(dead) != 1 || dead[0].Endpoint != bridge.Endpoint || !strings.Contains(dead[0].Error, "No lookup value found for 'group'") {
			t.Fatalf("dead letters: %+v %v", dead, err)
		}
		if trouble := h.App.Bridge().Trouble(); !trouble.Since.IsZero() {
			t.Errorf("the bridge fails: %+v", trouble)
		}
		h.z.Adds("Nowhere")
		if n, err := h.App.Outbox().RetryAll(h.Context(), bridge.Endpoint, time.Now()); n != 1 || err != nil {
			t.Errorf("sent again: %d %v", n, err)
		}
		h.Passes(time.Minute)
		if all := h.z.All(); len(all) != 1 || len(all[0].Articles) != 1 {
			t.Errorf("in Zammad: %+v", all)
		}
	}, func(c *app.Config) { c.Config.Bridge.Group = "Nowhere" })
}

func TestTheTokenIsChecked(t *testing.T) {
	run(t, func(h *house) {
		h.Passes(10 * time.Second)
		if findings, err := h.App.Bridge().Check(h.Context()); err != nil || len(findings) != 0 {
			t.Errorf("all is well: %q %v", findings, err)
		}
		e, err := h.Store.Endpoint(h.Context(), bridge.Endpoint)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.App.Outbox().Try(h.Context(), e, time.Now()); err != nil {
			t.Errorf("a test message: %v", err)
		}
		h.z.Access["Sales"] = []string{"read", "create"}
		h.z.Priorities = h.z.Priorities[:2]
		h.z.States = append(slices.DeleteFunc(h.z.States, func(s string) bool { return s == "closed" }), "in progress")
		findings, err := h.App.Bridge().Check(h.Context())
		if want := []string{
			`the user hotline@zammad.example may not change in group "Sales": give it all of the group in Zammad`, `Zammad has no state "closed" that bridge.shown names`,
			`bridge.states does not say what the state "in progress" of Zammad does here`, `Zammad has no priority "3 high" that bridge.priorities names`,
		}; err != nil || !slices.Equal(findings, want) {
			t.Errorf("%q %v", findings, err)
		}
		if err := h.App.Outbox().Try(h.Context(), e, time.Now()); err == nil || !strings.Contains(err.Error(), "may not change") {
			t.Errorf("a test message: %v", err)
		}
	}, func(c *app.Config) {
		c.Config.Bridge.States = map[string]states.Command{"on the moon": states.Nothing}
	})
}

func TestWebhooksThatAreNotTaken(t *testing.T) {
	run(t, func(h *house) {
		body := []byte(`{"ticket":{"id":81}}`)
		for name, c := range map[string]struct {
			method, signature string
			body              []byte
			code              int
		}{
			"signed":          {"POST", zammad.Sign(h.z.Secret, body), body, 200},
			"by GET":          {"GET", "", nil, 405},
			"not signed":      {"POST", "", body, 401},
			"wrongly signed":  {"POST", zammad.Sign([]byte("other"), body), body, 401},
			"of nothing":      {"POST", zammad.Sign(h.z.Secret, []byte(`{}`)), []byte(`{}`), 400},
			"that is no JSON": {"POST", zammad.Sign(h.z.Secret, []byte(`<`)), []byte(`<`), 400},
			"that is large":   {"POST", zammad.Sign(h.z.Secret, body), make([]byte, 9<<20), 413},
		} {
			r := httptest.NewRequest(c.method, bridge.Path, bytes.NewReader(c.body))
			r.Header.Set(zammad.SignatureHeader, c.signature)
			w := httptest.NewRecorder()
			h.App.BridgeHook().ServeHTTP(w, r)
			if w.Code != c.code {
				t.Errorf("a webhook %s: %d, want %d", name, w.Code, c.code)
			}
		}
		h.Passes(time.Minute) // the ticket is not there, which is no trouble
		if trouble := h.App.Bridge().Trouble(); !trouble.Since.IsZero() {
			t.Errorf("%+v", trouble)
		}
		if _, err := h.Store.ClaimPoke(h.Context(), time.Now().Add(time.Hour), time.Now()); err == nil {
			t.Error("a ticket that is not there is asked for again and again")
		}
	})
}

func TestFilesGoByLinkOrWhole(t *testing.T) {
	for files, want := range map[string]string{"link": "", "file": "erp.log"} {
		run(t, func(h *house) {
			n := h.opens(sla.Question)
			if _, err := h.App.Files().Attach(h.Context(), h.Desk, attachments.Incoming{Ticket: n, Name: "erp.log", Type: "text/plain", Actor: "staff:carla"}, strings.NewReader("down"), time.Now()); err != nil {
				t.Fatal(err)
			}
			h.settles()
			all := h.z.All()
			if len(all) != 1 || len(all[0].Articles) != 2 {
				t.Fatalf("%+v", all)
			}
			a, got := all[0].Articles[1], ""
			for _, f := range a.Attachments {
				got += f.Filename
			}
			if link := strings.Contains(a.Body, "erp.log: https://staff.example/tickets/417#attachments"); got != want || link != (files == "link") {
				t.Errorf("%s: files %q, link %v", files, got, link)
			}
		}, func(c *app.Config) {
			c.Config.Bridge.Files, c.Config.Bridge.Site = files, "https://staff.example/"
		})
	}
}

// TestTheEndpointIsThatOfTheConfiguration: it goes with the bridge, and nothing is sent where a name is taken.
func TestTheEndpointIsThatOfTheConfiguration(t *testing.T) {
	run(t, func(h *house) {
		h.Passes(time.Minute)
		h.Stop()
		h.Config.Config.Bridge.URL = ""
		h.Restart()
		h.Passes(time.Minute)
		if _, err := h.Store.Endpoint(h.Context(), bridge.Endpoint); err == nil || !strings.Contains(err.Error(), storage.ErrNotFound.Error()) {
			t.Errorf("without a bridge: %v", err)
		}
		if _, err := h.Store.PutEndpoint(h.Context(), outbox.Endpoint{ID: bridge.Endpoint, Template: outbox.Webhook}); err != nil {
			t.Fatal(err)
		}
		if err := bridge.Establish(h.Context(), h.Store, false, time.Now()); err != nil {
			t.Errorf("a webhook of that name stays: %v", err)
		}
		if err := bridge.Establish(h.Context(), h.Store, true, time.Now()); err == nil || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("a webhook of that name: %v", err)
		}
	})
}

// TestAStartNeedsItsSecrets.
func TestAStartNeedsItsSecrets(t *testing.T) {
	for name, change := range map[string]func(c *app.Config){
		"bridge.token_file":          func(c *app.Config) { c.Config.Bridge.TokenFile = "/no/such/file" },
		"bridge.webhook_secret_file": func(c *app.Config) { c.Config.Bridge.WebhookFile = "/no/such/file" },
		"use https":                  func(c *app.Config) { c.Config.Bridge.URL = "http://zammad.example" },
	} {
		run(t, func(h *house) {
			h.Stop()
			good := h.Config.Config.Bridge
			change(&h.Config)
			a, err := app.New(h.Config)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Start(h.Context()); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
			h.Config.Config.Bridge = good
			h.Restart()
		})
	}
}
