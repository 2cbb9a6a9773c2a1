package format_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"hotline/intake"
	"hotline/intake/format"
)

const events = `{"site": "rome", "events": [
	{"id": 7, "level": "crit", "what": "pump 3 stands still", "state": "on"},
	{"id": 8, "level": "crit", "what": "pump 4 stands still", "state": "off"},
	{"id": 9, "level": "low", "what": "hello", "state": "on", "test": true}]}`

func mapping() intake.Mapping {
	return intake.Mapping{
		ID: "pumps", Alerts: `.site as $s | .events[] | . + {site: $s}`, Fingerprint: `"pump-\(.id)"`, Severity: `.level`, Title: `.what`,
		Installation: `.site`, Resolved: `.state == "off"`, Skip: `if .test then "a test" else null end`,
	}
}

func TestAMappingReadsWhatNoFormatKnows(t *testing.T) {
	m, err := format.Compile(mapping())
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Read(t.Context(), []byte(events))
	if want := "fires pump-7|crit|pump 3 stands still|rome\nends pump-8|crit|pump 4 stands still|rome\nskipped pump-9|low|hello|rome"; err != nil || said(b) != want {
		t.Errorf("%v\n%s", err, said(b))
	}
}

func TestAMappingGivesLabels(t *testing.T) {
	for labels, want := range map[string]string{
		"": "map[]",
		`{product: "pbx", pbx_version: 8.1, x: []}`: "map[pbx_version:8.1 product:pbx]",
		`"pbx"`: `labels gave "pbx"; let it give an object`,
		`null`:  "map[]",
	} {
		m := mapping()
		m.Labels = labels
		c, err := format.Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Read(t.Context(), []byte(events))
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(b.Alerts[0].Labels)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", labels, got, want)
		}
	}
}

func TestAMappingThatCannotWorkIsRefusedWithItsField(t *testing.T) {
	for field, spoil := range map[string]func(*intake.Mapping){
		"fingerprint: it is missing":   func(m *intake.Mapping) { m.Fingerprint = " " },
		"title: it is missing":         func(m *intake.Mapping) { m.Title = "" },
		"severity: this is no jq":      func(m *intake.Mapping) { m.Severity = ".a[" },
		"resolved: this is no jq":      func(m *intake.Mapping) { m.Resolved = "nosuch(1)" },
		"alerts: the expression is lo": func(m *intake.Mapping) { m.Alerts = strings.Repeat(".", 4001) },
	} {
		m := mapping()
		spoil(&m)
		var wrong *format.Error
		if _, err := format.Compile(m); !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestAnExpressionReadsTheBodyAloneAndEnds(t *testing.T) {
	for _, c := range []struct{ title, want string }{
		{`env | length | tostring`, ""},
		{`$ENV.HOME // "none"`, ""},
		{`input`, "title"},
		{`def f: f; f`, "takes longer"},
		{`error("no")`, "title"},
		{`[limit(100000000; repeat(1))] | length`, "takes "},
		{`reduce range(62) as $i ("ab"; . + .)`, "takes "}, // memory; on a busy machine its time is over before
		{`reduce range(62) as $i ([1]; . + .) | length`, "takes "},
	} {
		m := mapping()
		m.Title = c.title
		compiled, err := format.Compile(m)
		if err == nil {
			_, err = compiled.Read(t.Context(), []byte(events))
		}
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.title, err, c.want)
		}
	}
}

func TestAMappingThatLoopsTakesOneCore(t *testing.T) {
	loops, mapper := mapping(), format.NewMapper()
	loops.Title = `def f: f; f`
	ended := make(chan error, 1)
	go func() {
		_, _, err := mapper.Read(context.Background(), loops, []byte(events))
		ended <- err
	}()
	for err := error(nil); !errors.Is(err, intake.ErrBusy); { // until the other one has its turn
		select {
		case err := <-ended:
			t.Fatalf("both have their turns at once; the one that loops: %v", err)
		default:
		}
		soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, _, err = mapper.Read(soon, mapping(), []byte(events))
		cancel()
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "takes longer") {
		t.Errorf("the one that loops: %v", err)
	}
	if b, broken, err := mapper.Read(t.Context(), mapping(), []byte(events)); broken != nil || err != nil || len(b.Alerts) != 3 {
		t.Errorf("afterwards: %v %v %v", b, broken, err)
	}
}

func TestAThousandMutatedMessagesOfAMappingGetAnAnswer(t *testing.T) {
	m, err := format.Compile(mapping())
	if err != nil {
		t.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(7, 11))
	for range 1000 {
		mapped(t, m, mutated([]byte(events), dice))
	}
}

func mapped(t *testing.T, m *format.Mapping, body []byte) {
	b, err := m.Read(t.Context(), body)
	var wrong *format.Error
	if err != nil && (!errors.As(err, &wrong) || wrong.Problem == "") {
		t.Errorf("%q is refused with %v", body, err)
	}
	for _, a := range b.Alerts {
		if !reflect.DeepEqual(a, a.Bounded()) || a.Fingerprint == "" && a.Skip == "" {
			t.Errorf("not within its bounds: %+v", a)
		}
	}
}

func FuzzMapping(f *testing.F) {
	m, err := format.Compile(mapping())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(events))
	f.Fuzz(func(t *testing.T, body []byte) { mapped(t, m, body) })
}
