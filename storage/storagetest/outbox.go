package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hotline/outbox"
	"hotline/sla"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// Outbox runs the suite of outbox.Store; open gives a new and empty store each time.
func Outbox(t *testing.T, open func(t *testing.T) outbox.Store) {
	run(t, open, map[string]func(*testing.T, outbox.Store){
		"every document has a version, never twice":       func(t *testing.T, s outbox.Store) { versioned(t, endpointDocuments(s)) },
		"of many who write one document one does":         func(t *testing.T, s outbox.Store) { oneWins(t, endpointDocuments(s)) },
		"an endpoint comes back":                          endpointReturns,
		"a message comes back, once for each id":          messageReturns,
		"of many who take a message one does":             messageClaimed,
		"messages of a ticket are taken in their order":   messagesInOrder,
		"messages of a ticket are bundled, all or none":   messagesBundled,
		"what waits is due with what is behind it":        dueTogether,
		"what quiet hours keep lets the urgent pass":      urgentPasses,
		"what was tried by somebody else is no more ours": staleOutcome,
		"a receiver that is back gets all that waited":    hastened,
		"dead letters are sent again":                     requeued,
		"old messages are forgotten":                      messagesForgotten,
		"an endpoint that is removed has no messages":     endpointRemoved,
	})
}

func endpointDocuments(s outbox.Store) map[string]document {
	return map[string]document{"endpoint": {
		put: func(ctx context.Context, v int) (int, error) {
			e, err := s.PutEndpoint(ctx, outbox.Endpoint{ID: "x", Version: v})
			return e.Version, err
		},
		read:   func(ctx context.Context) (int, error) { e, err := s.Endpoint(ctx, "x"); return e.Version, err },
		remove: func(ctx context.Context, v int) error { return s.DeleteEndpoint(ctx, "x", v) },
	}}
}

func endpointReturns(t *testing.T, s outbox.Store) {
	e := outbox.Endpoint{
		ID: "zammad", Template: outbox.Own, Request: outbox.Request{Method: "POST", URL: "{{.values.url}}", Headers: map[string]string{"A": "b"}, Body: "c\nd"},
		Values: map[string]string{"url": "https://x.example"}, Secrets: map[string]string{"token": "s"}, Kinds: []outbox.Kind{outbox.Breach}, Contracts: []string{"rossi"},
		Categories: []sla.Category{sla.Blocking}, Assignees: []string{"anna"}, Owner: "carla", Quiet: outbox.Quiet{From: "22:00", Until: "07:00", Zone: "Europe/Rome", Except: []outbox.Kind{outbox.Unreached}},
		Window: 5 * time.Minute, Paused: true, Since: monday,
	}
	_, err := s.PutEndpoint(t.Context(), e)
	check.Must(t, err)
	e.Version = 1
	list, err := s.Endpoints(t.Context())
	check.Must(t, err)
	check.Equal(t, "endpoints", list, []outbox.Endpoint{e})
}

// outgoing is a message of a ticket, with every field filled in that a new one has.
func outgoing(n tickets.Number, id string, due time.Time) outbox.Message {
	return outbox.Message{Endpoint: "e", ID: id, Ticket: n, Kind: outbox.Opened, At: monday, Body: `{"a": "é"}`, State: outbox.Waiting, Due: due, Since: due}
}

func messageReturns(t *testing.T, s outbox.Store) {
	ctx := t.Context()
	a, b, again := outgoing(417, "a", monday), outgoing(417, "b", monday), outgoing(417, "a", monday.Add(time.Hour))
	b.Held = true
	check.Must(t, s.AddMessages(ctx, nil))
	check.Must(t, s.AddMessages(ctx, []outbox.Message{a, b}))
	check.Must(t, s.AddMessages(ctx, []outbox.Message{again}))
	list, err := s.Messages(ctx, outbox.Filter{})
	check.Must(t, err)
	check.Equal(t, "messages", list, []outbox.Message{b, a})
	b.State, b.Tries, b.Error, b.SentAt, b.Held, b.Due = outbox.Sent, 3, "it answers 500", monday.Add(time.Minute), false, monday.Add(time.Second)
	check.Must(t, s.PutMessage(ctx, b, 0))
	one, err := s.Message(ctx, "e", "b")
	check.Must(t, err)
	check.Equal(t, "message", one, b)
	for _, c := range []struct {
		f    outbox.Filter
		want int
	}{{outbox.Filter{Endpoint: "f"}, 0}, {outbox.Filter{Endpoint: "e"}, 2}, {outbox.Filter{State: outbox.Sent}, 1}, {outbox.Filter{State: outbox.Dead}, 0}, {outbox.Filter{Limit: 1}, 1}} {
		list, err := s.Messages(ctx, c.f)
		check.Must(t, err)
		check.Equal(t, fmt.Sprint("messages of ", c.f), len(list), c.want)
	}
	counts, err := s.CountMessages(ctx)
	check.Must(t, err)
	check.Equal(t, "counts", counts, map[string]map[outbox.State]int{"e": {outbox.Waiting: 1}})
	_, err = s.Message(ctx, "e", "c")
	check.Error(t, "one that nobody knows", err, storage.ErrNotFound)
}

func messageClaimed(t *testing.T, s outbox.Store) {
	ctx := t.Context()
	check.Must(t, s.AddMessages(ctx, []outbox.Message{outgoing(417, "a", monday)}))
	done, failed := atOnce(writers, func(int) error {
		_, err := s.ClaimMessage(ctx, "e", monday, monday.Add(time.Minute))
		return err
	})
	check.Equal(t, "who took it", done, 1)
	for _, err := range failed {
		check.Error(t, "the others", err, storage.ErrNotFound)
	}
	due, err := s.DueEndpoints(ctx, monday)
	check.Must(t, err)
	check.Equal(t, "due while it is being sent", len(due), 0)
	m, err := s.ClaimMessage(ctx, "e", monday.Add(time.Minute), monday.Add(2*time.Minute))
	check.Must(t, err)
	check.Equal(t, "tries once who had it is gone", m.Tries, 2)
}

// claimed takes what can be taken at an instant, in order.
func claimed(t *testing.T, s outbox.Store, at time.Time) (ids string) {
	for {
		m, err := s.ClaimMessage(t.Context(), "e", at, at.Add(time.Hour))
		if err != nil {
			check.Error(t, "no more", err, storage.ErrNotFound)
			return ids
		}
		ids += m.ID
	}
}

func messagesInOrder(t *testing.T, s outbox.Store) {
	ctx := t.Context()
	check.Must(t, s.AddMessages(ctx, []outbox.Message{
		outgoing(417, "a", monday.Add(time.Minute)), outgoing(417, "b", monday), outgoing(418, "c", monday.Add(30*time.Second)), outgoing(418, "d", monday.Add(time.Hour)),
	}))
	first, err := s.Message(ctx, "e", "a") // it was tried, and waits for its next try
	check.Must(t, err)
	first.Due, first.Error = monday.Add(time.Minute), "it answers 500"
	check.Must(t, s.PutMessage(ctx, first, 0))
	check.Equal(t, "before the first of 417 is due", claimed(t, s, monday.Add(30*time.Second)), "c")
	check.Equal(t, "then", claimed(t, s, monday.Add(time.Minute)), "a")
	a, err := s.Message(ctx, "e", "a")
	check.Must(t, err)
	a.State = outbox.Dead
	check.Must(t, s.PutMessage(ctx, a, 1))
	check.Equal(t, "behind a dead letter", claimed(t, s, monday.Add(time.Minute)), "b")
	due, err := s.DueEndpoints(ctx, monday.Add(time.Hour))
	check.Must(t, err)
	check.Equal(t, "due", due, []string{"e"})
}

func messagesBundled(t *testing.T, s outbox.Store) {
	ctx, later := t.Context(), monday.Add(time.Minute)
	check.Must(t, s.AddMessages(ctx, []outbox.Message{
		outgoing(417, "a", monday), outgoing(417, "b", later), outgoing(418, "c", monday.Add(time.Hour)), outgoing(417, "d", later), outgoing(417, "e", later),
	}))
	lead, err := s.ClaimMessage(ctx, "e", monday, later)
	check.Must(t, err)
	behind, err := s.Following(ctx, lead, 2)
	check.Must(t, err)
	check.Equal(t, "behind it", behind, []outbox.Message{outgoing(417, "b", later), outgoing(417, "d", later)})
	lead.Kind, lead.Body = outbox.Closed, "both"
	stale := lead
	stale.Tries = 0
	check.Error(t, "by somebody who has it no more", s.Bundle(ctx, stale, []string{"b"}, later), storage.ErrConflict)
	check.Error(t, "with one of another ticket", s.Bundle(ctx, lead, []string{"b", "c"}, later), storage.ErrConflict)
	check.Must(t, s.Bundle(ctx, lead, []string{"b", "d"}, later))
	check.Error(t, "with one that is bundled", s.Bundle(ctx, lead, []string{"d", "e"}, later), storage.ErrConflict)
	one, err := s.Message(ctx, "e", "a")
	check.Must(t, err)
	check.Equal(t, "the bundle", one, lead)
	b, err := s.Message(ctx, "e", "b")
	check.Must(t, err)
	want := outgoing(417, "b", later)
	want.State, want.SentAt = outbox.Bundled, later
	check.Equal(t, "what it tells", b, want)
	lead.State, lead.Kind, lead.Body = outbox.Sent, outbox.Opened, "as it was before"
	check.Must(t, s.PutMessage(ctx, lead, 1))
	sent, err := s.Message(ctx, "e", "a")
	check.Must(t, err)
	check.Equal(t, "what was told", []string{string(sent.Kind), sent.Body}, []string{string(outbox.Closed), "both"})
	check.Equal(t, "left of its ticket", claimed(t, s, later), "e")
	counts, err := s.CountMessages(ctx)
	check.Must(t, err)
	check.Equal(t, "waiting", counts["e"], map[outbox.State]int{outbox.Waiting: 2})
}

func dueTogether(t *testing.T, s outbox.Store) {
	ctx, later := t.Context(), monday.Add(time.Minute)
	held := outgoing(417, "h", later)
	held.Held = true
	check.Must(t, s.AddMessages(ctx, []outbox.Message{held, outgoing(417, "a", later), outgoing(418, "b", later), outgoing(417, "c", monday)}))
	check.Equal(t, "at once", claimed(t, s, monday), "a")
	for id, due := range map[string]time.Time{"h": later, "b": later, "c": monday} {
		m, err := s.Message(ctx, "e", id)
		check.Must(t, err)
		check.Equal(t, "due of "+id, m.Due, due)
	}
}

func urgentPasses(t *testing.T, s outbox.Store) {
	ctx, morning := t.Context(), monday.Add(8*time.Hour)
	kept, alsoKept, urgent := outgoing(417, "a", morning), outgoing(417, "b", morning), outgoing(417, "c", monday)
	kept.Held, alsoKept.Held = true, true
	check.Must(t, s.AddMessages(ctx, []outbox.Message{kept, alsoKept, urgent}))
	check.Equal(t, "at night", claimed(t, s, monday), "c")
	c, err := s.Message(ctx, "e", "c")
	check.Must(t, err)
	c.State = outbox.Sent
	check.Must(t, s.PutMessage(ctx, c, 1))
	check.Equal(t, "in the morning, until the first was taken", claimed(t, s, morning), "a")
}

func staleOutcome(t *testing.T, s outbox.Store) {
	ctx := t.Context()
	check.Must(t, s.AddMessages(ctx, []outbox.Message{outgoing(417, "a", monday)}))
	first, err := s.ClaimMessage(ctx, "e", monday, monday.Add(time.Minute))
	check.Must(t, err)
	_, err = s.ClaimMessage(ctx, "e", monday.Add(time.Minute), monday.Add(2*time.Minute))
	check.Must(t, err)
	check.Error(t, "the outcome of a try that took too long", s.PutMessage(ctx, first, 1), storage.ErrConflict)
	check.Error(t, "of one that nobody knows", s.PutMessage(ctx, outgoing(417, "z", monday), 0), storage.ErrConflict)
}

func hastened(t *testing.T, s outbox.Store) {
	ctx := t.Context()
	failed, held := outgoing(417, "a", monday.Add(time.Hour)), outgoing(418, "b", monday.Add(time.Hour))
	held.Held = true
	check.Must(t, s.AddMessages(ctx, []outbox.Message{failed, held}))
	failed.Error = "it answers 500"
	check.Must(t, s.PutMessage(ctx, failed, 0))
	check.Must(t, s.Hasten(ctx, "e", monday))
	check.Equal(t, "taken at once", claimed(t, s, monday), "a") // for an hour
	check.Must(t, s.Hasten(ctx, "e", monday))
	check.Equal(t, "while it is being tried", claimed(t, s, monday), "")
}

func requeued(t *testing.T, s outbox.Store) {
	ctx, later := t.Context(), monday.Add(time.Hour)
	for id, state := range map[string]outbox.State{"a": outbox.Dead, "b": outbox.Sent, "c": outbox.Waiting} {
		m := outgoing(417, id, monday.Add(2*time.Hour))
		check.Must(t, s.AddMessages(ctx, []outbox.Message{m}))
		m.State, m.Error, m.Tries = state, "it answers 500", 80
		check.Must(t, s.PutMessage(ctx, m, 0))
	}
	n, err := s.Requeue(ctx, "other", later)
	check.Must(t, err)
	check.Equal(t, "of another endpoint", n, 0)
	n, err = s.Requeue(ctx, "e", later)
	check.Must(t, err)
	check.Equal(t, "sent again", n, 1)
	a, err := s.Message(ctx, "e", "a")
	check.Must(t, err)
	want := outgoing(417, "a", later)
	want.Tries, want.Error = 80, "it answers 500"
	check.Equal(t, "a dead letter that is sent again", a, want)
}

func messagesForgotten(t *testing.T, s outbox.Store) {
	ctx := t.Context()
	_, err := s.PutEndpoint(ctx, outbox.Endpoint{ID: "e"})
	check.Must(t, err)
	gone := outgoing(417, "a", monday)
	gone.Endpoint = "removed"
	check.Must(t, s.AddMessages(ctx, []outbox.Message{gone}))
	at := func(hour int) time.Time { return monday.Add(time.Duration(hour) * time.Hour) }
	for id, m := range map[string]outbox.Message{
		"a": {State: outbox.Sent, SentAt: at(1)}, "b": {State: outbox.Sent, SentAt: at(3)}, "c": {State: outbox.Dead, Due: at(1)}, "d": {State: outbox.Dead, Due: at(3)}, "e": {State: outbox.Waiting, Due: at(0)},
		"f": {State: outbox.Bundled, SentAt: at(1)}, "g": {State: outbox.Bundled, SentAt: at(3)},
	} {
		whole := outgoing(417, id, at(0))
		check.Must(t, s.AddMessages(ctx, []outbox.Message{whole}))
		whole.State, whole.SentAt, whole.Due = m.State, m.SentAt, m.Due
		check.Must(t, s.PutMessage(ctx, whole, 0))
	}
	check.Must(t, s.ForgetMessages(ctx, at(2), at(2)))
	list, err := s.Messages(ctx, outbox.Filter{})
	check.Must(t, err)
	check.Equal(t, "left", len(list), 4)
}

func endpointRemoved(t *testing.T, s outbox.Store) {
	ctx := t.Context()
	_, err := s.PutEndpoint(ctx, outbox.Endpoint{ID: "e"})
	check.Must(t, err)
	check.Must(t, s.AddMessages(ctx, []outbox.Message{outgoing(417, "a", monday)}))
	check.Must(t, s.DeleteEndpoint(ctx, "e", 1))
	_, err = s.Message(ctx, "e", "a")
	check.Error(t, "its message", err, storage.ErrNotFound)
}
