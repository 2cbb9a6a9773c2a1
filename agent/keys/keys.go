// Package keys gives an agent its token together with the key of its heartbeat, for the API and for the staff's page; the former ones are
// unknown from then on. It removes an agent with all of that.
package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/agent/receiver"
	"hotline/heartbeat"
	"hotline/storage"
)

// Issuer gives tokens, and ends them. Without Receiver or Keeper it gives none. Safe for concurrent use.
type Issuer struct {
	Store      receiver.Store
	Receiver   *receiver.Receiver
	Heartbeats heartbeat.Store
	Keeper     *heartbeat.Keeper
}

// Pair is what an agent's own file holds. It is shown once, and kept nowhere.
type Pair struct {
	Token     string
	Heartbeat string // key of the heartbeat agent-ID
}

// ErrClosed is a program that answers no agents.
var ErrClosed = errors.New("no agents are answered here")

// Renew gives an agent a token, and the heartbeat agent-ID a key; the heartbeat is made where there is none. storage.ErrNotFound: there is no
// such agent.
func (k Issuer) Renew(ctx context.Context, id string, now time.Time) (Pair, error) {
	if k.Receiver == nil || k.Keeper == nil {
		return Pair{}, ErrClosed
	}
	a, err := k.Store.Agent(ctx, id)
	if err != nil {
		return Pair{}, err
	}
	beat := beatOf(a)
	_, err = k.Heartbeats.PutHeartbeat(ctx, beat)
	if err != nil && !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) { // one that staff have written stays as it is
		return Pair{}, err
	}
	key, err := k.Keeper.Rekey(ctx, beat.ID, now)
	if err != nil {
		return Pair{}, err
	}
	t, err := k.Receiver.Rekey(ctx, id)
	if err != nil {
		return Pair{}, err
	}
	return Pair{t.String(), key}, nil
}

// Remove removes an agent in a version of its document, ends what it reported, and removes its heartbeat: nobody expects it to beat. It
// fails with the errors of package storage.
func (k Issuer) Remove(ctx context.Context, id string, version int, now time.Time) error {
	a, err := k.Store.Agent(ctx, id)
	if err != nil {
		return err
	}
	if err := k.Store.DeleteAgent(ctx, id, version); err != nil {
		return err
	}
	if k.Receiver != nil {
		k.Receiver.Removed(ctx, a, now)
	}
	return k.silence(ctx, BeatID(id), now)
}

// silence removes the heartbeat of an agent that is no more.
func (k Issuer) silence(ctx context.Context, id string, now time.Time) error {
	h, err := k.Heartbeats.Heartbeat(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = k.Heartbeats.DeleteHeartbeat(ctx, id, h.Version)
	}
	if err != nil {
		return fmt.Errorf("the agent is removed, and its heartbeat %s is not: %w", id, err)
	}
	if k.Keeper != nil {
		k.Keeper.Removed(ctx, h, now)
	}
	return nil
}

// A heartbeat of an agent, as it is made: it beats every minute over the way that staff use, and may be four minutes late.
const (
	beatSeconds  = 60
	graceSeconds = 240
)

func beatOf(a receiver.Agent) heartbeat.Heartbeat {
	where := a.Installation
	if where == "" {
		where = a.ID
	}
	return heartbeat.Heartbeat{
		ID: BeatID(a.ID), Contract: a.Contract, Installation: a.Installation, Title: "nothing is heard of the agent of " + where, Severity: "warning",
		Rule: heartbeat.Rule{Period: beatSeconds, Grace: graceSeconds}, RemoteAccess: true,
	}
}

// BeatID is the heartbeat of an agent.
func BeatID(agent string) string { return "agent-" + agent[:min(len(agent), 57)] }
