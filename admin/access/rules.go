// Package access is who may do what over the API: the scope that each route asks of a token, and how many refusals one
// source gets.
package access

import (
	"sync"

	"hotline/tokens"
)

// Rule is the scope that a route asks for, by method and path as the router knows it; false when there is no rule, and then
// nobody may. A HEAD is a GET, and a PATCH is a PUT of a part.
func Rule(method, pattern string) (tokens.Scope, bool) {
	switch method {
	case "HEAD":
		method = "GET"
	case "PATCH":
		method = "PUT"
	}
	s, ok := rules()[method+" "+pattern]
	return s, ok
}

// rules is the whole table. Read looks at everything but callers' voices; staff work on tickets, with what belongs to
// their day; admin changes what customers are promised, whom the line calls, and what callers hear.
var rules = sync.OnceValue(func() map[string]tokens.Scope {
	table := map[string]tokens.Scope{}
	for scope, routes := range map[tokens.Scope][]string{
		tokens.ScopeCalendar: {"GET /api/v1/oncall/calendar.ics"},
		tokens.ScopeAlerts:   {"POST /api/v1/alerts/{source}"},
		tokens.ScopeRead: {
			"GET /metrics", "GET /api/v1/tickets", "GET /api/v1/tickets/{number}", "GET /api/v1/tickets/{number}/history", "GET /api/v1/tickets/{number}/attachments", "GET /api/v1/attachments/{id}", "GET /api/v1/tickets/{number}/explanation",
			"GET /api/v1/calls", "GET /api/v1/calls/{id}", "GET /api/v1/customers", "GET /api/v1/customers/{id}", "GET /api/v1/customers/{id}/spoken", "GET /api/v1/engineers/{id}/spoken", "GET /api/v1/prompts/{language}", "GET /api/v1/prompts/{language}/{key}", "GET /api/v1/prompts/{language}/{key}/versions", "GET /api/v1/prompts/{language}/script", "GET /api/v1/prompts/{language}/pack",
			"GET /api/v1/contracts", "GET /api/v1/contracts/{id}",
			"GET /api/v1/engineers", "GET /api/v1/engineers/{id}", "GET /api/v1/rota", "GET /api/v1/rota/duty", "GET /api/v1/rotas", "GET /api/v1/rotas/{id}", "GET /api/v1/escalation-policies", "GET /api/v1/escalation-policies/{id}",
			"GET /api/v1/engineers/{id}/absences", "GET /api/v1/engineers/{id}/contact", "GET /api/v1/engineers/{id}/proofs", "GET /api/v1/oncall/at", "GET /api/v1/oncall/readiness", "GET /api/v1/oncall/line.vcf", "POST /api/v1/oncall/replay",
			"GET /api/v1/levels", "GET /api/v1/levels/{id}", "GET /api/v1/calendars",
			"GET /api/v1/calendars/{id}", "GET /api/v1/faults", "GET /api/v1/faults/{id}", "GET /api/v1/flows", "GET /api/v1/flows/{version}", "GET /api/v1/trunks", "GET /api/v1/time", "GET /api/v1/dry-run",
			"GET /api/v1/alerts", "GET /api/v1/tickets/{number}/alerts", "GET /api/v1/alert-policies", "GET /api/v1/alert-policies/{id}", "GET /api/v1/alert-mappings", "GET /api/v1/alert-mappings/{id}",
			"GET /api/v1/maintenance-windows", "GET /api/v1/maintenance-windows/{id}",
			"GET /api/v1/releases", "GET /api/v1/releases/{id}", "GET /api/v1/releases/{id}/notices", "GET /api/v1/letters", "GET /api/v1/installations", "GET /api/v1/installations.csv", "GET /api/v1/installations/{id}",
			"GET /api/v1/agents", "GET /api/v1/agents/{id}", "GET /api/v1/tickets/{number}/twin",
			"GET /api/v1/heartbeats", "GET /api/v1/heartbeats/{id}", "POST /api/v1/heartbeats/preview",
			"GET /api/v1/chains", "GET /api/v1/report", "GET /api/v1/report.csv", "GET /api/v1/report.svg", "GET /api/v1/report/on-call.csv",
			"POST /api/v1/calendars/{id}/preview", "POST /api/v1/levels/{id}/preview", "POST /api/v1/contracts/{id}/preview", "POST /api/v1/flows/check", // change nothing
		},
		tokens.ScopeStaff: {
			"POST /api/v1/tickets", "DELETE /api/v1/tickets/{number}/link", "GET /api/v1/tickets/{number}/transcripts", "GET /api/v1/recordings/{id}/audio",
			"PUT /api/v1/faults/{id}", "DELETE /api/v1/faults/{id}", "POST /api/v1/customers", "PUT /api/v1/customers/{id}", "PUT /api/v1/customers/{id}/spoken",
			"PUT /api/v1/rota", "PUT /api/v1/rotas/{id}", "DELETE /api/v1/rotas/{id}",
			"PUT /api/v1/releases/{id}", "DELETE /api/v1/releases/{id}", "PUT /api/v1/installations/{id}", "DELETE /api/v1/installations/{id}",
			"PUT /api/v1/maintenance-windows/{id}", "DELETE /api/v1/maintenance-windows/{id}",
			"POST /api/v1/engineers/{id}/test-call", "POST /api/v1/trunks/{name}/test-call", "PUT /api/v1/engineers/{id}/absences", "POST /api/v1/engineers/{id}/absences",
		},
		tokens.ScopeAdmin: {
			"PUT /api/v1/prompts/{language}/{key}", "POST /api/v1/prompts/{language}/{key}/roll-back", "PUT /api/v1/prompts/{language}/pack",
			"POST /api/v1/contracts", "PUT /api/v1/contracts/{id}", "POST /api/v1/contracts/{id}/pin", "PUT /api/v1/engineers/{id}", "DELETE /api/v1/engineers/{id}", "POST /api/v1/engineers/{id}/pin", "DELETE /api/v1/engineers/{id}/pin", "PUT /api/v1/engineers/{id}/contact", "DELETE /api/v1/engineers/{id}/contact",
			"PUT /api/v1/escalation-policies/{id}", "DELETE /api/v1/escalation-policies/{id}", "PUT /api/v1/levels/{id}",
			"PUT /api/v1/alert-policies/{id}", "DELETE /api/v1/alert-policies/{id}", "PUT /api/v1/alert-mappings/{id}", "DELETE /api/v1/alert-mappings/{id}",
			"GET /api/v1/bridge", "GET /api/v1/endpoints", "GET /api/v1/endpoints/{id}", "GET /api/v1/endpoint-templates", "GET /api/v1/outgoing", "PUT /api/v1/endpoints/{id}", "DELETE /api/v1/endpoints/{id}", "POST /api/v1/endpoints/{id}/secret",
			"POST /api/v1/endpoints/{id}/test", "POST /api/v1/endpoints/{id}/retry", "POST /api/v1/endpoints/{id}/outgoing/{message}/retry",
			"PUT /api/v1/agents/{id}", "DELETE /api/v1/agents/{id}", "POST /api/v1/agents/{id}/token",
			"PUT /api/v1/heartbeats/{id}", "DELETE /api/v1/heartbeats/{id}", "POST /api/v1/heartbeats/{id}/key",
			"PUT /api/v1/calendars/{id}", "POST /api/v1/calendars/{id}/closures", "POST /api/v1/flows", "GET /api/v1/recordings/{id}/accesses", "GET /api/v1/recordings/accesses", "GET /api/v1/audit", "GET /api/v1/recordings/export", "POST /api/v1/recordings/{id}/erase",
			"DELETE /api/v1/attachments/{id}", "POST /api/v1/tickets/{number}/erase-recordings", "POST /api/v1/tickets/{number}/hold", "POST /api/v1/tickets/{number}/lift-hold",
			"GET /api/v1/contracts/{id}/hold", "POST /api/v1/contracts/{id}/hold", "POST /api/v1/contracts/{id}/lift-hold",
			"GET /api/v1/debug/profile", "GET /api/v1/debug/heap", "GET /api/v1/debug/goroutine",
		},
	} {
		for _, r := range routes {
			table[r] = scope
		}
	}
	for _, verb := range []string{
		"assess", "assign", "comment", "waiting", "resume", "contact", "intervention", "restored", "close", "reopen", "time", "not-a-request", "access-withdrawn", "access-back", "contract", "follow", "call-back", "ring", "link", "attachments",
	} {
		table["POST /api/v1/tickets/{number}/"+verb] = tokens.ScopeStaff
	}
	return table
})
