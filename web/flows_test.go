package web

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"hotline/directory"
	"hotline/ivr"
	"hotline/ivr/try"
	"hotline/ivr/versions"
	"hotline/sla"
	"hotline/strictyaml"
	"hotline/tickets"
	"hotline/users"
)

// usedFlows is a line that notes which flow it was told to use.
type usedFlows struct{ used []int }

func (u *usedFlows) Check(yaml string) (string, []strictyaml.Complaint) {
	flow, complaints := ivr.Parse(yaml)
	if flow == nil {
		return "", complaints
	}
	return flow.Name, nil
}

func (u *usedFlows) Use(v versions.Flow) error {
	u.used = append(u.used, v.Version)
	return nil
}

// flowing is an office whose line uses flows, and whose dry runs know one contract.
func flowing(t *testing.T) (*office, *usedFlows) {
	o, line := open(t), &usedFlows{}
	o.config.Flows = line
	o.config.Rehearse = []try.Contract{{
		Customer: directory.Customer{ID: "rossi", Name: "Rossi"}, PIN: "314159",
		Contract: directory.Contract{ID: "rossi", Customer: "rossi", Level: sla.Extended, Language: "it", ValidFrom: monday(0, 0).AddDate(-6, 0, 0), AfterHours: directory.AfterHoursWait, RemoteAccess: true},
	}}
	o.handler = New(o.config)
	return o, line
}

// TestAFlowIsDrawnCheckedPublishedAndRolledBack by the administrator; others look, and try.
func TestAFlowIsDrawnCheckedPublishedAndRolledBack(t *testing.T) {
	o, line := flowing(t)
	admin, text := o.as(users.Admin), ivr.DefaultYAML()
	a := admin.get("/flow").is(200, "Callers hear the flow that ships", `<svg class="flow"`, "known → announce", "text-title").hides("What is wrong")
	for _, step := range []string{"welcome", "describe", "goodbye"} {
		a.is(200, `">`+step+`</text>`)
	}
	changed := strings.Replace(text, "tries: 3", "tries: 2", 1)
	admin.post("/flow/check", "yaml", strings.ReplaceAll(changed, "\n", "\r\n")).is(200, "Nothing is wrong", "<del>-     tries: 3</del>", "<ins>+     tries: 2</ins>")
	broken := strings.Replace(text, "known: announce", "known: nowhere", 1)
	at := strings.Count(text[:strings.Index(text, "known: announce")], "\n") + 1
	for _, path := range []string{"/flow/check", "/flow/publish", "/flow/try"} {
		a := admin.post(path, "yaml", broken, "seen", "0").is(422, "Complaints: 1", "there is no step &#34;nowhere&#34;", "known: nowhere")
		if path == "/flow/check" && !strings.Contains(a.Body.String(), `class="wrong" id="line-`+strconv.Itoa(at)+`"`) {
			t.Errorf("the complaint does not stand at line %d", at)
		}
	}
	admin.post("/flow/publish", "yaml", "", "seen", "0").is(422)
	admin.post("/flow/publish", "yaml", changed, "seen", "0").goes("/flow")
	admin.get("/flow").is(200, "Callers hear version 1")
	admin.post("/flow/publish", "yaml", text, "seen", "0").is(409, "A newer version was published meanwhile (admin)")
	admin.post("/flow/roll-back", "version", "0", "seen", "0").is(409)
	admin.post("/flow/roll-back", "version", "0", "seen", "1").goes("/flow")
	admin.post("/flow/roll-back", "version", "1", "seen", "2").goes("/flow")
	admin.post("/flow/roll-back", "version", "9", "seen", "3").is(404)
	admin.get("/flow?version=1").is(200, "This is version 1")
	admin.get("/flow?version=x").is(404)
	all, err := o.store.Flows(t.Context())
	must(t, err)
	if len(all) != 3 || all[0].YAML != changed || all[1].YAML != text || all[2].YAML != changed || all[0].By != "admin" || len(line.used) != 3 {
		t.Errorf("%d versions, %v were used", len(all), line.used)
	}
	o.as(users.Viewer).get("/flow").is(200, "readonly").hides("formaction=\"/flow/publish\"", "roll-back")
	o.as(users.Staff).get("/flow").is(200, "Try in the browser").hides("formaction=\"/flow/publish\"")
}

// TestAFlowIsTriedInTheBrowser answer by answer, as on the keyboard: nothing of it is kept.
func TestAFlowIsTriedInTheBrowser(t *testing.T) {
	o, _ := flowing(t)
	b, text := o.as(users.Engineer), ivr.DefaultYAML()
	say := func(answers ...string) answer {
		t.Helper()
		return b.do("POST", "/flow/try", url.Values{"yaml": {text}, "answer": answers})
	}
	say().is(200, "Dry run", "Keys that are pressed:", "314159", "Nothing is kept").hides("Ticket 417")
	say("314159#").is(200, "Keys that are pressed:", "<strong>314159#</strong>")
	say("314159#", "3").is(200, "What is said:").hides("The call is over")
	a := say("314159#", "3", "how does it work", "", "").is(200, "The call is over", "Ticket 417 would have been opened (question)")
	if !strings.Contains(a.main(), "What is said:</span> <strong>how does it work") {
		t.Errorf("the answers are not shown:\n%s", a.main())
	}
	b.do("POST", "/flow/try", url.Values{"yaml": {text}, "answer": {"314159#", "3"}, "again": {"yes"}}).is(200).hides("314159#</strong>")
	say(strings.Repeat("1", 201)).is(422, "too long")
	say("1\n2").is(422)
	say(make([]string, 201)...).is(422)
	if page, err := o.store.List(t.Context(), tickets.Filter{}); err != nil || len(page.Items) != 0 {
		t.Errorf("%v, %v", page, err)
	}
}

// TestADryRunIsTheConversationOfTheKeyboard: with the same answers both say the same sentences.
func TestADryRunIsTheConversationOfTheKeyboard(t *testing.T) {
	o, _ := flowing(t)
	flow, err := ivr.Default()
	must(t, err)
	for _, answers := range [][]string{{"314159#", "1", "the plant stands still", "1", "n"}, {"999999#", "", "", ""}, {"*", "314159#", "2", "slow"}, {"bye"}, {""}} {
		var out strings.Builder
		must(t, try.Run(t.Context(), try.Config{In: strings.NewReader(strings.Join(answers, "\n") + "\n"), Out: &out, Flow: flow, From: "0612345", Contracts: o.config.Rehearse, Language: "en"}))
		page := o.as(users.Staff).do("POST", "/flow/try", url.Values{"yaml": {ivr.DefaultYAML()}, "answer": answers}).is(200)
		said := 0
		for line := range strings.Lines(out.String()) {
			text := strings.TrimSpace(line[strings.LastIndex(line, "> ")+1:])
			if !strings.HasPrefix(line, "   ") && !strings.Contains(line, ">    ") || strings.HasPrefix(text, "[") {
				continue
			}
			if text = strings.TrimPrefix(text, "   "); !strings.Contains(page.Body.String(), strings.NewReplacer("'", "&#39;", "+", "&#43;").Replace(text)) {
				t.Errorf("%v: the page does not say %q", answers, text)
			}
			said++
		}
		if said < 2 {
			t.Errorf("%v: %d sentences:\n%s", answers, said, out.String())
		}
	}
}
