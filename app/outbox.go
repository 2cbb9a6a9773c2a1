package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"time"

	"hotline/admin/bridged"
	"hotline/admin/metrics"
	"hotline/bridge"
	"hotline/bridge/states"
	"hotline/bridge/zammad"
	"hotline/config"
	"hotline/mail/parse"
	"hotline/notify"
	"hotline/outbox"
	"hotline/outbox/push"
	"hotline/outbox/send"
	"hotline/prompts/written"
	"hotline/secretfile"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/wallclock"
)

// openOutbox opens what tells other systems of tickets. The desk asks it from its first change on.
func (a *App) openOutbox() error {
	sender, err := a.sender()
	if err != nil {
		return err
	}
	a.machines.outbox = outbox.New(outbox.Config{
		Store: a.db.Store, Desk: later{a}, Sender: toEndpoint{a, sender}, Counted: a.countOutgoing, Log: a.log,
		Written: func(t tickets.Ticket, e tickets.Event) (summary, text string) {
			t.Caller = a.plan.Shown(t.Caller)
			letter := notify.Update(t, e, written.In(a.disk.settings.Language()))
			return letter.Subject, letter.Text
		},
	})
	return nil
}

// sender brings messages to other systems and to browsers.
func (a *App) sender() (outbox.Sender, error) {
	if a.cfg.Virtual != nil {
		return a.cfg.Virtual.Sender, nil
	}
	var private []netip.Prefix
	for _, n := range a.cfg.Config.Outbox.Private {
		private = append(private, n.Prefix)
	}
	over := send.New(private)
	a.undo.add("the connections to other systems", func(context.Context) error { over.Close(); return nil })
	c := a.cfg.Config.Outbox.Push
	if c.Contact == "" {
		return over, nil
	}
	key, err := push.ReadKey(PushKeyFile(a.cfg.Config))
	if err != nil {
		return nil, err
	}
	a.machines.push.Key, a.machines.push.Clear = key.Public(), len(private) > 0
	return push.New(push.Config{Key: key, Contact: c.Subject(), Names: c.Names, Do: over.Do, Uses: a.usesPages, Other: over}), nil
}

// usesPages tells whether somebody may still be told of tickets by a browser.
func (a *App) usesPages(ctx context.Context, name string) (bool, error) {
	u, err := a.db.Store.User(ctx, name)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil && !u.Disabled && u.Role != users.Viewer, err
}

// later is the desk, which is made after the outbox that it asks.
type later struct{ *App }

// Ticket reads a ticket.
func (l later) Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error) {
	return l.desk.Ticket(ctx, n)
}

// History reads a ticket's history.
func (l later) History(ctx context.Context, n tickets.Number) ([]tickets.Event, error) {
	return l.desk.History(ctx, n)
}

// countOutgoing counts a try to tell another system.
func (a *App) countOutgoing(o outbox.Outcome) {
	a.metrics.Told(map[outbox.Outcome]metrics.Delivery{outbox.Delivered: metrics.Sent, outbox.Deferred: metrics.Deferred, outbox.DeadLetter: metrics.Undelivered}[o])
}

// openBridge opens the bridge with another ticket system, where the configuration names one.
func (a *App) openBridge(context.Context) error {
	c := a.cfg.Config.Bridge
	if c.URL == "" {
		return nil
	}
	token, err := secretfile.Word(c.TokenFile)
	if err != nil {
		return fmt.Errorf("reading the token of Zammad (bridge.token_file): %w", err)
	}
	var by http.RoundTripper
	if a.cfg.Virtual != nil {
		by = a.cfg.Virtual.Zammad
	}
	client, err := zammad.New(zammad.Config{URL: c.URL, Token: token, Transport: by})
	if err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	a.undo.add("the connections to Zammad", func(context.Context) error { client.Close(); return nil })
	a.machines.bridge = bridge.New(bridge.Config{
		Rules: bridgeRules(c, a.languageText), Client: client, Store: a.db.Store, Facts: a.db.Store, Desk: a.desk, Numbers: a.disk.numbers, File: a.bridgedFile,
		Text: parse.Text, Every: c.Poll, Patient: c.AlarmAfter, Alarm: a.alarm, Log: a.log,
	})
	if c.WebhookFile == "" {
		return nil
	}
	secret, err := secretfile.Word(c.WebhookFile)
	if err != nil {
		return fmt.Errorf("reading the secret of Zammad's webhooks (bridge.webhook_secret_file): %w", err)
	}
	a.hook = a.machines.bridge.Hook([]byte(secret), time.Now)
	return nil
}

// bridgeRules are the rules of the configuration over those for a Zammad as it ships.
func bridgeRules(c config.Bridge, language func() string) bridge.Rules {
	r := bridge.Rules{
		Name: c.Name, Group: c.Group, Customer: c.Customer, Born: c.OpenHere, Owners: c.Owners, Heard: states.Heard(), Said: states.Said(), Priorities: states.Priorities(),
		Files: bridge.Files(c.Files), Site: c.Site, Language: language,
	}
	maps.Copy(r.Heard, c.States)
	maps.Copy(r.Said, c.Shown)
	maps.Copy(r.Priorities, c.Priorities)
	return r
}

// bridgedFile reads a file of a ticket whole: attachments are bounded.
func (a *App) bridgedFile(ctx context.Context, id string) (bridge.File, error) {
	about, content, err := a.files().Open(ctx, id)
	if err != nil {
		return bridge.File{}, err
	}
	data, err := io.ReadAll(content)
	return bridge.File{Name: about.Name, Type: about.Type, Data: data}, err
}

// bridgeForAPI is the bridge; nil where there is none.
func (a *App) bridgeForAPI() bridged.Bridge {
	if a.machines.bridge != nil { // no interface that holds a nil
		return a.machines.bridge
	}
	return nil
}

// toEndpoint sends a message by the bridge, or by whatever sends the others.
type toEndpoint struct {
	*App
	others outbox.Sender
}

// Send sends one message.
func (t toEndpoint) Send(ctx context.Context, e outbox.Endpoint, m outbox.Message) error {
	switch {
	case e.Template != bridge.Template:
		return t.others.Send(ctx, e, m)
	case t.machines.bridge == nil:
		return &outbox.Failure{Why: "the configuration of this node has no bridge"}
	}
	return t.machines.bridge.Send(ctx, e, m)
}

// runBridge reads what happens in the other ticket system. Whether the outbox sends there is set first.
func (a *App) runBridge(ctx context.Context) {
	for a.offline.Waits() || !a.establish(ctx) {
		if !wallclock.Next(ctx, betweenTries) {
			return
		}
	}
	if a.machines.bridge != nil {
		a.machines.bridge.Run(ctx)
	}
}

// betweenTries is between two tries to write what must stand in the database.
const betweenTries = 10 * time.Second

// establish is true once the outbox knows whether there is a bridge.
func (a *App) establish(ctx context.Context) bool {
	if err := bridge.Establish(ctx, a.db.Store, a.machines.bridge != nil, time.Now()); err != nil {
		a.log.Warn("tickets do not follow in Zammad yet", "error", err)
		return false
	}
	a.machines.outbox.Edited(ctx)
	return true
}
