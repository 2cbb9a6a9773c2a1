package app_test

import (
	"strings"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/audit"
	"hotline/config"
	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/phone"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// TestAPromptIsReplacedByTelephone, over the wire: Anna calls the recording line, speaks another welcome, hears it as it will sound, and
// confirms it. The next caller hears that one, and no other. A take during which she hangs up changes nothing.
func TestAPromptIsReplacedByTelephone(t *testing.T) {
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		anna := annasTelephone(t, p)
		p.Passes(12 * time.Second) // the rota is read by now
		another, softly := p.Voice(), []int16{}
		for _, s := range another {
			softly = append(softly, s/4) // 12 dB
		}
		call, err := anna.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		from := speaks(t, p, call, annasPIN+"#1101#", softly)
		p.Passes(12 * time.Second) // "this is how it will sound", the sound, and the change
		p.Heard("caller", "Ecco come sarà ascoltata.", "Volume alzato, decibel 12")
		heard := call.Heard()[from:]
		press(t, call, "1")
		p.Await("caller: La frase è stata sostituita.")
		speaks(t, p, call, "3", softly[:len(softly)/2]) // the next prompt, until she hangs up in the middle of it
		call.Hangup()
		p.Passes(2 * time.Second)

		caller := p.Dial("127.0.0.1:6000", "0612345")
		p.Passes(8 * time.Second)
		shipped, err := packs.Speech(prompts.Italian, "welcome")
		if err != nil {
			t.Fatal(err)
		}
		begin := caller.Heard()[:6*g711.Rate]
		if said, former := likeness.Of(begin, another), likeness.Of(begin, g711.ALaw.Samples(shipped)); said < 0.8 || former > 0.4 {
			t.Errorf("the next caller hears a welcome like what Anna said by %.3f, like the former by %.3f", said, former)
		}
		kept, err := p.Store.PromptVersions(t.Context(), prompts.Italian, "welcome")
		if err != nil || len(kept) == 0 {
			t.Fatal("nothing is kept", err)
		}
		mastered := g711.ALaw.Samples(kept[0].Sound) // without what the telephone has below 120 Hz, and at its level
		if anna, next := likeness.Of(heard, mastered), likeness.Of(begin, mastered); anna < 0.97 || next < 0.97 {
			t.Errorf("what is kept is like what Anna heard before by %.3f, like what the next caller hears by %.3f", anna, next)
		}
		for key, want := range map[prompts.ID]int{"welcome": 1, "language-offer": 0} {
			list, err := p.Store.PromptVersions(t.Context(), prompts.Italian, key)
			if err != nil || len(list) != want || want > 0 && list[0].By != "engineer:anna" {
				t.Errorf("%s has the versions %+v, %v", key, list, err)
			}
		}
		records, err := p.Store.Audit(t.Context(), audit.Filter{Document: audit.Document{Kind: "prompt"}})
		if err != nil || len(records.Items) != 1 || records.Items[0].Who != "engineer:anna" || records.Items[0].Route != "by telephone" {
			t.Errorf("the records are %+v, %v", records.Items, err)
		}
		if strings.Contains(strings.Join(p.Said(), "\n")+p.Logged(), annasPIN) {
			t.Error("the PIN is written down")
		}
	}, func(c *app.Config) {
		c.Config.Speech.RecordingLine = config.RecordingLine{Number: "hotline", Engineers: []string{"anna"}}
	})
}

func press(t *testing.T, call *phone.Call, keys string) {
	t.Helper()
	if err := call.Press(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
}

// speaks keys what leads to the next tone, speaks, and ends with #; from is where what is heard then begins.
func speaks(t *testing.T, p *apptest.Program, call *phone.Call, keys string, pcm []int16) (from int) {
	t.Helper()
	before := len(call.Heard())
	press(t, call, keys)
	if _, err := call.AwaitTone(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if err := call.Say(t.Context(), pcm); err != nil {
		t.Fatal(err)
	}
	from = len(call.Heard())
	press(t, call, "#")
	p.Passes(time.Second)
	return from
}
