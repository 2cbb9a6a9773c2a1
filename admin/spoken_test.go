package admin_test

import (
	"errors"
	"sync"
	"testing"

	"hotline/directory"
	"hotline/oncall"
	"hotline/prompts"
)

// spoken is a voice that says what it is told to.
type spoken struct {
	mu        sync.Mutex
	wanted    []string
	rendering bool
	err       error
}

func (s *spoken) Want(c directory.Customer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = append(s.wanted, c.SpokenName())
}

func (s *spoken) File(c directory.Customer, lang prompts.Language) ([]byte, bool, error) {
	return []byte("RIFF" + string(lang) + c.SpokenName()), s.rendering, s.err
}

func (s *spoken) WantEngineer(e oncall.Engineer) {
	s.Want(directory.Customer{Name: e.SpokenName()})
}

func (s *spoken) FileOfEngineer(e oncall.Engineer, lang prompts.Language) ([]byte, bool, error) {
	return s.File(directory.Customer{Name: e.SpokenName()}, lang)
}

func (s *spoken) Trouble() error { return s.err }

func TestAnEngineersNameIsHeard(t *testing.T) {
	h := open(t)
	h.put("/engineers/ciro", `{"name":"Ciro","phones":[],"spoken":" cìro "}`).is(200, `"spoken":"cìro"`)
	h.get("/engineers/ciro/spoken?lang=en").is(200, "RIFFencìro")
	h.get("/engineers/nobody/spoken").is(404)
	h.get("/engineers/ciro").is(200, `"name":"Ciro"`, `"spoken":"cìro"`)
	if len(h.spoken.wanted) != 1 || h.spoken.wanted[0] != "cìro" {
		t.Errorf("the voice was asked for %q", h.spoken.wanted)
	}
}

func TestACustomersNameIsHeardAndItsPronunciationIsSet(t *testing.T) {
	h := open(t)
	h.post("/customers", `{"id":"sirti","name":"Sirti","numbers":["0212345"]}`).is(201)
	h.get("/customers/sirti/spoken").is(200, "RIFFitSirti")
	h.get("/customers/sirti/spoken?lang=en").is(200, "RIFFenSirti")
	h.get("/customers/sirti/spoken?lang=xx").is(422)
	h.get("/customers/nobody/spoken").is(404)
	h.put("/customers/sirti/spoken", `{"spoken":" sìrti "}`).is(200, `"spoken":"sìrti"`, `"version":2`)
	h.get("/customers/sirti/spoken").is(200, "RIFFitsìrti")
	h.get("/customers/sirti").is(200, `"name":"Sirti"`, `"numbers":["0212345"]`, `"spoken":"sìrti"`)
	h.put("/customers/sirti/spoken", `{"spoken":"zirti"}`, "If-Match", `"1"`).is(412)
	h.put("/customers/sirti/spoken", `{"spoken":"a\nb"}`).is(422)
	h.put("/customers/nobody/spoken", `{"spoken":"x"}`).is(404)
	h.put("/customers/sirti/spoken", `{"spoken":""}`).is(200, `"version":3`)
	h.get("/customers/sirti/spoken").is(200, "RIFFitSirti")
	want := []string{"Sirti", "sìrti", "Sirti"}
	if len(h.spoken.wanted) != len(want) {
		t.Fatalf("the voice was asked for %q, want %q", h.spoken.wanted, want)
	}
	for i, w := range want {
		if h.spoken.wanted[i] != w {
			t.Errorf("the voice was asked for %q, want %q", h.spoken.wanted, want)
		}
	}
	h.spoken.rendering = true
	if r := h.get("/customers/sirti/spoken").is(202); r.header.Get("Retry-After") != "1" {
		t.Errorf("when to ask again is %q", r.header.Get("Retry-After"))
	}
	h.spoken.err = errors.New("no licence")
	h.get("/customers/sirti/spoken").is(404, "no licence", `"status":404`)
	h.get("/health").is(200, `"voice":"missing"`, `"status":"warning"`)
}
