package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"hotline/phone/load"
	"hotline/prompts"
	"hotline/prompts/packs"
)

const (
	jobs    = 500 // whole main jobs
	jobRate = 20  // begun a second: about 400 at once
)

// jobKeys are those of a caller who knows the line: the PIN, a question, a key through the invitation to speak, ten seconds
// of description after the tone, kept. The read-out is heard to its end.
func jobKeys(pin string) string { return pin + "#3,#t,,,,,,,,,,#1#" }

// jobs is the main job as callers do it: PIN, category, description, ticket in PostgreSQL, read-out.
func (b *bench) jobs(ctx context.Context, f *figures) error {
	pack, err := packs.Load(prompts.Italian)
	if err != nil {
		return err
	}
	voice, _ := pack.Clip("menu")
	return b.with(ctx, voice, func(s *server, k *load.Crowd) error {
		pins, err := s.contracts(ctx, jobs)
		if err != nil {
			return err
		}
		m, err := k.Measure(s.process(), s.empty)
		if err != nil {
			return err
		}
		profiles := b.profiled(s, "main-job", 40*time.Second)
		k.Dial(jobs, jobRate, load.Plan{Number: "hotline", Keys: func(n int) string { return jobKeys(pins[n%len(pins)]) }})
		most := time.Duration(jobs/jobRate)*time.Second + time.Minute
		if err := k.RunUntil(ctx, most, func() bool { return k.Alive() == 0 }); err != nil {
			return err
		}
		if f.job, err = m.End(); err != nil {
			return err
		}
		if err := profiles(); err != nil {
			return err
		}
		var list struct {
			Total int `json:"total"`
		}
		if err := s.call(ctx, http.MethodGet, "/tickets?limit=1", nil, &list); err != nil {
			return err
		}
		f.tickets = list.Total
		b.say("%d main jobs of %.1f s: %.1f ms of CPU each, PostgreSQL %.1f; %d tickets", f.job.Completed, f.job.CallSeconds/float64(max(1, f.job.Completed)),
			f.job.ServerCPU/float64(max(1, f.job.Completed)), f.job.DatabaseCPU/float64(max(1, f.job.Completed)), f.tickets)
		return nil
	})
}

// contracts makes n contracts by the API and gives their PINs, once the program has nothing more to do about them. The
// customers' names are spoken in the background, once for ever and for no call. They bear few names, as that takes its time.
func (s *server) contracts(ctx context.Context, n int) ([]string, error) {
	const names = 10
	var pins []string
	for i := range n {
		id := fmt.Sprintf("bench-%04d", i)
		if err := s.call(ctx, http.MethodPost, "/customers", map[string]any{"id": id, "name": fmt.Sprintf("Bench %d", i%names)}, nil); err != nil {
			return nil, err
		}
		var made struct {
			PIN string `json:"pin"`
		}
		err := s.call(ctx, http.MethodPost, "/contracts", map[string]any{
			"id": id, "customer": id, "level": "extended", "valid_from": "2020-01-01T00:00:00Z", "remote_access": true,
		}, &made)
		if err != nil {
			return nil, err
		}
		pins = append(pins, made.PIN)
	}
	return pins, s.rest(ctx)
}
