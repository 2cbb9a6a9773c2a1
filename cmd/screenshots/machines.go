package main

import (
	"context"
	"net/http"
	"time"
)

// machines gives the house what the pages of machines show: a heartbeat, the documents of alerts with a problem, a product with two
// versions, and installations of it, one of which lags. Nothing of it leaves the machine.
func (h *house) machines(ctx context.Context) error {
	at := time.Now().UTC().Truncate(time.Minute)
	for _, one := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPut, "/heartbeats/backup", map[string]any{"contract": "rossi", "installation": "hall", "title": "the nightly backup", "severity": "critical", "schedule": "0 3 * * *", "zone": "Europe/Rome", "grace_seconds": 3600}},
		{http.MethodPut, "/alert-policies/default", map[string]any{}},
		{http.MethodPut, "/alert-mappings/pumps", map[string]any{"alerts": ".events[]", "fingerprint": `"pump-\(.id)"`, "severity": ".level", "title": ".what", "resolved": `.state == "off"`}},
		{http.MethodPut, "/maintenance-windows/switch", map[string]any{"contract": "verdi", "from": at, "until": at.Add(4 * time.Hour), "note": "a new switch"}},
		{http.MethodPost, "/alerts/native?contract=rossi", map[string]any{"fingerprint": "fan", "severity": "warning", "title": "the fan of the second rack stands still"}},
		{http.MethodPatch, "/contracts/rossi", map[string]any{"monthly_statement": true, "evo_support": true}},
		{http.MethodPut, "/releases/pbx", map[string]any{"releases": []map[string]any{{"name": "7.2", "at": at.AddDate(-1, 0, 0), "note": "Two lines more."}}}},
		{http.MethodPut, "/installations/hall", map[string]any{"contract": "rossi", "installation": "hall", "product": "pbx", "release": "7.2"}},
		{http.MethodPut, "/installations/shop", map[string]any{"contract": "verdi", "product": "pbx", "release": "8.1"}},
		{http.MethodPatch, "/releases/pbx", map[string]any{"releases": []map[string]any{ // rossi is to hear of it, and has no address
			{"name": "7.2", "at": at.AddDate(-1, 0, 0), "note": "Two lines more."}, {"name": "8.1", "at": at.AddDate(0, -1, 0), "note": "Faster start, and calls survive a restart."},
		}}},
	} {
		if _, err := h.api(ctx, one.method, one.path, one.body); err != nil {
			return err
		}
	}
	return nil
}
