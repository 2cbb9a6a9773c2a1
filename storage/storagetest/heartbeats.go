package storagetest

import (
	"context"
	"testing"
	"time"

	"hotline/agent/protocol"
	"hotline/agent/receiver"
	"hotline/heartbeat"
	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// Heartbeats runs the suite of heartbeat.Store; open gives a new and empty store each time.
func Heartbeats(t *testing.T, open func(t *testing.T) heartbeat.Store) {
	run(t, open, map[string]func(*testing.T, heartbeat.Store){
		"every document has a version, never twice":     func(t *testing.T, s heartbeat.Store) { versioned(t, heartbeatDocuments(s)) },
		"of many who write one document one does":       func(t *testing.T, s heartbeat.Store) { oneWins(t, heartbeatDocuments(s)) },
		"a heartbeat and how it stands come back":       heartbeatReturns,
		"of many who write one version one does":        beatOneWins,
		"what is due is found, the longest due first":   beatsDue,
		"when nodes listened is known, and forgotten":   listeningKept,
		"a heartbeat that is removed has no key either": heartbeatRemoved,
	})
}

func heartbeatDocuments(s heartbeat.Store) map[string]document {
	return map[string]document{"heartbeat": {
		put: func(ctx context.Context, v int) (int, error) {
			h, err := s.PutHeartbeat(ctx, heartbeat.Heartbeat{ID: "x", Version: v})
			return h.Version, err
		},
		read:   func(ctx context.Context) (int, error) { h, err := s.Heartbeat(ctx, "x"); return h.Version, err },
		remove: func(ctx context.Context, v int) error { return s.DeleteHeartbeat(ctx, "x", v) },
	}}
}

// beating is how a heartbeat stands, with every field filled in.
func beating(id string) heartbeat.Beat {
	return heartbeat.Beat{ID: id, KeyHash: [32]byte{1, 2, byte(len(id)), id[0]}, Due: monday.Add(time.Hour), State: heartbeat.State{
		Expected: monday.Add(time.Minute), Last: monday, Runs: []heartbeat.Run{{ID: "r", At: monday}}, DownSince: monday, Why: "no beat came",
		Report: heartbeat.Silent, Text: "no beat came\nat all",
		Signals: []heartbeat.Signal{{At: monday, Kind: heartbeat.Fail, Run: "r", Code: 3, Took: 90 * time.Second, Text: "no room"}},
	}}
}

func heartbeatReturns(t *testing.T, s heartbeat.Store) {
	ctx := t.Context()
	h := heartbeat.Heartbeat{ID: "b", Contract: "rossi", Installation: "plant", Title: "the backup", Severity: "critical", RemoteAccess: true,
		Rule: heartbeat.Rule{Period: 60, Schedule: "0 3 * * *", Zone: "Europe/Rome", Grace: 3600, Longest: 7200}}
	_, err := s.PutHeartbeat(ctx, h)
	check.Must(t, err)
	h.Version = 1
	list, err := s.Heartbeats(ctx)
	check.Must(t, err)
	check.Equal(t, "heartbeats", list, []heartbeat.Heartbeat{h})
	none, err := s.Beat(ctx, "b")
	check.Must(t, err)
	check.Equal(t, "how it stands at first", none, heartbeat.Beat{ID: "b"})
	b := beating("b")
	check.Must(t, s.PutBeat(ctx, b))
	b.Version = 1
	stands, err := s.Beat(ctx, "b")
	check.Must(t, err)
	check.Equal(t, "how it stands", stands, b)
	byKey, err := s.BeatOf(ctx, b.KeyHash)
	check.Must(t, err)
	check.Equal(t, "by its key", byKey, b)
	b.Due, b.State = time.Time{}, heartbeat.State{}
	check.Must(t, s.PutBeat(ctx, b))
	b.Version = 2
	all, err := s.Beats(ctx)
	check.Must(t, err)
	check.Equal(t, "all of them", all, []heartbeat.Beat{b})
	check.Error(t, "a version that does not stand", s.PutBeat(ctx, beating("b")), storage.ErrConflict)
	check.Error(t, "of one that nobody knows", s.PutBeat(ctx, heartbeat.Beat{ID: "c", Version: 3}), storage.ErrConflict)
	_, err = s.BeatOf(ctx, [32]byte{9})
	check.Error(t, "a key that nobody has", err, storage.ErrNotFound)
	check.Must(t, s.PutBeat(ctx, heartbeat.Beat{ID: "d"}))
	check.Must(t, s.PutBeat(ctx, heartbeat.Beat{ID: "e"})) // several have no key
}

func beatOneWins(t *testing.T, s heartbeat.Store) {
	for version := range 2 {
		done, failed := atOnce(writers, func(int) error { return s.PutBeat(t.Context(), heartbeat.Beat{ID: "b", Version: version}) })
		if done != 1 {
			t.Errorf("%d of %d who wrote version %d at once did", done, writers, version)
		}
		for _, err := range failed {
			check.Error(t, "the others", err, storage.ErrConflict)
		}
	}
}

func beatsDue(t *testing.T, s heartbeat.Store) {
	ctx := t.Context()
	for id, due := range map[string]time.Time{"a": monday.Add(time.Minute), "b": monday, "c": {}} {
		b := beating(id)
		b.Due = due
		check.Must(t, s.PutBeat(ctx, b))
	}
	for _, c := range []struct {
		now   time.Time
		limit int
		want  string
	}{{monday.Add(-time.Second), 9, ""}, {monday, 9, "b"}, {monday.Add(time.Hour), 9, "ba"}, {monday.Add(time.Hour), 1, "b"}} {
		got, err := s.DueBeats(ctx, c.now, c.limit)
		check.Must(t, err)
		whole := ""
		for _, id := range got {
			whole += id
		}
		check.Equal(t, "due at "+c.now.String(), whole, c.want)
	}
}

func listeningKept(t *testing.T, s heartbeat.Store) {
	ctx := t.Context()
	at := func(hour int) time.Time { return monday.Add(time.Duration(hour) * time.Hour) }
	for _, l := range []struct {
		process     string
		from, until int
	}{{"a", 0, 1}, {"a", 0, 2}, {"b", 1, 4}, {"a", 5, 6}} {
		check.Must(t, s.Listened(ctx, l.process, heartbeat.Gap{From: at(l.from), Until: at(l.until)}, at(-1)))
	}
	list, err := s.Listening(ctx)
	check.Must(t, err)
	check.Equal(t, "spans", list, []heartbeat.Gap{{From: at(0), Until: at(2)}, {From: at(1), Until: at(4)}, {From: at(5), Until: at(6)}})
	check.Must(t, s.Listened(ctx, "a", heartbeat.Gap{From: at(5), Until: at(7)}, at(3)))
	list, err = s.Listening(ctx)
	check.Must(t, err)
	check.Equal(t, "spans that are not forgotten", list, []heartbeat.Gap{{From: at(1), Until: at(4)}, {From: at(5), Until: at(7)}})
}

func heartbeatRemoved(t *testing.T, s heartbeat.Store) {
	ctx := t.Context()
	_, err := s.PutHeartbeat(ctx, heartbeat.Heartbeat{ID: "b"})
	check.Must(t, err)
	b := beating("b")
	check.Must(t, s.PutBeat(ctx, b))
	check.Must(t, s.DeleteHeartbeat(ctx, "b", 1))
	_, err = s.BeatOf(ctx, b.KeyHash)
	check.Error(t, "its key", err, storage.ErrNotFound)
	due, err := s.DueBeats(ctx, monday.Add(24*time.Hour), 9)
	check.Must(t, err)
	check.Equal(t, "what is due", len(due), 0)
}

// Agents runs the suite of receiver.Store; open gives a new and empty store each time.
func Agents(t *testing.T, open func(t *testing.T) receiver.Store) {
	run(t, open, map[string]func(*testing.T, receiver.Store){
		"every document has a version, never twice":    func(t *testing.T, s receiver.Store) { versioned(t, agentDocuments(s)) },
		"of many who write one document one does":      func(t *testing.T, s receiver.Store) { oneWins(t, agentDocuments(s)) },
		"an agent and how it stands come back":         agentReturns,
		"of many who write one version one does":       agentOneWins,
		"a token is not known again after the removal": agentRemoved,
	})
}

func agentDocuments(s receiver.Store) map[string]document {
	return map[string]document{"agent": {
		put: func(ctx context.Context, v int) (int, error) {
			a, err := s.PutAgent(ctx, receiver.Agent{ID: "x", Version: v})
			return a.Version, err
		},
		read:   func(ctx context.Context) (int, error) { a, err := s.Agent(ctx, "x"); return a.Version, err },
		remove: func(ctx context.Context, v int) error { return s.DeleteAgent(ctx, "x", v) },
	}}
}

// reporting is how an agent stands, with every field filled in.
func reporting(id string) receiver.State {
	return receiver.State{ID: id, Generation: 2, Known: receiver.Known{
		Sequence: 417, Process: "p", Retired: []string{"o"}, Spool: "s", Fact: 9, Dropped: 3,
		Report: receiver.Report{Heard: monday, Host: "pbx", Program: "1.2", Configuration: 4, ClockOff: -90, Product: "pbx", Release: "7.2", Complaints: []string{"c"}},
		Told:   map[receiver.Trouble]time.Time{receiver.ClockWrong: monday},
	}}
}

func agentReturns(t *testing.T, s receiver.Store) {
	ctx := t.Context()
	a := receiver.Agent{ID: "b", Contract: "rossi", Installation: "plant", Configuration: protocol.Configuration{
		Checks: []protocol.Check{{ID: "web", Kind: protocol.HTTP, Target: "http://shop.example", Title: "t", Severity: "critical", Every: 30, Timeout: 5, Failures: 4, Successes: 1, Status: 200, Contains: "ok"}},
		Line:   "sip:hotline.example", Product: "pbx", ReleaseFile: "/opt/pbx/VERSION",
	}}
	_, err := s.PutAgent(ctx, a)
	check.Must(t, err)
	a.Version = 1
	list, err := s.Agents(ctx)
	check.Must(t, err)
	check.Equal(t, "agents", list, []receiver.Agent{a})
	list[0].Configuration.Checks[0].ID = "other"
	again, err := s.Agent(ctx, "b")
	check.Must(t, err)
	check.Equal(t, "an agent that a reader has changed", again, a)
	none, err := s.AgentState(ctx, "b")
	check.Must(t, err)
	check.Equal(t, "how it stands at first", none, receiver.State{ID: "b"})
	state := reporting("b")
	check.Must(t, s.PutAgentState(ctx, state))
	state.Version = 1
	stands, err := s.AgentState(ctx, "b")
	check.Must(t, err)
	check.Equal(t, "how it stands", stands, state)
	all, err := s.AgentStates(ctx)
	check.Must(t, err)
	check.Equal(t, "all of them", all, []receiver.State{state})
	check.Error(t, "a version that does not stand", s.PutAgentState(ctx, reporting("b")), storage.ErrConflict)
	check.Error(t, "of one that nobody knows", s.PutAgentState(ctx, receiver.State{ID: "c", Version: 3}), storage.ErrConflict)
}

func agentOneWins(t *testing.T, s receiver.Store) {
	for version := range 2 {
		done, failed := atOnce(writers, func(int) error { return s.PutAgentState(t.Context(), receiver.State{ID: "b", Version: version}) })
		if done != 1 {
			t.Errorf("%d of %d who wrote version %d at once did", done, writers, version)
		}
		for _, err := range failed {
			check.Error(t, "the others", err, storage.ErrConflict)
		}
	}
}

func agentRemoved(t *testing.T, s receiver.Store) {
	ctx := t.Context()
	_, err := s.PutAgent(ctx, receiver.Agent{ID: "b"})
	check.Must(t, err)
	check.Must(t, s.PutAgentState(ctx, reporting("b")))
	check.Must(t, s.DeleteAgent(ctx, "b", 1))
	stands, err := s.AgentState(ctx, "b")
	check.Must(t, err)
	check.Equal(t, "how it stands then", stands, receiver.State{ID: "b", Generation: 3, Version: 2})
}
