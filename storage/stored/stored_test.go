package stored

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"hotline/directory"
	"hotline/directory/persistent"
	"hotline/oncall/escalation"
	"hotline/sla"
)

// sample is one type of the domain and its form.
type sample struct {
	name   string
	full   any
	write  func(v any) ([]byte, error)
	read   func(text []byte) (any, error)
	empty  []byte
	inside reflect.Type // the form
}

func of[T any, F interface{ Domain() T }](form func(T) F) sample {
	s := sample{name: reflect.TypeFor[F]().Name(), full: filled[T](), inside: reflect.TypeFor[F]()}
	s.write = func(v any) ([]byte, error) { return json.Marshal(form(v.(T))) }
	s.read = func(text []byte) (any, error) {
		var f F
		err := json.Unmarshal(text, &f)
		return f.Domain(), err
	}
	var none T
	s.empty, _ = s.write(none)
	return s
}

// stampsForm makes stamps, pauses and warnings, of which the database's rows have parts only, samples like the others.
type (
	stampsForm   struct{ Stamps }
	pausesForm   []Pause
	warningsForm []Warning
)

func (s stampsForm) Domain() sla.Stamps      { return sla.Stamps(s.Stamps) }
func (l pausesForm) Domain() []sla.Pause     { return Pauses(l) }
func (l warningsForm) Domain() []sla.Warning { return Warnings(l) }

func samples() []sample {
	return []sample{
		of(OfCustomer), of(OfContract), of(OfKnownFault), of(OfLevel), of(OfCalendar), of(OfTerms), of(OfEngineer), of(OfPIN), of(OfRota), of(OfSchedule),
		of(OfAbsences), of(OfPolicy), of(OfContact), of(OfProofs), of(OfDocuments), of(OfCall), of(OfLeg), of(OfChange), of(OfFlow),
		of(OfAlertPolicy), of(OfAlertMapping), of(OfMaintenance), of(OfAlertState), of(OfHeartbeat), of(OfBeatState), of(OfEndpoint), of(OfProduct), of(OfInstalled), of(OfAgent), of(OfAgentState), of(OfCompany),
		of(func(s sla.Stamps) stampsForm { return stampsForm{Stamps(s)} }),
		of(func(l []sla.Pause) pausesForm { return OfPauses(l) }),
		of(func(l []sla.Warning) warningsForm { return OfWarnings(l) }),
	}
}

// golden is what was written: of an empty value, and of a full one, with the newest fields and as it was before each of them.
func golden(t *testing.T, name string) (empty, full []byte, former [][]byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	if len(lines) < 2 {
		t.Fatalf("%s has %d lines", name, len(lines))
	}
	return lines[0], lines[len(lines)-1], lines[1 : len(lines)-1]
}

// TestWhatWasStoredBeforeIsReadAndWrittenAsItWas: databases and journals hold these forms. A line of testdata is what some
// version has written, so it is never edited. Who adds a field adds a line with it, at the end.
func TestWhatWasStoredBeforeIsReadAndWrittenAsItWas(t *testing.T) {
	for _, s := range samples() {
		empty, full, former := golden(t, s.name)
		if got, err := s.write(s.full); err != nil || !bytes.Equal(got, full) {
			t.Errorf("%s is written as\n%s\nwant\n%s\n%v", s.name, got, full, err)
		}
		if !bytes.Equal(s.empty, empty) {
			t.Errorf("an empty %s is written as\n%s\nwant\n%s", s.name, s.empty, empty)
		}
		for _, line := range former {
			v, err := s.read(line)
			if got, failed := s.write(v); err != nil || failed != nil || !bytes.Equal(got, line) {
				t.Errorf("a former %s\n%s\nis read and written as\n%s\n%v", s.name, line, got, err)
			}
		}
		if got, err := s.read(full); err != nil || !reflect.DeepEqual(got, s.full) {
			t.Errorf("%s is read as\n%+v\nwant\n%+v\n%v", s.name, got, s.full, err)
		}
	}
}

// book is a book with one of everything.
func book() *directory.Book {
	customer, contract, level, calendar := filled[directory.Customer](), filled[directory.Contract](), filled[sla.Level](), filled[sla.Calendar]()
	return &directory.Book{
		At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Revision: 7,
		Customers: persistent.Of(map[directory.CustomerID]directory.Customer{customer.ID: customer}),
		Contracts: persistent.Of(map[directory.ContractID]directory.Contract{contract.ID: contract}),
		Levels:    map[sla.LevelID]sla.Level{level.ID: level}, Calendars: map[sla.CalendarID]sla.Calendar{calendar.ID: calendar},
		PINs: persistent.Of(map[directory.PINHash]directory.ContractID{{1, 2}: contract.ID}), Faults: []directory.KnownFault{filled[directory.KnownFault]()},
	}
}

func TestTheBookOnTheDiskIsReadAndWrittenAsItWas(t *testing.T) {
	empty, full, former := golden(t, "Book")
	if got, err := json.Marshal(OfBook(book())); err != nil || !bytes.Equal(got, full) {
		t.Errorf("written as\n%s\nwant\n%s\n%v", got, full, err)
	}
	if got, err := json.Marshal(OfBook(&directory.Book{})); err != nil || !bytes.Equal(got, empty) {
		t.Errorf("an empty one is written as\n%s\nwant\n%s\n%v", got, empty, err)
	}
	for _, line := range former {
		var kept Book
		if err := json.Unmarshal(line, &kept); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(OfBook(kept.Domain())); err != nil || !bytes.Equal(got, line) {
			t.Errorf("a former one\n%s\nis read and written as\n%s\n%v", line, got, err)
		}
	}
	var kept Book
	if err := json.Unmarshal(full, &kept); err != nil {
		t.Fatal(err)
	}
	got, want := kept.Domain(), book()
	if text, err := json.Marshal(OfBook(got)); err != nil || !bytes.Equal(text, full) {
		t.Errorf("read and written again:\n%s\nwant\n%s\n%v", text, full, err)
	}
	number := want.Customers.At("ID <é>\"&").Numbers[0]
	if owner, ok := got.Owner(number); !ok || owner.ID != "ID <é>\"&" {
		t.Errorf("the owner of %s is %v", number, owner)
	}
}

// TestThePlanOfATicketIsReadAndWrittenAsItWas: histories hold it, and a replay begins with it.
func TestThePlanOfATicketIsReadAndWrittenAsItWas(t *testing.T) {
	empty, full, former := golden(t, "Plan")
	for want, p := range map[string]escalation.Plan{string(empty): {}, string(full): filled[escalation.Plan]()} {
		if got := PlanFacts(p)[FactPlan]; got != want {
			t.Errorf("written as\n%s\nwant\n%s", got, want)
		}
	}
	for _, line := range append(former, empty, full) {
		p, err := ReadPlan(map[string]string{FactPlan: string(line)})
		if got, failed := json.Marshal(p); err != nil || failed != nil || !bytes.Equal(got, line) {
			t.Errorf("a plan\n%s\nis read and written as\n%s\n%v", line, got, err)
		}
	}
}

// TestFormsHoldNoStructOfTheDomain: a field that is added to a value of the domain is stored only where somebody writes it
// into the form.
func TestFormsHoldNoStructOfTheDomain(t *testing.T) {
	walked := map[reflect.Type]bool{}
	for _, s := range samples() {
		ours(t, s.inside, s.name, walked)
	}
	ours(t, reflect.TypeFor[Book](), "Book", walked)
	ours(t, reflect.TypeFor[Plan](), "Plan", walked)
	if len(walked) < 50 {
		t.Errorf("only %d types were walked", len(walked))
	}
}

func ours(t *testing.T, typ reflect.Type, place string, walked map[reflect.Type]bool) {
	if walked[typ] || typ == reflect.TypeFor[time.Time]() {
		return
	}
	walked[typ] = true
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		ours(t, typ.Elem(), place, walked)
	case reflect.Map:
		ours(t, typ.Key(), place, walked)
		ours(t, typ.Elem(), place, walked)
	case reflect.Struct:
		if path := typ.PkgPath(); !strings.HasSuffix(path, "/stored") {
			t.Errorf("%s holds a %s: give it a form of its own", place, typ)
			return
		}
		for i := range typ.NumField() {
			ours(t, typ.Field(i).Type, place+"."+typ.Field(i).Name, walked)
		}
	}
}
