package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"hotline/admin"
	"hotline/agent/protocol"
	"hotline/agent/receiver"
	"hotline/app/connections"
	"hotline/app/voices"
	"hotline/bridge"
	"hotline/callstore"
	"hotline/directory"
	"hotline/heartbeat/ping"
	"hotline/oncall/pins"
	"hotline/web/signon"
)

// openAPI serves the staff's API.
func (a *App) openAPI(ctx context.Context) error {
	var err error
	if a.customers, err = a.portal(ctx); err != nil {
		return err
	}
	if a.cfg.Virtual != nil {
		a.http = &net.TCPAddr{}
		return nil
	}
	provider, err := signOn(a.cfg.Config.HTTP.OIDC)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Config.HTTP.Listen.String())
	if err != nil {
		return fmt.Errorf("opening the API at %s: %w; free the port, or say another one with --http", a.cfg.Config.HTTP.Listen, err)
	}
	a.http = l.Addr()
	server := &http.Server{
		Handler: a.handler(ctx, provider), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 5 * time.Minute, IdleTimeout: 30 * time.Second,
		ConnState: connections.New().Change, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(a.dispatching.chains.Close) // or those who watch would keep it from ending
	a.running.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the API ended", "error", err)
		}
	})
	a.undo.add("the API", server.Shutdown)
	return nil
}

// handler is the API, and the pages of staff and customers beside it.
func (a *App) handler(ctx context.Context, provider signon.Provider) http.Handler {
	api, pages, pings := a.api(), a.pages(ctx, provider), ping.New(a.machines.heartbeats, time.Now, a.log)
	agents := receiver.NewHandler(a.machines.agents, time.Now)
	return callstore.ForStaff(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/metrics" {
			api.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/ping/") {
			pings.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, protocol.Prefix) {
			agents.ServeHTTP(w, r)
			return
		}
		if a.hook != nil && r.URL.Path == bridge.Path {
			a.hook.ServeHTTP(w, r)
			return
		}
		if a.customers != nil && ofPortal(r.URL.Path) {
			a.customers.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}))
}

// api is the staff's.
func (a *App) api() http.Handler {
	var spoken admin.Spoken // not one that holds a nil
	if names := a.voices.Names(); names != nil {
		spoken = names
	}
	return admin.New(admin.Config{
		Locale: admin.Locale{Language: a.disk.settings.Language, Plan: a.plan, Portal: a.cfg.Config.Portal.URL, Numbers: a.numbers()},
		Sounds: admin.Sounds{Spoken: spoken, Prompts: a.owner(), Busy: a.onTelephone, Recogniser: a.recogniserHealth()},
		Machines: admin.Machines{
			Intake: a.machines.intake, Heartbeats: a.machines.heartbeats, Outbox: a.machines.outbox,
			Agents: a.machines.agents, Lost: a.lostAlerts(), Bridge: a.bridgeForAPI(),
		},
		Desk: a.desk, Store: a.db.Store, Oncall: a.db.Store, Schedules: admin.Schedules{Store: a.db.Store, Defaults: a.escalation()}, PINs: a.issuer(), EngineerPINs: a.engineerPINs(),
		Kept:  admin.Kept{Recordings: a.openRecording, Files: a.files()},
		Flows: a.flows, Trunks: a.trunks, Telephone: a.dialler.Check, Tests: a.dispatching.dispatcher, Chains: a.dispatching.chains, Node: node(), Health: health{a}, Metrics: a.metrics, Log: a.log, Now: time.Now,
	})
}

// numbers are the telephone numbers of the line that its configuration knows: those that it shows, and those that choose a language.
func (a *App) numbers() (list []string) {
	add := func(number string) {
		if n := a.plan.E164(number); strings.HasPrefix(n, "+") && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	for _, t := range a.disk.settings.Trunks() {
		add(t.CallerNumber)
	}
	for _, number := range slices.Sorted(maps.Keys(a.cfg.Config.Languages)) {
		add(number)
	}
	return list
}

// trunks tells how the trunks are.
func (a *App) trunks() (all []admin.Trunk, certificateEnds time.Time) {
	numbers := map[string]string{}
	for _, t := range a.disk.settings.Trunks() {
		numbers[t.Name] = cmp.Or(t.CallerNumber, t.User)
	}
	return lineStatus{a.switchboard}.trunks(numbers)
}

// owner is the prompts that the owner has replaced.
func (a *App) owner() voices.Owner { return voices.Owner{Voices: a.voices, Store: a.db.Store} }

// engineerPINs gives engineers theirs.
func (a *App) engineerPINs() pins.Issuer {
	return pins.Issuer{Store: a.db.Store, Key: a.disk.pinKey, Random: randomness{}}
}

// issuer gives contracts their PINs.
func (a *App) issuer() directory.Issuer {
	return directory.Issuer{Store: a.db.Store, PINKey: a.disk.pinKey, Random: randomness{}, Contracts: func() int { return a.desk.Book().Contracts.Len() }}
}

// node is how the API calls this process among those on one database.
func node() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// health tells what works.
type health struct{ *App }

// Store asks the database.
func (h health) Store(ctx context.Context) error { return h.db.Ping(ctx) }

// Line tells whether the sockets are open.
func (h health) Line(context.Context) error {
	if len(h.switchboard.Agent().Addresses()) == 0 {
		return errors.New("the line has no open socket")
	}
	return nil
}

// Disk writes a file and removes it.
func (h health) Disk(context.Context) error { return h.disk.dir.Writable() }

// randomness is the system's.
type randomness struct{}

func (randomness) Read(b []byte) (int, error) { return rand.Read(b) }
