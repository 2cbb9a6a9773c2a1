package ivr_test

import (
	"strings"
	"testing"

	"hotline/ivr"
)

func TestTheShippedFlowIsSound(t *testing.T) {
	if _, err := ivr.Default(); err != nil {
		t.Fatal(err)
	}
}

// changed is the shipped flow with one text replaced.
func changed(t *testing.T, old, new string) string {
	t.Helper()
	text := ivr.DefaultYAML()
	if !strings.Contains(text, old) {
		t.Fatalf("the shipped flow has no %q", old)
	}
	return strings.Replace(text, old, new, 1)
}

func TestComplaintsNameLineFieldAndRemedy(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no YAML", "flow: [", "YAML"},
		{"empty", "", "the flow is empty; begin with a copy of ivr/default.yaml"},
		{"unknown field of the flow", changed(t, "name: default", "nome: default"), "nome"},
		{"unknown verb", changed(t, "do: announce", "do: anounce"), `verb "anounce" is unknown; the verbs are announce, category`},
		{"unknown field", changed(t, "tries: 3", "trys: 3"), "line 18: step pin: field trys"},
		{"wrong type", changed(t, "tries: 3", "tries: three"), "step pin"},
		{"exit to nowhere", changed(t, "known: announce", "known: nowhere"), `step pin: known: there is no step "nowhere"; name a step`},
		{"exit left out", changed(t, "    known: announce\n", ""), `step pin: known: there is no step ""`},
		{"start nowhere", changed(t, "start: welcome", "start: begin"), `there is no step "begin"`},
		{"unreachable", ivr.DefaultYAML() + "\n  lonely:\n    do: goodbye\n    prompt: goodbye\n", "step lonely: no step leads here"},
		{"missing prompt", changed(t, "prompt: menu", "prompt: menus"), `the prompt "menus" does not exist in it`},
		{"unknown language", changed(t, "[it, en]", "[it, xx]"), `language "xx"`},
		{"too many tries", changed(t, "tries: 3", "tries: 30"), "step pin: tries: 30 is out of range; write 1 to 3"},
		{"too short a silence", changed(t, "silence: 2500ms", "silence: 500ms"), "step describe: silence"},
		{"no way to a human", "flow: 1\nlanguages: [it]\nstart: a\nsteps:\n  a:\n    do: goodbye\n    prompt: goodbye\n", "neither a human nor a recording"},
		{"round and round", "flow: 1\nlanguages: [it]\nstart: a\nsteps:\n  a:\n    do: say\n    prompt: goodbye\n    next: b\n  b:\n    do: say\n    prompt: goodbye\n    next: a\n", "a loop that never waits"},
		{"two documents", ivr.DefaultYAML() + "\n---\nflow: 1\n", "something follows the flow"},
		{"field twice", changed(t, "    tries: 3\n", "    tries: 3\n    tries: 2\n"), "line 19: step pin: mapping key \"tries\""},
		{"line behind remarks", changed(t, "    do: pin\n", "    # a remark\n\n    do: pin\n    trys: 1\n"), "line 19: step pin: field trys is unknown here"},
		{"no span", changed(t, "wait: 6s", "wait: soon"), "line 19: step pin: `soon` is not a span of time such as 6s"},
		{"no number", changed(t, "tries: 3", "tries: many"), "`many` is not a whole number"},
		{"language twice", changed(t, "[it, en]", "[it, it]"), "languages: it stands twice"},
		{"offered and not offered", changed(t, "also: [de, fr, es]", "also: [de, en]"), "languages: en stands twice"},
		{"line of the field", changed(t, "wait: 6s", "wait: 6h"), "line 19: step pin: wait: a wait of 6h0m0s; allow between 1s and 1m"},
		{"nobody's hours", changed(t, "    do: announce\n    next: category", "    do: hours\n    whose: ours\n    open: category\n    closed: category"), `whose: "ours" has no hours; write contract or owner`},
		{"too long a way", changed(t, "    do: readout\n    next: connect", "    do: readout\n    next: again\n  again:\n    do: category\n    prompt: menu\n    again: menu-short\n    tries: 3\n    wait: 6s\n    chosen: describe\n    added: connect\n    operator: connect\n    none: connect"), "a caller can be kept for"},
		{"a loop turned five times", changed(t, "none: open", "none: category"), "a caller can be kept for"},
		{"absent operator hangs up", changed(t, "otherwise: message", "otherwise: goodbye"), "step goodbye: from here neither a human nor a recording can be reached; lead it to a describe or operator step"},
		{"nested", changed(t, "prompt: welcome", "prompt: {if: x}"), "step welcome"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, complaints := ivr.Parse(c.text)
			if f != nil || len(complaints) == 0 {
				t.Fatal("the flow was taken")
			}
			var all []string
			for _, c := range complaints {
				all = append(all, c.String())
			}
			if got := strings.Join(all, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("complaints are\n%s\nwant %q", got, c.want)
			}
		})
	}
}

func FuzzFlow(f *testing.F) {
	f.Add(ivr.DefaultYAML())
	f.Add("flow: 1\nsteps: {a: {do: pin, tries: 1e9}}")
	f.Fuzz(func(t *testing.T, text string) {
		flow, complaints := ivr.Parse(text)
		if (flow == nil) == (len(complaints) == 0) {
			t.Errorf("neither a flow nor a complaint for %q", text)
		}
	})
}
