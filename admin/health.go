package admin

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// probing bounds what a monitor waits for an answer.
const probing = 3 * time.Second

// healthView is what a monitor reads. Nobody needs a token for it, so it says what fails and not why; the log says why.
type healthView struct {
	Status string            `json:"status" enum:"ok,warning,failing" doc:"A warning leaves callers served, but somebody should look"`
	Checks map[string]string `json:"checks" doc:"store, line, disk: ok or failing; rota: ok, gap (nobody with a telephone is on call now), unproven (somebody is, and nobody whose telephone was proven within 7 days) or unknown; voice, where one is configured: ok, or missing, and names are not spoken; transcription, where a recogniser is configured: ok, or missing, and recordings are not put into text; alerts, where SNMP or syslog is listened to: ok, or lost (messages of installed systems were, within the last hour); caller_number: refused while a trunk does not take the customer's number, and engineers see the line's own; bridge, where one is configured: ok, or failing (tickets do not follow in the other system: GET /bridge says why)"`
}

type healthAnswer struct {
	Status int
	Body   healthView
}

func (s *server) healthRoute(api huma.API) {
	op := huma.Operation{
		OperationID: "get-health", Method: http.MethodGet, Path: base + "/health", Summary: "Whether callers are served",
		Security: []map[string][]string{{}},
	}
	body := map[string]*huma.MediaType{"application/json": {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[healthView](), true, "")}}
	op.Responses = map[string]*huma.Response{"503": {Description: "Something fails that callers need", Content: body}}
	serve(s, api, op, s.health)
}

// fresh is how long an answer about health stands: everybody may ask, and each probe costs the disk a write.
const fresh = time.Second

// lastHealth is the last answer. Safe for concurrent use.
type lastHealth struct {
	mu sync.Mutex
	at time.Time
	is healthAnswer
}

// health gives the last answer while it is fresh; those who ask meanwhile wait for one probe.
func (s *server) health(ctx context.Context, _ *struct{}) (*healthAnswer, error) {
	s.last.mu.Lock()
	defer s.last.mu.Unlock()
	if now := s.Now(); s.last.at.IsZero() || now.Sub(s.last.at) >= fresh {
		s.last.is = s.probe(context.WithoutCancel(ctx)) // a monitor that goes away spoils nobody's answer
		s.last.at = s.Now()
	}
	is := s.last.is
	return &is, nil
}

// probe finds 503 when store, line or disk fail. A gap in the rota and a shift that nobody has proven a
// telephone for are warnings: every call is still taken, and a restart would not help.
func (s *server) probe(ctx context.Context) healthAnswer {
	ctx, cancel := context.WithTimeout(ctx, probing)
	defer cancel()
	v := healthView{Status: "ok", Checks: map[string]string{}}
	for _, probe := range []struct {
		name string
		ask  func(context.Context) error
	}{{"store", s.Health.Store}, {"line", s.Health.Line}, {"disk", s.Health.Disk}} {
		v.Checks[probe.name] = "ok"
		if err := probe.ask(ctx); err != nil {
			s.Log.Warn("a check of health fails", "check", probe.name, "error", err)
			v.Checks[probe.name], v.Status = "failing", "failing"
		}
	}
	v.Checks["rota"] = s.rota(ctx)
	if s.Spoken != nil {
		v.Checks["voice"] = "ok"
		if err := s.Spoken.Trouble(); err != nil {
			s.Log.Debug("names are not spoken", "error", err)
			v.Checks["voice"] = "missing"
		}
	}
	if s.Recogniser != nil {
		v.Checks["transcription"] = "ok"
		if err := s.Recogniser.Ready(); err != nil {
			s.Log.Debug("recordings are not put into text", "error", err)
			v.Checks["transcription"] = "missing"
		}
	}
	if s.callerRefused() {
		v.Checks["caller_number"] = "refused"
	}
	if s.Machines.Lost != nil {
		v.Checks["alerts"] = "ok"
		if last := s.Machines.Lost(); !last.IsZero() && s.Now().Sub(last) < lossTime {
			v.Checks["alerts"] = "lost"
		}
	}
	if s.Machines.Bridge != nil {
		v.Checks["bridge"] = "ok"
		if !s.Machines.Bridge.Trouble().Since.IsZero() {
			v.Checks["bridge"] = "failing"
		}
	}
	if v.Status == "ok" && (v.Checks["bridge"] == "failing" || v.Checks["alerts"] == "lost" || v.Checks["rota"] != "ok" || v.Checks["voice"] == "missing" || v.Checks["transcription"] == "missing" || v.Checks["caller_number"] == "refused") {
		v.Status = "warning"
	}
	if v.Status == "failing" {
		return healthAnswer{http.StatusServiceUnavailable, v}
	}
	return healthAnswer{http.StatusOK, v}
}

// lossTime is how long a lost message is told of.
const lossTime = time.Hour

// callerRefused tells whether a trunk refuses calls that show the customer's number.
func (s *server) callerRefused() bool {
	if s.Trunks == nil {
		return false
	}
	all, _ := s.Trunks()
	return slices.ContainsFunc(all, func(t Trunk) bool { return t.CallerRefused != nil })
}

// rota tells whether somebody will be reached now: the shift that runs counts as covered only with a proof.
func (s *server) rota(ctx context.Context) string {
	gap, covered, err := s.schedules().Covered(ctx)
	switch {
	case err != nil:
		return "unknown"
	case gap:
		return "gap"
	case !covered:
		return "unproven"
	}
	return "ok"
}
