package web

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"hotline/directory"
	"hotline/evosupport"
	"hotline/prompts"
	"hotline/users"
)

// tape is a voice that notes what it is asked to say. The first time it is still busy.
type tape struct {
	mu     sync.Mutex
	said   []string
	broken error
}

func (v *tape) Try(lang prompts.Language, words string, inside bool) (wav []byte, rendering bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	one := string(lang) + ": " + words
	if inside {
		one += " (a name)"
	}
	if v.broken != nil {
		return nil, false, v.broken
	}
	if !slices.Contains(v.said, one) {
		v.said = append(v.said, one)
		return nil, true, nil
	}
	return []byte("RIFF " + one), false, nil
}

func (v *tape) File(c directory.Customer, lang prompts.Language) (wav []byte, rendering bool, err error) {
	return v.Try(lang, c.SpokenName(), true)
}

func TestAKnownFaultIsHeardBeforeItIsSavedAndEnds(t *testing.T) {
	o := open(t)
	o.config.Voice = &tape{}
	o.handler = New(o.config)
	_, err := o.store.PutProduct(t.Context(), evosupport.Product{ID: "evo"})
	must(t, err)
	_, err = o.store.PutProduct(t.Context(), evosupport.Product{ID: "spare"})
	must(t, err)
	_, err = o.store.PutInstalled(t.Context(), evosupport.Installed{ID: "i1", Contract: "rossi-office", Product: "evo", Release: "8.1"})
	must(t, err)
	b := o.as(users.Staff)
	b.get("/faults").is(200, "Nothing is known at the moment", `href="/faults/new"`)
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(b.get("/faults/new").is(200).Body.String())
	if id == nil {
		t.Fatal("a new fault has no name: a form that is sent twice would make two")
	}
	form := []string{"id", id[1], "note", "The cable is cut", "kind", "", "words.it", "Il cavo è interrotto.", "words.en", "", "contracts", " rossi,\r\nrossi", "until", "2026-11-23T18:00"}
	heard := b.post("/faults", append(form, "do", "try")...).is(200, "it is not saved yet", "/spoken/sound?language=it&amp;words=Il%20cavo%20%c3%a8%20interrotto.", `value="2026-11-23T18:00"`).hides("language=en&amp;words=").Body.String()
	sound := regexp.MustCompile(`src="(/spoken/sound[^"]+)"`).FindStringSubmatch(heard)[1]
	if a := b.get(strings.ReplaceAll(sound, "&amp;", "&")).is(200, "RIFF it: Il cavo è interrotto."); a.Header().Get("Content-Type") != "audio/wav" {
		t.Errorf("the sound is %q", a.Header().Get("Content-Type"))
	}
	b.post("/faults", append(form, "do", "try", "product", "evo")...).is(200, "rossi\nrossi-office")
	b.post("/faults", append(form, "product", "none")...).is(422, "is not one of the choices")
	b.post("/faults", append(form, "contracts", "", "product", "spare")...).is(422, "no contract has it installed")
	if all, err := o.store.Faults(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("it was saved before somebody said so: %v, %v", all, err)
	}
	for range 2 { // pressed twice
		b.post("/faults", form...).goes("/faults/" + id[1] + "?done=")
	}
	f, err := o.store.Fault(t.Context(), id[1])
	if err != nil || f.Note != "The cable is cut" || f.Words["it"] != "Il cavo è interrotto." || len(f.Words) != 1 || !slices.Equal(f.Contracts, []directory.ContractID{"rossi"}) || !f.Until.Equal(monday(18, 0)) || f.Version != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	if told := o.desk.Book().Faults; len(told) != 1 { // the line knows of it at once
		t.Errorf("callers hear %v", told)
	}
	b.get("/faults").is(200, "The cable is cut", "callers hear it")
	at := "/faults/" + id[1]
	b.post(at, "note", "Repaired", "kind", "notice", "words.en", "It works again.", "version", "1").goes(at + "?done=")
	b.post(at, "note", "Mine", "version", "1").is(409, "Somebody else changed this", "What stands now: It works again.", ">Mine</textarea>", `name="version" value="2"`)
	b.post(at+"/end", "version", "1").is(409, "it was not removed")
	o.as(users.Viewer).get(at).is(200, "Repaired", "disabled").hides("Hear it first", at+"/end")
	o.as(users.Viewer).get("/spoken/sound?language=it&words=x").is(403)
	b.post(at+"/end", "version", "2").goes("/faults")
	if len(o.desk.Book().Faults) != 0 {
		t.Error("callers hear of a fault that has ended")
	}
	b.get(at).is(404)
	b.post(at+"/end", "version", "2").goes("/faults") // somebody else was faster
}

func TestAFaultThatCannotBeMeantIsRefusedWithWhatWasWritten(t *testing.T) {
	b := open(t).as(users.Staff)
	for name, row := range map[string]struct {
		want string
		form []string
	}{
		"no note":            {"For the staff", []string{"note", " "}},
		"a notice of nobody": {"write what callers are to hear", []string{"kind", "notice"}},
		"signs alone":        {"has nothing that can be said", []string{"words.it", "!?"}},
		"two lines":          {"write one line", []string{"words.it", "a\nb"}},
		"too long":           {"write at most 200 characters", []string{"words.it", strings.Repeat("a", 201)}},
		"no such contract":   {"there is no contract nobody", []string{"contracts", "rossi nobody"}},
		"no such kind":       {"is not one of the choices", []string{"kind", "party"}},
		"no such time":       {"write a day and a time", []string{"until", "soon"}},
		"no id":              {"an id is 1 to 63", []string{"id", ""}},
		"another's id":       {"an id is 1 to 63", []string{"id", "../x"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, do := range []string{"", "try"} { // what is heard is judged, too
				form := append([]string{"id", "f1", "note", "The cable is cut", "kind", "", "do", do}, row.form...)
				if a := b.post("/faults", form...).is(http.StatusUnprocessableEntity, row.want, `role="alert"`); name != "no note" {
					a.is(422, "The cable is cut")
				}
			}
		})
	}
	b.get("/faults").is(200, "Nothing is known")
}

func TestANameIsHeardAndThenSaved(t *testing.T) {
	o := open(t)
	voice := &tape{}
	o.config.Voice = voice
	o.handler = New(o.config)
	b := o.as(users.Staff)
	b.get("/customers/rossi").is(200, `href="/customers/rossi/spoken"`)
	b.get("/spoken").is(200, `href="/engineers/anna/spoken"`)
	for at, back := range map[string]string{"/customers/rossi/spoken": "/customers/rossi", "/engineers/anna/spoken": "/spoken"} {
		b.get(at).is(200, "as it is written", `href="`+back+`"`, `language=it`, `language=en`)
		b.post(at, "spoken", " rósi ", "version", "1", "do", "try").is(200, "It is not saved yet", `value="rósi"`, "words=r%c3%b3si")
		b.get(at).is(200, "as it is written")
		b.post(at, "spoken", "rósi", "version", "1", "do", "save").goes(at + "?done=")
		b.get(at+"?done=").is(200, "Written for the voice: rósi", "from now on")
		b.post(at, "spoken", "russi", "version", "1", "do", "save").is(409, "Somebody else changed this", "What stands now: rósi", `value="russi"`, `name="version" value="2"`)
		b.post(at, "spoken", strings.Repeat("a", 201), "version", "2").is(422, "write at most 200 characters", `aria-invalid="true" aria-describedby="wrong" autofocus`)
		b.post(at, "spoken", "a\nb", "version", "2", "do", "try").is(422, "write one line", `aria-invalid="true" aria-describedby="wrong" autofocus`).hides("It is not saved yet")
		o.as(users.Viewer).get(at).is(200, "rósi").hides("<audio", "Hear it first")
		o.as(users.Viewer).post(at, "spoken", "x", "version", "2").is(403)
	}
	if c := o.desk.Book().Customers.At("rossi"); c.Spoken != "rósi" {
		t.Errorf("the line says %q", c.SpokenName())
	}
	b.get("/spoken/sound?language=it&words=Rossi%20S.p.A.&name=yes&customer=rossi").is(200, "RIFF it: Rossi S.p.A. (a name)")
	b.get("/spoken/sound?language=it&words=Anna&name=yes").is(200, "RIFF it: Anna (a name)")
	for _, bad := range []string{"language=pt&words=x", "language=it&words=", "language=it&words=a%0ab", "language=it&words=" + strings.Repeat("a", 201), "language=it&words=x&customer=nobody"} {
		b.get("/spoken/sound?" + bad).is(404)
	}
	voice.broken = errors.New("there is no such program")
	b.get("/spoken/sound?language=it&words=new").is(404, "There is no voice")
	o.config.Voice = nil
	o.handler = New(o.config)
	b.get("/customers/rossi/spoken").is(200, "There is no voice").hides("<audio", "Hear it first")
	b.get("/customers/nobody/spoken").is(404)
	b.get("/engineers/nobody/spoken").is(404)
}
