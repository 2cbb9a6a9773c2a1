package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/app/database"
	"hotline/bridge"
	"hotline/bridge/bridgetest"
	"hotline/bridge/states"
	"hotline/bridge/twins"
	"hotline/bridge/zammad"
	"hotline/directory"
	"hotline/outbox"
	"hotline/sla"
	"hotline/tickets"
)

// house is the program with a Zammad.
type house struct {
	*apptest.Program
	z     *bridgetest.Zammad
	store *dying
}

// dying is a store that takes nothing more of the bridge and the outbox once the process is dead.
type dying struct {
	database.Store
	dead atomic.Bool
}

var errDead = errors.New("the process is dead")

func (d *dying) PutTwin(ctx context.Context, t twins.Twin) (twins.Twin, error) {
	if d.dead.Load() {
		return t, errDead
	}
	return d.Store.PutTwin(ctx, t)
}

func (d *dying) PutMessage(ctx context.Context, m outbox.Message, tried int) error {
	if d.dead.Load() {
		return errDead
	}
	return d.Store.PutMessage(ctx, m, tried)
}

func (d *dying) PokeDone(ctx context.Context, p twins.Poke) error {
	if d.dead.Load() {
		return errDead
	}
	return d.Store.PokeDone(ctx, p)
}

func (d *dying) PokeLater(ctx context.Context, p twins.Poke, at time.Time, why string) error {
	if d.dead.Load() {
		return errDead
	}
	return d.Store.PokeLater(ctx, p, at, why)
}

// joined starts a program that is joined with a Zammad; the test is in a bubble.
func joined(t *testing.T, z *bridgetest.Zammad, name string, changes ...func(*app.Config)) *house {
	t.Helper()
	h := &house{z: z}
	dir := t.TempDir()
	for file, secret := range map[string]string{"token": bridgetest.Token, "secret": string(z.Secret)} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.Program = apptest.Start(t, append([]func(*app.Config){func(c *app.Config) {
		c.Virtual.Zammad = z
		h.store = &dying{Store: c.Virtual.Store}
		c.Virtual.Store = h.store
		b := &c.Config.Bridge
		b.URL, b.TokenFile, b.WebhookFile, b.Name, b.Group, b.Customer = "https://zammad.example", filepath.Join(dir, "token"), filepath.Join(dir, "secret"), name, "Support", "line@hotline.example"
		b.Owners = map[string]string{"anna": "emma@zammad.example"}
		b.OpenHere = []string{"Sales"}
	}}, changes...)...)
	t.Cleanup(func() { h.Stop() })
	h.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
	for range 10 { // at the very first start, the bridge is told of what happens once its endpoint stands
		h.Passes(time.Second)
		if _, err := h.Store.Endpoint(h.Context(), bridge.Endpoint); err == nil {
			return h
		}
	}
	t.Fatal("the endpoint of the bridge does not stand")
	return nil
}

// run runs a test with one program and one Zammad in a bubble.
func run(t *testing.T, test func(h *house), changes ...func(*app.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(joined(t, bridgetest.New(time.Now), "main", changes...)) })
}

// settles lets time pass, and webhooks arrive in their order.
func (h *house) settles() {
	h.Helper()
	for range 12 {
		h.Passes(10 * time.Second)
		h.deliver()
	}
}

func (h *house) deliver() {
	h.Helper()
	for _, body := range h.z.Webhooks(nil) {
		if code := h.z.Deliver(h.App.BridgeHook(), body); code != 200 {
			h.Errorf("a webhook is answered %d", code)
		}
	}
}

func (h *house) must(_ tickets.Ticket, err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// opens opens a ticket by a customer of the demo company.
func (h *house) opens(c sla.Category) tickets.Number {
	h.Helper()
	customer, err := h.Store.Customer(h.Context(), "rossi")
	if err != nil {
		h.Fatal(err)
	}
	t, err := h.Desk.Open(h.Context(), tickets.Draft{Claim: c, Channel: tickets.Web, Actor: "staff:carla", Language: "it", Text: "the press stands still", Identity: tickets.Identity{Customer: customer}}, time.Now())
	h.must(t, err)
	return t.Number
}

func (h *house) ticket(n tickets.Number) tickets.Ticket {
	h.Helper()
	t, err := h.Desk.Ticket(h.Context(), n)
	h.must(t, err)
	return t
}

// heard are the lines of a history that came from there: "kind actor text facts".
func (h *house) heard(n tickets.Number) (list []string) {
	h.Helper()
	lines, err := h.Desk.History(h.Context(), n)
	if err != nil {
		h.Fatal(err)
	}
	for _, e := range lines {
		if bridge.Foreign(e.Actor) {
			text := fmt.Sprint(e.Kind, " ", e.Actor, " ", e.Text)
			for _, name := range []string{bridge.FactState, bridge.FactUnknown, bridge.FactOwner, bridge.FactRefused, bridge.FactFiles} {
				if e.Facts[name] != "" {
					text += " " + name + "=" + e.Facts[name]
				}
			}
			list = append(list, text)
		}
	}
	return list
}

// ours are the articles that a hotline has written, without their markers.
func ours(t bridgetest.Ticket) (list []string) {
	for _, a := range t.Articles {
		if a.CreatedBy == bridgetest.BridgeUser {
			list = append(list, a.Subject[:strings.LastIndexByte(a.Subject, '[')-1])
		}
	}
	return list
}

func TestATicketOpensItsTwinAndIsFollowed(t *testing.T) {
	run(t, func(h *house) {
		n := h.opens(sla.Question)
		h.settles()
		h.must(h.Desk.Assign(h.Context(), n, "staff:carla", "anna", time.Now()))
		h.must(h.Desk.Comment(h.Context(), n, "staff:carla", "as <b>agreed</b>", time.Now()))
		h.must(h.Desk.WaitForCustomer(h.Context(), n, "staff:carla", "which press?", time.Now()))
		h.settles()
		all := h.z.All()
		if len(all) != 1 {
			t.Fatalf("%d tickets in Zammad", len(all))
		}
		twin := all[0]
		if twin.Group != "Support" || twin.State != "open" || twin.Priority != "1 low" || twin.Owner != "emma@zammad.example" || !slices.Equal(twin.Tags, []string{bridge.Tag("main", n)}) || !strings.Contains(twin.Title, fmt.Sprint("hotline ", n)) {
			t.Errorf("the twin: %+v", twin)
		}
		if got := ours(twin); len(got) != 4 {
			t.Errorf("the articles: %q", got)
		}
		for _, a := range twin.Articles {
			if !a.Internal || a.ContentType != "text/plain" || a.Type != "note" {
				t.Errorf("an article customers may see, or that is rendered: %+v", a)
			}
		}
		if body := twin.Articles[2].Body; !strings.Contains(body, "as <b>agreed</b>") || !strings.Contains(body, "staff:carla") {
			t.Errorf("a comment reads %q", body)
		}
		h.must(h.Desk.Resume(h.Context(), n, "staff:carla", "", time.Now()))
		h.must(h.Desk.Close(h.Context(), n, "staff:carla", "done", time.Now()))
		h.settles()
		if twin = h.z.All()[0]; twin.State != "closed" || len(twin.Articles) != 6 {
			t.Errorf("after it was closed: %s, %q", twin.State, ours(twin))
		}
		if heard := h.heard(n); heard != nil {
			t.Errorf("our own words came back: %q", heard)
		}
		link, ok, err := h.App.Bridge().Twin(h.Context(), n)
		if err != nil || !ok || link.Number != "22001" || link.URL != "https://zammad.example/#ticket/zoom/1" {
			t.Errorf("the link: %+v %v %v", link, ok, err)
		}
		if made := h.z.MadeUp(); !slices.Equal(made, []string{"guasti@rossi.example"}) {
			t.Errorf("customers in Zammad: %q", made)
		}
	})
}

func TestWhatHappensThereHappensHere(t *testing.T) {
	for name, c := range map[string]struct {
		there func(h *house, n tickets.Number)
		state tickets.State
		heard []string
	}{
		"a note of an agent": {func(h *house, _ tickets.Number) {
			h.z.Writes(1, zammad.Article{Body: "<p>look&nbsp;at <script>alert(1)</script>the <b>fuse</b></p>", ContentType: "text/html", Type: "note", Sender: "Agent", Internal: true, CreatedBy: "emma@zammad.example", Attachments: []zammad.Attachment{{ID: 1, Filename: "fuse.jpeg"}}})
		}, tickets.Open, []string{"commented zammad:emma@zammad.example look at the fuse bridge_files=fuse.jpeg"}},
		"words of the customer": {func(h *house, n tickets.Number) {
			h.must(h.Desk.WaitForCustomer(h.Context(), n, "staff:carla", "which?", time.Now()))
			h.settles()
			h.z.Writes(1, zammad.Article{Body: "the left one", ContentType: "text/plain", Type: "email", Sender: "Customer", From: "Guasti <guasti@rossi.example>", CreatedBy: "guasti@rossi.example"})
		}, tickets.Open, []string{"commented zammad:Guasti <guasti@rossi.example> the left one", "resumed zammad:Guasti <guasti@rossi.example> "}},
		"what Zammad says by itself": {func(h *house, _ tickets.Number) {
			h.z.Writes(1, zammad.Article{Body: "we have your mail", Type: "email", Sender: "System", CreatedBy: "-"})
		}, tickets.Open, nil},
		"an owner": {func(h *house, _ tickets.Number) { h.z.Does(1, zammad.Change{Owner: "emma@zammad.example"}) }, tickets.Assigned, []string{"assigned zammad:owner "}},
		"an owner whom nobody knows": {func(h *house, _ tickets.Number) { h.z.Does(1, zammad.Change{Owner: "jacob@zammad.example"}) }, tickets.Open,
			[]string{"commented zammad:state  bridge_owner=jacob@zammad.example"}},
		"closed": {func(h *house, _ tickets.Number) { h.z.Does(1, zammad.Change{State: "closed"}) }, tickets.Closed, []string{"closed zammad:state "}},
		"closed and opened": {func(h *house, _ tickets.Number) {
			h.z.Does(1, zammad.Change{State: "closed"})
			h.settles()
			h.z.Does(1, zammad.Change{State: "open"})
		}, tickets.Open, []string{"closed zammad:state ", "reopened zammad:state "}},
		"pending": {func(h *house, _ tickets.Number) { h.z.Does(1, zammad.Change{State: "pending reminder"}) }, tickets.Open,
			[]string{"commented zammad:state  bridge_state=pending reminder"}},
		"a state of their own": {func(h *house, _ tickets.Number) { h.z.Does(1, zammad.Change{State: "escalated to moon"}) }, tickets.Open,
			[]string{"commented zammad:state  bridge_unknown=escalated to moon"}},
		"a state that ours refuses": {func(h *house, n tickets.Number) {
			h.must(h.Desk.Restored(h.Context(), n, "staff:carla", time.Now()))
			h.settles()
			h.z.Does(1, zammad.Change{State: "waits"})
		}, tickets.Restored, []string{"commented zammad:state  bridge_state=waits bridge_refused=ticket 417 is restored and cannot become waiting"}},
		"a state that means work":    {func(h *house, _ tickets.Number) { h.z.Does(1, zammad.Change{State: "works"}) }, tickets.InProgress, []string{"intervention zammad:state "}},
		"a state that means nothing": {func(h *house, _ tickets.Number) { h.z.Does(1, zammad.Change{State: "new"}) }, tickets.Open, nil},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(h *house) {
				n := h.opens(sla.Question)
				h.settles()
				c.there(h, n)
				h.settles()
				if is := h.ticket(n).State; is != c.state {
					t.Errorf("here it is %s, want %s", is, c.state)
				}
				if heard := h.heard(n); !slices.Equal(heard, c.heard) {
					t.Errorf("its history has %q, want %q", heard, c.heard)
				}
				before := len(h.z.All()[0].Articles)
				h.settles()
				h.settles()
				if after := h.z.All()[0]; len(after.Articles) != before || len(ours(after)) > 2 {
					t.Errorf("what came from there went back: %q", ours(after))
				}
			}, func(c *app.Config) {
				c.Config.Bridge.States = map[string]states.Command{"waits": states.Wait, "works": states.Act}
			})
		})
	}
}

// TestWithoutWebhooksThePollFindsIt: every webhook is lost.
func TestWithoutWebhooksThePollFindsIt(t *testing.T) {
	run(t, func(h *house) {
		n := h.opens(sla.Question)
		h.Passes(2 * time.Minute)
		h.z.Writes(1, zammad.Article{Body: "the fuse", Type: "note", Sender: "Agent", CreatedBy: "emma@zammad.example"})
		id := h.z.Opens("Sales", "guasti@rossi.example", "a new press", zammad.Article{Body: "what does it cost?", Type: "email", Sender: "Customer", From: "guasti@rossi.example"})
		h.Passes(11 * time.Minute)
		if heard := h.heard(n); len(heard) != 1 {
			t.Errorf("its history has %q", heard)
		}
		if twin, err := h.Store.TwinOf(h.Context(), id); err != nil || h.ticket(twin.Ticket).Customer != "rossi" {
			t.Errorf("the new ticket: %+v %v", twin, err)
		}
	})
}

func TestTicketsThatAreBornThere(t *testing.T) {
	customers := zammad.Article{Body: "what does it cost?", Type: "email", Sender: "Customer", From: "guasti@rossi.example"}
	for name, c := range map[string]struct {
		group, customer, state string
		article                zammad.Article
		opened                 bool
	}{
		"of a customer":                   {"Sales", "Guasti@rossi.example", "open", customers, true},
		"of somebody else":                {"Sales", "a@stranger.example", "open", customers, false},
		"in another group":                {"Support", "guasti@rossi.example", "open", customers, false},
		"that is over":                    {"Sales", "guasti@rossi.example", "closed", customers, false},
		"of another hotline":              {"Sales", "guasti@rossi.example", "open", zammad.Article{Subject: "fault [hotline-other-7 l1 1]", Body: "fault", Type: "note", Sender: "Agent"}, true},
		"that went through too many":      {"Sales", "guasti@rossi.example", "open", zammad.Article{Subject: "fault [hotline-other-7 l1 3]", Body: "fault", Type: "note", Sender: "Agent"}, false},
		"that says it is ours":            {"Sales", "guasti@rossi.example", "open", zammad.Article{Subject: "fault [hotline-main-7 l1 1]", Body: "fault", Type: "note", Sender: "Agent"}, false},
		"of a customer who knows us well": {"Sales", "guasti@rossi.example", "open", zammad.Article{Subject: "fault [hotline-main-7 l1 1]", Body: "fault", Type: "email", Sender: "Customer"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(h *house) {
				id := h.z.Opens(c.group, c.customer, "a new press", c.article)
				h.z.Does(id, zammad.Change{State: c.state})
				h.settles()
				found, err := h.Desk.List(h.Context(), tickets.Filter{})
				if err != nil || len(found.Items) > 1 || (len(found.Items) == 1) != c.opened {
					t.Fatalf("%d tickets here, %v", len(found.Items), err)
				}
				if !c.opened {
					return
				}
				n := found.Items[0].Number
				if is := h.ticket(n); is.Customer != "rossi" || is.Category() != "" || len(is.Clocks) != 0 {
					t.Errorf("here: %+v", is)
				}
				h.must(h.Desk.Comment(h.Context(), n, "staff:carla", "one million", time.Now()))
				h.settles()
				there := h.z.All()
				if len(there) != 1 || len(ours(there[0])) < 1 || len(there[0].Articles) != 2 {
					t.Errorf("there: %+v", there)
				}
				if hop := there[0].Articles[1].Subject; strings.HasSuffix(hop, " 2]") != strings.Contains(c.article.Subject, "other") {
					t.Errorf("the hop counter: %s", hop)
				}
			})
		})
	}
}
