package cover

import (
	"errors"
	"os"
	"time"

	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/rota"
	"hotline/prompts"
)

// Keep keeps values on the disk by name. atomicfile.Values implements it.
type Keep interface {
	Put(name string, v any) error
	Get(name string, v any) error
}

// keptName is the value's name on the disk.
const keptName = "cover"

// entry is one engineer's question. It is kept while the others are asked; then it holds the answer until that was heard.
type entry struct {
	asks   oncall.Engineer
	shift  duty.Shift
	answer *answer // nil: the others are being asked

	handsOver bool // the shift runs, and its open tickets go with it
}

// answer is what came of a question: a sentence, and who took the shift, if anybody did.
type answer struct {
	sentence prompts.ID
	by       oncall.EngineerID
	name     string
}

func (a answer) phrase() prompts.Phrase {
	if a.by == "" {
		return prompts.P(a.sentence)
	}
	return prompts.Join(prompts.P(a.sentence), prompts.Engineer(string(a.by), a.name))
}

// keptQuestion is an entry on the disk.
type keptQuestion struct {
	Engineer string    `json:"engineer"`
	Name     string    `json:"name"`
	Phones   []string  `json:"phones"`
	Language string    `json:"language"`
	Rota     string    `json:"rota"`
	Level    int       `json:"level"`
	Whose    string    `json:"whose"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Zone     string    `json:"zone"`
	Hands    bool      `json:"hands_over,omitempty"`
	Sentence string    `json:"sentence,omitempty"` // of an answer that nobody has heard
	By       string    `json:"by,omitempty"`
	ByName   string    `json:"by_name,omitempty"`
}

func keep(e entry) keptQuestion {
	k := keptQuestion{
		Engineer: string(e.asks.ID), Name: e.asks.Name, Phones: e.asks.Phones, Language: e.asks.Language,
		Rota: string(e.shift.Rota), Level: e.shift.Level, Whose: string(e.shift.Engineer), From: e.shift.From, Until: e.shift.Until, Zone: e.shift.Zone.String(), Hands: e.handsOver,
	}
	if e.answer != nil {
		k.Sentence, k.By, k.ByName = string(e.answer.sentence), string(e.answer.by), e.answer.name
	}
	return k
}

// entry is what was kept; false where its zone is not known here.
func (k keptQuestion) entry() (entry, bool) {
	zone, err := time.LoadLocation(k.Zone)
	e := entry{asks: oncall.Engineer{ID: oncall.EngineerID(k.Engineer), Name: k.Name, Phones: k.Phones, Language: k.Language}, handsOver: k.Hands}
	e.shift = duty.Shift{Stretch: rota.Stretch{Rota: rota.ID(k.Rota), Level: k.Level, Engineer: oncall.EngineerID(k.Whose), From: k.From, Until: k.Until}, Zone: zone}
	if k.Sentence != "" {
		e.answer = &answer{prompts.ID(k.Sentence), oncall.EngineerID(k.By), k.ByName}
	}
	return e, err == nil
}

// write keeps the questions as they stand on the disk.
func (b *Board) write() {
	b.disk.Lock()
	defer b.disk.Unlock()
	list := []keptQuestion{}
	b.mu.Lock()
	for _, e := range b.entries {
		list = append(list, keep(e))
	}
	b.mu.Unlock()
	if err := b.cfg.Keep.Put(keptName, list); err != nil {
		b.cfg.Log.Error("a restart would forget that others are asked to take a shift", "error", err)
	}
}

// Resume goes on with what a former run has not ended: the others are asked anew, from the first one on, and answers are told. It is
// called once, when telephones can be rung.
func (b *Board) Resume() {
	var list []keptQuestion
	if err := b.cfg.Keep.Get(keptName, &list); err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			b.cfg.Log.Error("for whom others were asked to take a shift is not known any more", "error", err)
		}
		return
	}
	for _, k := range list {
		if e, ok := k.entry(); ok && time.Now().Before(e.shift.Until) {
			b.begin(e)
		}
	}
}
