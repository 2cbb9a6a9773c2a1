// Package heartbeats is the API of heartbeats: what is expected of which job, how it stands, its key, and what a rule would mean before
// it is saved. Package admin, its one caller, mounts it. The addresses for which jobs ask are served by heartbeat/ping.
package heartbeats

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/heartbeat"
	"hotline/intake"
)

// Config is what the API needs. Everything is required but Keeper, without which no key is given.
type Config struct {
	Store    heartbeat.Store
	Keeper   *heartbeat.Keeper
	Contract func(id string) bool // tells whether there is one
	Now      func() time.Time

	set operation.Set // of Mount
}

// HeartbeatRule say when a beat is expected: how often, or by a schedule.
type HeartbeatRule struct {
	Period   int64  `json:"period_seconds,omitempty" minimum:"60" maximum:"2678400" doc:"A beat is expected so long after the last one"`
	Schedule string `json:"schedule,omitempty" maxLength:"100" doc:"Or by five fields of cron: minute, hour, day of the month, month, day of the week; also @hourly, @daily, @weekly, @monthly"`
	Zone     string `json:"zone,omitempty" maxLength:"60" doc:"In which the schedule is meant, such as Europe/Rome: that of the machine on which the job runs"`
	Grace    int64  `json:"grace_seconds" minimum:"0" maximum:"2678400" doc:"How late a beat may be"`
	Longest  int64  `json:"longest_run_seconds,omitempty" minimum:"0" maximum:"2678400" doc:"How long a run may take that said when it began; left out: as grace_seconds, a minute at least"`
}

// HeartbeatFields are what staff write of a heartbeat.
type HeartbeatFields struct {
	Contract     string `json:"contract" minLength:"1" maxLength:"100"`
	Installation string `json:"installation,omitempty" maxLength:"100" doc:"Left out: the contract's only one"`
	Title        string `json:"title" minLength:"1" maxLength:"200" doc:"Of its ticket, such as: the nightly backup"`
	Severity     string `json:"severity,omitempty" maxLength:"50" doc:"By which the contract's alert policy says the category of the ticket"`
	RemoteAccess bool   `json:"remote_access,omitempty" doc:"It beats over the way by which staff reach the installation: its ticket warns of that. What the contract says of remote access is never changed by it"`
	HeartbeatRule
}

// HeartbeatSignal is one thing that a job said.
type HeartbeatSignal struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind" enum:"success,start,fail,log"`
	Run  string    `json:"run,omitempty"`
	Code int       `json:"exit_code,omitempty"`
	Took float64   `json:"took_seconds,omitempty" doc:"Since the run began"`
	Text string    `json:"text,omitempty"`
}

// HeartbeatView is a heartbeat, and how it stands.
type HeartbeatView struct {
	ID string `json:"id"`
	HeartbeatFields
	Standing HeartbeatStanding `json:"standing"`
	Version  int               `json:"version"`
}

// HeartbeatStanding is how a heartbeat stands.
type HeartbeatStanding struct {
	State     string            `json:"state" enum:"new,up,late,running,down" doc:"new: it has not beaten yet, and nothing is expected"`
	HasKey    bool              `json:"has_key" doc:"false: POST /heartbeats/ID/key gives it one"`
	Last      *time.Time        `json:"last,omitempty" doc:"When it last beat well"`
	Expected  *time.Time        `json:"expected,omitempty" doc:"When the next beat is"`
	Words     string            `json:"words,omitempty" doc:"The same in words, in the zone of the schedule"`
	DownSince *time.Time        `json:"down_since,omitempty"`
	Why       string            `json:"why,omitempty" doc:"It is down"`
	Signals   []HeartbeatSignal `json:"signals" nullable:"false" doc:"The last ones, the newest first"`
}

// HeartbeatList is every heartbeat.
type HeartbeatList struct {
	Heartbeats []HeartbeatView `json:"heartbeats" nullable:"false"`
}

// HeartbeatKey is a key, shown once.
type HeartbeatKey struct {
	Key string `json:"key" doc:"The job asks for /ping/KEY after each run that went well; /start, /fail, /log or an exit code may follow. It is shown once: the store keeps its hash"`
}

// HeartbeatPreview is what a rule means.
type HeartbeatPreview struct {
	Next  []time.Time `json:"next" nullable:"false" doc:"The next five instants, for beats that come in time"`
	Words string      `json:"words" doc:"The first one in words"`
}

type (
	answer[T any]  struct{ Body T }
	heartbeatInput struct {
		document.Write
		Body struct {
			document.BodyVersion
			HeartbeatFields
		}
	}
	rekey struct {
		document.Keyed
		document.ByID
	}
)

// Mount adds the routes.
func Mount(set operation.Set, c Config) {
	c.set = set
	operation.Serve(set, set.Route(http.MethodGet, "/heartbeats", "list-heartbeats", "List heartbeats, and how they stand"), c.list)
	operation.Serve(set, set.Route(http.MethodGet, "/heartbeats/{id}", "get-heartbeat", "One heartbeat, and how it stands"), func(ctx context.Context, in *document.ByID) (*document.Versioned[HeartbeatView], error) {
		return c.tagged(ctx, in.ID)
	})
	operation.Serve(set, set.Route(http.MethodPut, "/heartbeats/{id}", "put-heartbeat", "Add or change a heartbeat; see before with /heartbeats/preview what its rule means"), c.put)
	operation.Serve(set, set.Route(http.MethodPost, "/heartbeats/{id}/key", "rekey-heartbeat", "Give a heartbeat a new key; the former one is unknown from then on"), func(ctx context.Context, in *rekey) (*answer[HeartbeatKey], error) {
		if c.Keeper == nil {
			return nil, errors.New("no heartbeats are kept here")
		}
		key, err := c.Keeper.Rekey(ctx, in.ID, c.Now())
		return &answer[HeartbeatKey]{HeartbeatKey{key}}, err
	})
	operation.Serve(set, set.Route(http.MethodPost, "/heartbeats/preview", "preview-heartbeat", "When beats would be expected, without saving anything"), c.preview)
	operation.Removes(set, set.Route(http.MethodDelete, "/heartbeats/{id}", "remove-heartbeat", "Remove a heartbeat, and end its problem"), "heartbeat", func(ctx context.Context, id string) (int, error) {
		h, err := c.Store.Heartbeat(ctx, id)
		return h.Version, err
	}, c.remove)
}

func (c Config) list(ctx context.Context, _ *struct{}) (*answer[HeartbeatList], error) {
	all, err := c.Store.Heartbeats(ctx)
	if err != nil {
		return nil, err
	}
	beats, err := c.Store.Beats(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string]heartbeat.Beat{}
	for _, b := range beats {
		of[b.ID] = b
	}
	list := HeartbeatList{[]HeartbeatView{}}
	for _, h := range all {
		list.Heartbeats = append(list.Heartbeats, c.view(h, of[h.ID]))
	}
	return &answer[HeartbeatList]{list}, nil
}

func (c Config) tagged(ctx context.Context, id string) (*document.Versioned[HeartbeatView], error) {
	h, err := c.Store.Heartbeat(ctx, id)
	if err != nil {
		return nil, err
	}
	b, err := c.Store.Beat(ctx, id)
	return document.Tagged(c.view(h, b), h.Version, err)
}

func (c Config) put(ctx context.Context, in *heartbeatInput) (*document.Versioned[HeartbeatView], error) {
	k := document.Kind[heartbeat.Heartbeat]{Read: c.Store.Heartbeat, Put: c.Store.PutHeartbeat, Version: func(h *heartbeat.Heartbeat) *int { return &h.Version }}
	var was heartbeat.Heartbeat
	_, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "heartbeat " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(_ context.Context, stands heartbeat.Heartbeat) (heartbeat.Heartbeat, error) {
		b := in.Body
		was = stands
		next := heartbeat.Heartbeat{ID: in.ID, Contract: b.Contract, Installation: b.Installation, Title: b.Title, Severity: b.Severity, Rule: b.rule(), RemoteAccess: b.RemoteAccess}
		if !c.Contract(b.Contract) {
			return next, problem.Refused("body.contract", "there is no contract "+b.Contract)
		}
		return next, meant(next.Rule, c.Now())
	})
	if err != nil {
		return nil, err
	}
	if c.Keeper != nil {
		if err := c.Keeper.Edited(ctx, in.ID, was, c.Now()); err != nil {
			return nil, err
		}
	}
	return c.tagged(ctx, in.ID)
}

func (c Config) preview(_ context.Context, in *struct{ Body HeartbeatRule }) (*answer[HeartbeatPreview], error) {
	r, now := in.Body.rule(), c.Now()
	if err := meant(r, now); err != nil {
		return nil, err
	}
	_, words, err := r.Expectation(now)
	if err != nil {
		return nil, err
	}
	p := HeartbeatPreview{Words: words, Next: []time.Time{}}
	for at := now; len(p.Next) < 5; {
		if at, err = r.Next(at); err != nil {
			break // a schedule of one year has no more
		}
		p.Next = append(p.Next, at)
	}
	return &answer[HeartbeatPreview]{p}, nil
}

func (c Config) remove(ctx context.Context, id string, version int) error {
	if c.Keeper == nil {
		return c.Store.DeleteHeartbeat(ctx, id, version)
	}
	return c.Keeper.Remove(ctx, id, version, c.Now())
}

// meant refuses a rule that cannot be right, by its field.
func meant(r heartbeat.Rule, now time.Time) error {
	err := r.Check(now)
	var wrong *heartbeat.WrongError
	if errors.As(err, &wrong) {
		return problem.Refused("body."+wrong.Field, wrong.Problem)
	}
	return err
}

func (f HeartbeatRule) rule() heartbeat.Rule {
	return heartbeat.Rule{Period: intake.Seconds(f.Period), Schedule: f.Schedule, Zone: f.Zone, Grace: intake.Seconds(f.Grace), Longest: intake.Seconds(f.Longest)}
}

func (c Config) view(h heartbeat.Heartbeat, b heartbeat.Beat) HeartbeatView {
	s := b.State
	v := HeartbeatStanding{
		State: b.Standing(c.Now()), HasKey: b.KeyHash != [32]byte{}, Last: some(s.Last), Expected: some(s.Expected), DownSince: some(s.DownSince),
		Why: s.Why, Signals: []HeartbeatSignal{},
	}
	if !s.Expected.IsZero() {
		v.Words = h.Rule.Words(s.Expected)
	}
	for _, x := range slices.Backward(s.Signals) {
		v.Signals = append(v.Signals, HeartbeatSignal{x.At, string(x.Kind), x.Run, x.Code, x.Took.Seconds(), x.Text})
	}
	rule := HeartbeatRule{int64(h.Rule.Period), h.Rule.Schedule, h.Rule.Zone, int64(h.Rule.Grace), int64(h.Rule.Longest)}
	return HeartbeatView{h.ID, HeartbeatFields{h.Contract, h.Installation, h.Title, h.Severity, h.RemoteAccess, rule}, v, h.Version}
}

// some is an instant, or nil for none.
func some(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
