package schedules

import (
	"time"

	"hotline/oncall"
	"hotline/oncall/readiness"
	"hotline/oncall/replay"
	"hotline/oncall/rota"
	"hotline/sla"
)

// servesView is which requests a rota or a policy is for.
type servesView struct {
	Contracts  []string `json:"contracts,omitempty" maxItems:"1000"`
	Products   []string `json:"products,omitempty" maxItems:"1000"`
	Categories []string `json:"categories,omitempty" maxItems:"5"`
	Levels     []string `json:"levels,omitempty" maxItems:"100"`
	Languages  []string `json:"languages,omitempty" maxItems:"20"`
}

func texts[T ~string, U ~string](list []T) (out []U) {
	for _, v := range list {
		out = append(out, U(v))
	}
	return out
}

func serves(s rota.Serves) servesView {
	return servesView{s.Contracts, s.Products, texts[sla.Category, string](s.Categories), texts[sla.LevelID, string](s.Levels), s.Languages}
}

func servesOf(v servesView) rota.Serves {
	return rota.Serves{Contracts: v.Contracts, Products: v.Products, Categories: texts[string, sla.Category](v.Categories), Levels: texts[string, sla.LevelID](v.Levels), Languages: v.Languages}
}

// overrideOfRota puts somebody on call for a time.
type overrideOfRota struct {
	Engineer string    `json:"engineer,omitempty" doc:"Who is not on call; left out: somebody is added"`
	Instead  string    `json:"instead,omitempty" doc:"Who is; left out: the place stays free"`
	Level    int       `json:"level" minimum:"1" maximum:"100"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Reason   string    `json:"reason,omitempty" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text" doc:"Why; an override by telephone says who, whose shift it was, and when"`
}

// swapView exchanges duty between two engineers.
type swapView struct {
	Engineer  string    `json:"engineer"`
	With      string    `json:"with" doc:"Has the duty of engineer in from..until"`
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"`
	BackFrom  time.Time `json:"back_from" doc:"Engineer has the duty of with in back_from..back_until"`
	BackUntil time.Time `json:"back_until"`
}

// proofView is a telephone that was proven.
type proofView struct {
	Phone string    `json:"phone"`
	At    time.Time `json:"at"`
	Key   bool      `json:"key"`
	Sound bool      `json:"sound"`
	How   string    `json:"how"`
}

// uncoveredView is a time in which a rota reaches nobody.
type uncoveredView struct {
	Rota  string    `json:"rota"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// personView is somebody who can be rung.
type personView struct {
	Engineer string        `json:"engineer"`
	Name     string        `json:"name"`
	Ready    bool          `json:"ready"`
	Why      string        `json:"why,omitempty" doc:"What is missing"`
	Phones   []provenView  `json:"phones" nullable:"false"`
	OnCall   []coveredView `json:"on_call" nullable:"false"`
	Silence  string        `json:"silence,omitempty"`
}

type provenView struct {
	Phone string    `json:"phone"`
	Until time.Time `json:"proven_until,omitzero"`
}

type coveredView struct {
	Rota    string    `json:"rota"`
	Level   int       `json:"level"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	Covered bool      `json:"covered" doc:"A proof holds as it begins"`
	ToProve bool      `json:"to_prove" doc:"It begins in 7 days or later"`
}

func uncovered(list []readiness.RotaGap) []uncoveredView {
	views := make([]uncoveredView, 0, len(list))
	for _, g := range list {
		views = append(views, uncoveredView{string(g.Rota), g.From, g.Until})
	}
	return views
}

func people(list []readiness.Person) []personView {
	views := make([]personView, 0, len(list))
	for _, p := range list {
		v := personView{string(p.Engineer), p.Name, p.Ready, p.Why, []provenView{}, []coveredView{}, p.Silence}
		for _, phone := range p.Phones {
			v.Phones = append(v.Phones, provenView{phone.Phone, phone.Proven})
		}
		for _, s := range p.OnCall {
			v.OnCall = append(v.OnCall, coveredView{string(s.Rota), s.Level, s.From, s.Until, s.Covered, s.ToProve})
		}
		views = append(views, v)
	}
	return views
}

// nightView is one search for an engineer, as it was and as it would have been.
type nightView struct {
	Ticket   int64      `json:"ticket"`
	At       time.Time  `json:"at"`
	By       string     `json:"by,omitempty" doc:"Policy and rotas of that night, with their versions, as they stand in the ticket's history"`
	Was      []rangView `json:"was" nullable:"false"`
	Would    []rangView `json:"would" nullable:"false"`
	Caller   string     `json:"caller" doc:"What the caller would have been told"`
	Accepted string     `json:"accepted" doc:"Who would have accepted; empty: nobody of whom it is known"`
	When     time.Time  `json:"accepted_at,omitzero"`
	Maybe    []string   `json:"maybe" nullable:"false" doc:"Of whom nobody knows what they would have done"`
	Unrung   []string   `json:"not_rung" nullable:"false" doc:"Rung then, and not any more"`
}

type rangView struct {
	Engineer string    `json:"engineer"`
	Phone    string    `json:"phone"`
	At       time.Time `json:"at"`
	Seconds  float64   `json:"lasted_seconds"`
	Result   string    `json:"result"`
	Accepted bool      `json:"accepted"`
	Known    bool      `json:"known"`
}

func rang(list []replay.Rang) []rangView {
	views := make([]rangView, 0, len(list))
	for _, r := range list {
		views = append(views, rangView{string(r.Engineer), r.Phone, r.At, r.Lasted.Seconds(), r.Result, r.Accepted, r.Known})
	}
	return views
}

func night(a replay.Account) nightView {
	names := func(list []oncall.EngineerID) []string {
		return append([]string{}, texts[oncall.EngineerID, string](list)...)
	}
	return nightView{a.Ticket, a.At, a.By, rang(a.Was), rang(a.Would), string(a.Caller), string(a.Accepted), a.When, names(a.Maybe), names(a.Unrung)}
}
