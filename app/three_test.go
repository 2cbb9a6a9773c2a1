package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/oncall/escalation"
	"hotline/phone"
	"hotline/prompts"
)

// TestThreeTalkOverTheWire: the conversations in which a second engineer joins, in two languages: what each of the engineers hears, in
// this order, and what the history says. The caller hears nothing of it but the signal.
func TestThreeTalkOverTheWire(t *testing.T) {
	type words map[prompts.Language][]string
	busy := func(context.Context, chan<- time.Time) func(context.Context, *phone.Incoming) {
		return (&apptest.Rings{}).Busy
	}
	accepts := func(_ context.Context, ended chan<- time.Time) func(context.Context, *phone.Incoming) {
		return pressing(ended, 5*time.Second, "1")
	}
	for name, c := range map[string]struct {
		need       int
		keys       string // Anna's
		marco      func(context.Context, chan<- time.Time) func(context.Context, *phone.Incoming)
		annaHears  words
		marcoHears words
		history    []string
		assigned   string
	}{
		"a colleague joins, and stays": {
			1, "1*2", accepts,
			words{"it": {"Il cliente sente la musica.", "Per far entrare un collega, prema due.", "Squilla il telefono di un collega. Il cliente intanto è in linea."},
				"en": {"The customer hears music.", "To have a colleague join, press two.", "A colleague's telephone is ringing. The customer is on the line meanwhile."}},
			words{"it": {"Anna le chiede aiuto. Un cliente è in linea. Rossi S.p.A. contratto Extended guasto bloccante richiesta numero 417. Per accettare, prema uno."},
				"en": {"Anna asks you for help. A customer is on the line. Rossi S.p.A. Extended contract blocking fault ticket number 417. To accept, press one."}},
			[]string{"Anna asks a colleague to join, by telephone", "Marco pressed accept, and joins Anna and the caller", "Anna hung up after", "Marco stays with the caller", "accepted", "Marco hung up after"}, "marco",
		},
		"nobody joins": {
			1, "1*2", busy,
			words{"it": {"Squilla il telefono di un collega. Il cliente intanto è in linea.", "Nessun collega ha accettato."}, "en": {"A colleague's telephone is ringing. The customer is on the line meanwhile.", "No colleague has accepted."}}, nil,
			[]string{"Anna asks a colleague to join", "no second engineer has accepted; Anna is with the caller", "Anna hung up after"}, "anna",
		},
		"who has asked leaves by key": {
			1, "1*2*0", accepts,
			words{"it": {"Squilla il telefono di un collega. Il cliente intanto è in linea.", "Per passare il cliente a un collega, prema zero.", "Un collega subentra. Grazie della chiamata. Arrivederci."},
				"en": {"A colleague's telephone is ringing. The customer is on the line meanwhile.", "To hand over to a colleague, press zero.", "A colleague takes over. Thank you for calling. Goodbye."}},
			words{"it": {"Anna le chiede aiuto."}, "en": {"Anna asks you for help."}},
			[]string{"Marco pressed accept, and joins Anna and the caller", "Anna handed over to Marco", "Marco hung up after"}, "marco",
		},
		"the policy wants two": {
			2, "1", accepts, nil,
			words{"it": {"Serve un secondo tecnico. Un collega sta parlando con il cliente. Rossi S.p.A. contratto Extended guasto bloccante richiesta numero 417. Per accettare, prema uno."},
				"en": {"A second engineer is needed. A colleague is talking to the customer. Rossi S.p.A. Extended contract blocking fault ticket number 417. To accept, press one."}},
			[]string{"the policy wants two engineers", "Marco pressed accept, and joins Anna and the caller", "Anna hung up after", "Marco stays with the caller", "Marco hung up after"}, "marco",
		},
	} {
		for _, lang := range []prompts.Language{prompts.Italian, prompts.English} {
			t.Run(name+"/"+string(lang), func(t *testing.T) {
				apptest.Run(t, func(t *testing.T, p *apptest.Program) {
					speak(t, p, lang, c.need)
					ended := make(chan time.Time, 8)
					p.Engineers(pressing(ended, 8*time.Second, c.keys), c.marco(t.Context(), ended))
					caller := p.Dial("127.0.0.1:6000", "0612345")
					p.Message(caller, apptest.Blocking)
					p.Passes(3 * time.Minute)
					p.Heard("sip:anna@"+apptest.Anna, c.annaHears[lang]...)
					p.Heard("sip:marco@"+apptest.Marco, c.marcoHears[lang]...)
					rest := p.History()
					for _, line := range c.history {
						_, after, ok := strings.Cut(rest, line)
						if !ok {
							t.Fatalf("no %q, in this order, in\n%s", line, p.History())
						}
						rest = after
					}
					for _, wrong := range []string{"accept_undone", "unreached"} {
						if strings.Contains(p.History(), wrong) {
							t.Errorf("%s in\n%s", wrong, p.History())
						}
					}
					if now, err := p.Desk.Ticket(t.Context(), 417); err != nil || now.Assignee != c.assigned {
						t.Errorf("the ticket is with %q, %v\n%s", now.Assignee, err, p.History())
					}
				})
			})
		}
	}
}

// speak has the engineers speak a language, and the policy want so many of them.
func speak(t *testing.T, p *apptest.Program, lang prompts.Language, need int) {
	t.Helper()
	engineers, err := p.Store.Engineers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range engineers {
		e.Language = string(lang)
		if _, err := p.Store.PutEngineer(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Store.PutPolicy(t.Context(), escalation.Policy{ID: "all", Name: "all", Steps: escalation.Default().Steps, Need: need}); err != nil {
		t.Fatal(err)
	}
	p.Passes(12 * time.Second) // they are read by now
}
