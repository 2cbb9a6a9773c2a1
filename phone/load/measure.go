package load

import (
	"fmt"
	"maps"
	"runtime"
	"time"
)

// Result is one measured span. Times in milliseconds, memory in KB, CPU in milliseconds of user and system time.
type Result struct {
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"`
	Cores   int       `json:"cores"`
	Load    string    `json:"load_average"` // before

	Up           int         `json:"up"` // calls at its end
	CallSeconds  float64     `json:"call_seconds"`
	Dialled      int         `json:"dialled"`
	Completed    int         `json:"completed"`
	HungUp       int         `json:"hung_up_by_them"`
	Refused      map[int]int `json:"refused,omitempty"`
	RetryAfter   int         `json:"refused_with_retry_after"`
	Unanswered   int         `json:"unanswered"`
	Broken       int         `json:"broken"`
	Repeats      int         `json:"requests_repeated"` // ours
	Repeated     int         `json:"answers_repeated"`  // theirs
	Setup        Spread      `json:"invite_to_200"`
	FirstPacket  Spread      `json:"answer_to_first_packet"`
	Packets      int         `json:"packets"`
	Late         int         `json:"late"` // more than 20 ms
	Lost         int         `json:"lost"`
	Gaps         int         `json:"gaps"` // more than 60 ms without a packet
	Deviation    Spread      `json:"deviation"`
	Keys         int         `json:"keys"`
	Reaction     Spread      `json:"key_to_first_packet"`
	OwnCPU       float64     `json:"own_cpu_ms"`
	OwnLate      Spread      `json:"own_slots_late"`
	OwnSkipped   int         `json:"own_slots_skipped"`
	ServerCPU    float64     `json:"server_cpu_ms,omitempty"`
	DatabaseCPU  float64     `json:"database_cpu_ms,omitempty"`
	ServerMemory float64     `json:"server_memory_kb,omitempty"` // at its end
	PerCall      float64     `json:"memory_per_call_kb,omitempty"`
}

// PerCallSecond is what the server needed, in cpu-ms for one call that lasts one second.
func (r Result) PerCallSecond() float64 { return share(r.ServerCPU, r.CallSeconds) }

// OwnPerCallSecond is the same of the crowd itself.
func (r Result) OwnPerCallSecond() float64 { return share(r.OwnCPU, r.CallSeconds) }

// LateShare is the share of packets that came more than 20 ms late, 0 to 1.
func (r Result) LateShare() float64 { return share(float64(r.Late), float64(r.Packets)) }

func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Span is a measurement under way.
type Span struct {
	crowd    *Crowd
	server   Process
	empty    int // resident octets without a call
	load     string
	began    time.Duration
	own      time.Duration
	cpu      time.Duration
	database time.Duration
}

// Measure begins to measure; server may be 0, empty is its memory without calls. What was counted before is forgotten.
func (k *Crowd) Measure(server Process, empty int) (*Span, error) {
	s := &Span{crowd: k, server: server, empty: empty, load: LoadAverage()}
	if server != 0 {
		s.database = server.PostgreSQL()
		var err error
		if s.cpu, err = server.CPU(); err != nil {
			return nil, err
		}
	}
	old := k.sums
	k.sums = sums{up: old.up, refused: map[int]int{}}
	for _, h := range []struct{ to, from *histogram }{{&k.sums.setup, &old.setup}, {&k.sums.firstPacket, &old.firstPacket},
		{&k.sums.deviation, &old.deviation}, {&k.sums.reaction, &old.reaction}, {&k.sums.own, &old.own}} {
		*h.to = *h.from
		h.to.reset()
	}
	s.began, s.own = k.now(), Own()
	return s, nil
}

// End ends the measurement.
func (s *Span) End() (Result, error) {
	c := &s.crowd.sums
	r := Result{
		At: time.Now(), Seconds: (s.crowd.now() - s.began).Seconds(), Cores: runtime.NumCPU(), Load: s.load, Up: c.up,
		CallSeconds: c.callTime.Seconds(), Dialled: c.dialled, Completed: c.completed, HungUp: c.byThem, Refused: maps.Clone(c.refused),
		RetryAfter: c.retryAfter, Unanswered: c.unanswered, Broken: c.broken, Repeats: c.repeats, Repeated: c.repeated,
		Packets: c.packets, Late: c.late, Lost: c.lost, Gaps: c.gaps, Keys: c.keys, OwnSkipped: c.skipped,
		OwnCPU: milliseconds(Own() - s.own),
		Setup:  c.setup.spread(), FirstPacket: c.firstPacket.spread(), Deviation: c.deviation.spread(), Reaction: c.reaction.spread(), OwnLate: c.own.spread(),
	}
	if s.server == 0 {
		return r, nil
	}
	cpu, err := s.server.CPU()
	if err != nil {
		return r, fmt.Errorf("the server is gone: %w", err)
	}
	memory, err := s.server.Memory()
	if err != nil {
		return r, fmt.Errorf("the server is gone: %w", err)
	}
	r.ServerCPU, r.DatabaseCPU = milliseconds(cpu-s.cpu), milliseconds(s.server.PostgreSQL()-s.database)
	r.ServerMemory = float64(memory) / 1024
	if c.up > 0 && s.empty > 0 {
		r.PerCall = float64(memory-s.empty) / 1024 / float64(c.up)
	}
	return r, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
