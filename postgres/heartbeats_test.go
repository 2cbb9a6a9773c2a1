package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/heartbeat"
)

// TestTwoNodesMakeOneTicketOfOneSilence: three nodes look at twelve silent heartbeats at once, and while they do the jobs beat again at one
// of them. Each silence has one ticket, which is alive only while the heartbeat is down.
func TestTwoNodesMakeOneTicketOfOneSilence(t *testing.T) {
	const jobs = 12
	nodes, store := alertNodes(t, 3, jobs)
	ctx := t.Context()
	var keepers []*heartbeat.Keeper
	for n, k := range nodes {
		keepers = append(keepers, heartbeat.New(heartbeat.Config{Store: store, Intake: k.Intake, Process: fmt.Sprint("p", n), NewKey: func() string { return "" }, Log: slog.New(slog.DiscardHandler)}))
	}
	keys := make([]string, jobs)
	for i := range jobs {
		id := fmt.Sprint("c", i)
		if _, err := store.PutHeartbeat(ctx, heartbeat.Heartbeat{ID: id, Contract: id, Title: id, Severity: "critical", Rule: heartbeat.Rule{Period: 600, Grace: 60}}); err != nil {
			t.Fatal(err)
		}
		keys[i] = "key of " + id
		giver := heartbeat.New(heartbeat.Config{Store: store, Intake: nodes[0].Intake, NewKey: func() string { return keys[i] }, Log: slog.New(slog.DiscardHandler)})
		if _, err := giver.Rekey(ctx, id, alertMonday); err != nil {
			t.Fatal(err)
		}
		if err := giver.Signal(ctx, keys[i], heartbeat.Signal{At: alertMonday, Kind: heartbeat.Success}); err != nil {
			t.Fatal(err)
		}
	}
	now := alertMonday.Add(11 * time.Minute)
	if err := store.Listened(ctx, "all", heartbeat.Gap{From: alertMonday, Until: now}, alertMonday.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n, k := range keepers {
		all.Go(func() {
			if err := k.Due(context.Background(), now); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			for i := n; i < jobs/2; i += len(keepers) { // half of them beat again
				if err := k.Signal(context.Background(), keys[i], heartbeat.Signal{At: now, Kind: heartbeat.Success}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for i, later := range []time.Duration{time.Minute, 2 * time.Minute} { // what a report lost to another node, and what settles then
		if err := keepers[i].Due(ctx, now.Add(later)); err != nil {
			t.Fatal(err)
		}
		nodes[0].settle(t, now.Add(later))
	}
	for i := range jobs {
		id := fmt.Sprint("c", i)
		b, err := store.Beat(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		open, err := store.OpenOf(ctx, directory.ContractID(id))
		if err != nil {
			t.Fatal(err)
		}
		alive := 0
		for _, k := range open {
			if k.State.Live() {
				alive++
			}
		}
		want := 0
		if i >= jobs/2 {
			want = 1
		}
		if alive != want {
			t.Errorf("%s has %d live tickets, want %d", id, alive, want)
		}
		if down := !b.State.DownSince.IsZero(); down != (i >= jobs/2) {
			t.Errorf("%s is down: %v", id, down)
		}
	}
}
