package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/agent/receiver"
	"hotline/heartbeat"
	"hotline/storage"
	"hotline/storage/stored"
)

const (
	heartbeats kind = "heartbeat"
	agents     kind = "agent"
)

const (
	beatColumns     = `id, key, due, version, state`
	selectBeat      = `select ` + beatColumns + ` from beats where id = $1`
	selectBeats     = `select ` + beatColumns + ` from beats order by id collate "C"`
	selectBeatOf    = `select ` + beatColumns + ` from beats where key = $1`
	insertBeat      = `insert into beats (id, key, due, state, version) values ($1, $2, $3, $4, 1) on conflict (id) do nothing`
	updateBeat      = `update beats set key = $2, due = $3, state = $4, version = version + 1 where id = $1 and version = $5`
	deleteBeat      = `delete from beats where id = $1`
	dueBeats        = `select id from beats where due <= $1 order by due limit $2`
	putListened     = `insert into listening (process, began, until) values ($1, $2, $3) on conflict (process, began) do update set until = $3`
	forgetListened  = `delete from listening where until < $1`
	selectListening = `select began, until from listening order by began`
)

// Heartbeat reads one heartbeat.
func (s *Store) Heartbeat(ctx context.Context, id string) (heartbeat.Heartbeat, error) {
	return document[stored.Heartbeat](ctx, s, heartbeats, id)
}

// Heartbeats lists them by id.
func (s *Store) Heartbeats(ctx context.Context) ([]heartbeat.Heartbeat, error) {
	return documents[stored.Heartbeat](ctx, s, heartbeats)
}

// PutHeartbeat writes a whole heartbeat.
func (s *Store) PutHeartbeat(ctx context.Context, h heartbeat.Heartbeat) (heartbeat.Heartbeat, error) {
	return put(ctx, s, key{heartbeats, h.ID}, h, stored.OfHeartbeat, func(h *heartbeat.Heartbeat) *int { return &h.Version })
}

// DeleteHeartbeat removes a heartbeat, with how it stands.
func (s *Store) DeleteHeartbeat(ctx context.Context, id string, version int) error {
	return s.edit(ctx, "deleting heartbeat "+id, func(tx pgx.Tx) error {
		if err := remove(ctx, tx, heartbeats, id, version); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, deleteBeat, id)
		return err
	})
}

func scanBeat(r pgx.CollectableRow) (b heartbeat.Beat, err error) {
	var key, state []byte
	var due *time.Time
	if err = r.Scan(&b.ID, &key, &due, &b.Version, &state); err != nil {
		return b, err
	}
	copy(b.KeyHash[:], key)
	b.Due = orNever(due)
	b.State, err = parse[stored.BeatState](state)
	return b, err
}

// Beat reads how a heartbeat stands.
func (s *Store) Beat(ctx context.Context, id string) (heartbeat.Beat, error) {
	list, err := rows(ctx, s, "reading how heartbeat "+id+" stands", scanBeat, selectBeat, id)
	if err != nil || len(list) == 0 {
		return heartbeat.Beat{ID: id}, err
	}
	return list[0], nil
}

// Beats reads how each stands.
func (s *Store) Beats(ctx context.Context) ([]heartbeat.Beat, error) {
	return rows(ctx, s, "reading how heartbeats stand", scanBeat, selectBeats)
}

// BeatOf finds the one of a key.
func (s *Store) BeatOf(ctx context.Context, key [32]byte) (heartbeat.Beat, error) {
	return row(ctx, s, "looking for the heartbeat of a key", scanBeat, selectBeatOf, key[:])
}

// PutBeat writes how a heartbeat stands.
func (s *Store) PutBeat(ctx context.Context, b heartbeat.Beat) error {
	return s.within(ctx, "writing how heartbeat "+b.ID+" stands", func(tx pgx.Tx) error {
		var key []byte
		if b.KeyHash != [32]byte{} {
			key = b.KeyHash[:]
		}
		sql, args := insertBeat, []any{b.ID, key, instant(b.Due), stored.OfBeatState(b.State)}
		if b.Version > 0 {
			sql, args = updateBeat, append(args, b.Version)
		}
		done, err := tx.Exec(ctx, sql, args...)
		if err == nil && done.RowsAffected() == 0 {
			err = storage.ErrConflict
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, b.Audited())
	})
}

// DueBeats are those that are to be looked at.
func (s *Store) DueBeats(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return rows(ctx, s, "looking for heartbeats that are due", pgx.RowTo[string], dueBeats, now, limit)
}

// Listened notes when a process listened.
func (s *Store) Listened(ctx context.Context, process string, g heartbeat.Gap, forget time.Time) error {
	return s.with(ctx, "noting when this node listened", func(ctx context.Context, c *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		batch.Queue(putListened, process, g.From, g.Until)
		batch.Queue(forgetListened, forget)
		return c.SendBatch(ctx, batch).Close()
	})
}

// Listening are the spans in which processes listened.
func (s *Store) Listening(ctx context.Context) ([]heartbeat.Gap, error) {
	return rows(ctx, s, "reading when nodes listened", func(r pgx.CollectableRow) (g heartbeat.Gap, err error) {
		err = r.Scan(&g.From, &g.Until)
		return heartbeat.Gap{From: g.From.UTC(), Until: g.Until.UTC()}, err
	}, selectListening)
}

var _ heartbeat.Store = (*Store)(nil)

const (
	agentColumns = `id, generation, version, state`
	selectAgent  = `select ` + agentColumns + ` from agents where id = $1`
	selectAgents = `select ` + agentColumns + ` from agents order by id collate "C"`
	insertAgent  = `insert into agents (id, generation, state, version) values ($1, $2, $3, 1) on conflict (id) do nothing`
	updateAgent  = `update agents set generation = $2, state = $3, version = version + 1 where id = $1 and version = $4`
	clearAgent   = `update agents set generation = generation + 1, state = '{}', version = version + 1 where id = $1`
)

// Agent reads the agent of an installation.
func (s *Store) Agent(ctx context.Context, id string) (receiver.Agent, error) {
	return document[stored.Agent](ctx, s, agents, id)
}

// Agents lists them by id.
func (s *Store) Agents(ctx context.Context) ([]receiver.Agent, error) {
	return documents[stored.Agent](ctx, s, agents)
}

// PutAgent writes a whole agent.
func (s *Store) PutAgent(ctx context.Context, a receiver.Agent) (receiver.Agent, error) {
	return put(ctx, s, key{agents, a.ID}, a, stored.OfAgent, func(a *receiver.Agent) *int { return &a.Version })
}

// DeleteAgent removes an agent, with how it stands. No token that it was given is known again.
func (s *Store) DeleteAgent(ctx context.Context, id string, version int) error {
	return s.edit(ctx, "deleting agent "+id, func(tx pgx.Tx) error {
		if err := remove(ctx, tx, agents, id, version); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, clearAgent, id)
		return err
	})
}

func scanAgent(r pgx.CollectableRow) (a receiver.State, err error) {
	var id string
	var generation, version int
	var state []byte
	if err = r.Scan(&id, &generation, &version, &state); err != nil {
		return a, err
	}
	known, err := parse[stored.AgentState](state)
	return receiver.State{ID: id, Generation: generation, Known: known, Version: version}, err
}

// AgentState reads how an agent stands.
func (s *Store) AgentState(ctx context.Context, id string) (receiver.State, error) {
	list, err := rows(ctx, s, "reading how agent "+id+" stands", scanAgent, selectAgent, id)
	if err != nil || len(list) == 0 {
		return receiver.State{ID: id}, err
	}
	return list[0], nil
}

// AgentStates reads how each stands.
func (s *Store) AgentStates(ctx context.Context) ([]receiver.State, error) {
	return rows(ctx, s, "reading how agents stand", scanAgent, selectAgents)
}

// PutAgentState writes how an agent stands.
func (s *Store) PutAgentState(ctx context.Context, a receiver.State) error {
	return s.with(ctx, "writing how agent "+a.ID+" stands", func(ctx context.Context, c *pgxpool.Conn) error {
		sql, args := insertAgent, []any{a.ID, a.Generation, stored.OfAgentState(a.Known)}
		if a.Version > 0 {
			sql, args = updateAgent, append(args, a.Version)
		}
		done, err := c.Exec(ctx, sql, args...)
		if err == nil && done.RowsAffected() == 0 {
			err = storage.ErrConflict
		}
		return err
	})
}

var _ receiver.Store = (*Store)(nil)
