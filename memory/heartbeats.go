package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/agent/receiver"
	"hotline/heartbeat"
	"hotline/storage"
)

// heartbeatTables are heartbeats, how they stand, and when nodes listened.
type heartbeatTables struct {
	heartbeats map[string]heartbeat.Heartbeat
	beats      map[string]heartbeat.Beat
	listening  map[string]map[time.Time]time.Time // process, beginning, end
}

func newHeartbeats() heartbeatTables {
	return heartbeatTables{heartbeats: map[string]heartbeat.Heartbeat{}, beats: map[string]heartbeat.Beat{}, listening: map[string]map[time.Time]time.Time{}}
}

// Heartbeat reads one heartbeat.
func (s *Store) Heartbeat(_ context.Context, id string) (heartbeat.Heartbeat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.heartbeats, id, "heartbeat", itself)
}

// Heartbeats lists them by id.
func (s *Store) Heartbeats(context.Context) ([]heartbeat.Heartbeat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.heartbeats, func(a, b heartbeat.Heartbeat) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutHeartbeat writes a whole heartbeat.
func (s *Store) PutHeartbeat(ctx context.Context, h heartbeat.Heartbeat) (heartbeat.Heartbeat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return put(ctx, s, s.heartbeats, document{"heartbeat", h.ID}, h, func(h *heartbeat.Heartbeat) *int { return &h.Version })
}

// DeleteHeartbeat removes a heartbeat, with how it stands.
func (s *Store) DeleteHeartbeat(ctx context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := remove(ctx, s, s.heartbeats, document{"heartbeat", id}, version, s.heartbeats[id].Version); err != nil {
		return err
	}
	delete(s.beats, id)
	return nil
}

// Beat reads how a heartbeat stands.
func (s *Store) Beat(_ context.Context, id string) (heartbeat.Beat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.beats[id].Clone()
	b.ID = id
	return b, nil
}

// Beats reads how each stands.
func (s *Store) Beats(context.Context) ([]heartbeat.Beat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copies(s.beats, func(a, b heartbeat.Beat) int { return cmp.Compare(a.ID, b.ID) }, heartbeat.Beat.Clone), nil
}

// BeatOf finds the one of a key.
func (s *Store) BeatOf(_ context.Context, key [32]byte) (heartbeat.Beat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.beats {
		if b.KeyHash == key {
			return b.Clone(), nil
		}
	}
	return heartbeat.Beat{}, fmt.Errorf("the heartbeat of a key: %w", storage.ErrNotFound)
}

// PutBeat writes how a heartbeat stands.
func (s *Store) PutBeat(ctx context.Context, b heartbeat.Beat) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.beats[b.ID].Version != b.Version {
		return fmt.Errorf("how heartbeat %s stands: %w", b.ID, storage.ErrConflict)
	}
	b = b.Clone()
	b.Version++
	s.beats[b.ID] = b
	s.note(ctx, b.Audited())
	return nil
}

// DueBeats are those that are to be looked at.
func (s *Store) DueBeats(_ context.Context, now time.Time, limit int) (ids []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range sorted(s.beats, func(a, b heartbeat.Beat) int { return a.Due.Compare(b.Due) }) {
		if dueBy(b.Due, now) && len(ids) < limit {
			ids = append(ids, b.ID)
		}
	}
	return ids, nil
}

// Listened notes when a process listened.
func (s *Store) Listened(_ context.Context, process string, g heartbeat.Gap, forget time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listening[process] == nil {
		s.listening[process] = map[time.Time]time.Time{}
	}
	s.listening[process][g.From] = g.Until
	for _, spans := range s.listening {
		maps.DeleteFunc(spans, func(_, until time.Time) bool { return until.Before(forget) })
	}
	return nil
}

// Listening are the spans in which processes listened.
func (s *Store) Listening(context.Context) (list []heartbeat.Gap, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, spans := range s.listening {
		for from, until := range spans {
			list = append(list, heartbeat.Gap{From: from, Until: until})
		}
	}
	slices.SortFunc(list, func(a, b heartbeat.Gap) int { return a.From.Compare(b.From) })
	return list, nil
}

var _ heartbeat.Store = (*Store)(nil)

// agentTables are the agents at installations, and how they stand.
type agentTables struct {
	agents      map[string]receiver.Agent
	agentStates map[string]receiver.State
}

func newAgents() agentTables {
	return agentTables{agents: map[string]receiver.Agent{}, agentStates: map[string]receiver.State{}}
}

// detached shares no check with an agent.
func detached(a receiver.Agent) receiver.Agent {
	a.Configuration.Checks = slices.Clone(a.Configuration.Checks)
	return a
}

// Agent reads the agent of an installation.
func (s *Store) Agent(_ context.Context, id string) (receiver.Agent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.agents, id, "agent", detached)
}

// Agents lists them by id.
func (s *Store) Agents(context.Context) ([]receiver.Agent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copies(s.agents, func(a, b receiver.Agent) int { return cmp.Compare(a.ID, b.ID) }, detached), nil
}

// PutAgent writes a whole agent.
func (s *Store) PutAgent(ctx context.Context, a receiver.Agent) (receiver.Agent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return put(ctx, s, s.agents, document{"agent", a.ID}, detached(a), func(a *receiver.Agent) *int { return &a.Version })
}

// DeleteAgent removes an agent, with how it stands. No token that it was given is known again.
func (s *Store) DeleteAgent(ctx context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := remove(ctx, s, s.agents, document{"agent", id}, version, s.agents[id].Version); err != nil {
		return err
	}
	if stands, ok := s.agentStates[id]; ok {
		s.agentStates[id] = receiver.State{ID: id, Generation: stands.Generation + 1, Version: stands.Version + 1}
	}
	return nil
}

// AgentState reads how an agent stands.
func (s *Store) AgentState(_ context.Context, id string) (receiver.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, ok := s.agentStates[id]
	if !ok {
		return receiver.State{ID: id}, nil
	}
	return state.Clone(), nil
}

// AgentStates reads how each stands.
func (s *Store) AgentStates(context.Context) ([]receiver.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copies(s.agentStates, func(a, b receiver.State) int { return cmp.Compare(a.ID, b.ID) }, receiver.State.Clone), nil
}

// PutAgentState writes how an agent stands.
func (s *Store) PutAgentState(_ context.Context, a receiver.State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.agentStates[a.ID].Version != a.Version {
		return fmt.Errorf("how agent %s stands: %w", a.ID, storage.ErrConflict)
	}
	a = a.Clone()
	a.Version++
	s.agentStates[a.ID] = a
	return nil
}

var _ receiver.Store = (*Store)(nil)
