package snmp

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func shippedReader(t testing.TB) *Reader {
	t.Helper()
	r, err := NewReader()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The table keeps what it promises: some sixty notifications, each of its own, whose ends are ends of something that another one opens by
// the same parts.
func TestTheTableThatShipsIsWhole(t *testing.T) {
	table, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Events) < 60 {
		t.Errorf("it has %d notifications", len(table.Events))
	}
	if _, err := compile(table); err != nil {
		t.Fatal(err)
	}
	opens, names, oids := map[string][]Event{}, map[string]bool{}, map[string]string{}
	for _, e := range table.Events {
		if names[e.Name] {
			t.Errorf("%s stands there twice", e.Name)
		}
		names[e.Name] = true
		for _, oid := range spellings(strings.TrimSuffix(e.OID, ".*")) {
			if other := oids[oid]; other != "" {
				t.Errorf("%s and %s are both %s", e.Name, other, oid)
			}
			oids[oid] = e.Name
		}
		if e.Severity != "" || e.State != "" {
			problem := e.Problem
			if problem == "" {
				problem = e.Name
			}
			opens[problem] = append(opens[problem], e)
		}
		if e.Severity == "" && e.State == "" && len(e.Ends) == 0 {
			t.Errorf("%s does nothing", e.Name)
		}
	}
	for _, e := range table.Events {
		for _, over := range e.Ends {
			alike := func(o Event) bool { return len(o.Per) == len(e.Per) && slices.Equal(o.Row, e.Row) }
			if !slices.ContainsFunc(opens[over], alike) {
				t.Errorf("%s ends %q, which nothing opens by the same parts", e.Name, over)
			}
		}
	}
}

// line is what a notification becomes, in short.
func line(r *Reader, t Trap) string {
	var list []string
	for _, a := range r.Alerts(t) {
		a = a.Bounded()
		what := "open " + a.Severity
		if a.Resolved {
			what = "close"
		}
		list = append(list, fmt.Sprintf("%s %s: %s", what, a.Fingerprint, a.Title))
	}
	return strings.Join(list, "; ")
}

// says makes a notification of a device: an OID, and pairs of variable and value.
func says(oid string, pairs ...string) Trap {
	t := Trap{Device: netip.MustParseAddr("192.0.2.7"), OID: oid}
	for i := 0; i+1 < len(pairs); i += 2 {
		t.Varbinds = append(t.Varbinds, Varbind{pairs[i], pairs[i+1]})
	}
	return t
}

func TestNotificationsOpenAndEndProblems(t *testing.T) {
	r := shippedReader(t)
	for _, x := range []struct {
		trap Trap
		want string
	}{
		{says("1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.3", "3", "1.3.6.1.2.1.2.2.1.2.3", "Gi0/3"), "open major 192.0.2.7/link/3: 192.0.2.7: link down: Gi0/3"},
		{says("1.3.6.1.6.3.1.1.5.4", "1.3.6.1.2.1.2.2.1.8.3", "1"), "close 192.0.2.7/link/3: 192.0.2.7: link up"},
		{says("1.3.6.1.6.3.1.1.5.3"), "open major 192.0.2.7/link: 192.0.2.7: link down"},
		{says("1.3.6.1.6.3.1.1.5.1", "1.3.6.1.2.1.1.5.0", "core"), "close 192.0.2.7/agent: core: it has started anew (cold start); open warning 192.0.2.7/coldStart: core: it has started anew (cold start)"},
		{says("1.3.6.1.2.1.33.2.1", "1.3.6.1.2.1.33.1.2.3.0", "12"), "open critical 192.0.2.7/ups/1.3.6.1.2.1.33.1.6.3.2: 192.0.2.7: the UPS runs on battery: 12 minutes left"},
		{says("1.3.6.1.2.1.33.2.0.4", "1.3.6.1.2.1.33.1.6.2.1.2.9", "1.3.6.1.2.1.33.1.6.3.2"), "close 192.0.2.7/ups/1.3.6.1.2.1.33.1.6.3.2: 192.0.2.7: UPS, over: on battery"},
		{says("1.3.6.1.2.1.33.2.3", "1.3.6.1.2.1.33.1.6.2.1.2.9", "1.3.6.1.2.1.33.1.6.3.24"), "open info 192.0.2.7/ups/1.3.6.1.2.1.33.1.6.3.24: 192.0.2.7: UPS: a test is running"},
		{says("1.3.6.1.4.1.318.0.5"), "open critical 192.0.2.7/ups on battery: 192.0.2.7: the UPS runs on battery"},
		{says("1.3.6.1.4.1.318.0.9"), "close 192.0.2.7/ups on battery: 192.0.2.7: the UPS has mains power again"},
		{says("1.3.6.1.4.1.9.9.13.3.0.8", "1.3.6.1.4.1.9.9.13.1.4.1.2.4", "Fan 1", "1.3.6.1.4.1.9.9.13.1.4.1.3.4", "3"), "open critical 192.0.2.7/fan/4: 192.0.2.7: fan Fan 1: critical"},
		{says("1.3.6.1.4.1.9.9.13.3.0.8", "1.3.6.1.4.1.9.9.13.1.4.1.2.4", "Fan 1", "1.3.6.1.4.1.9.9.13.1.4.1.3.4", "1"), "close 192.0.2.7/fan/4: 192.0.2.7: fan Fan 1: normal"},
		{says("1.3.6.1.4.1.674.10892.5.3.2.1.0.2153", "1.3.6.1.4.1.674.10892.5.3.1.2.0", "Fan 2 has failed.", "1.3.6.1.4.1.674.10892.5.3.1.3.0", "5", "1.3.6.1.4.1.674.10892.5.3.1.6.0", "Fan.Embedded.2"), "open critical 192.0.2.7/part/Fan.Embedded.2: 192.0.2.7: Fan 2 has failed."},
		{says("1.3.6.1.4.1.674.10892.5.3.2.1.0.2155", "1.3.6.1.4.1.674.10892.5.3.1.3.0", "3", "1.3.6.1.4.1.674.10892.5.3.1.6.0", "Fan.Embedded.2"), "close 192.0.2.7/part/Fan.Embedded.2: 192.0.2.7: Fan.Embedded.2"},
		{says("1.3.6.1.4.1.232.0.3036", "1.3.6.1.4.1.232.3.2.5.1.1.6.0.4", "4"), "open major 192.0.2.7/physical drive/0.4: 192.0.2.7: physical drive : about to fail"},
		{says("1.3.6.1.2.1.43.18.2.0.1", "1.3.6.1.2.1.43.18.1.1.1.1.55", "55", "1.3.6.1.2.1.43.18.1.1.4.1.55", "8", "1.3.6.1.2.1.43.18.1.1.7.1.55", "808"), "open warning 192.0.2.7/printer/55: 192.0.2.7: printer: media empty (input tray)"},
		{says("1.3.6.1.2.1.43.18.2.0.1", "1.3.6.1.2.1.43.18.1.1.1.1.56", "56", "1.3.6.1.2.1.43.18.1.1.5.1.56", "55", "1.3.6.1.2.1.43.18.1.1.7.1.56", "1801"), "close 192.0.2.7/printer/55: 192.0.2.7: printer: over ()"},
		{says("1.3.6.1.4.1.99999.0.7"), "open  192.0.2.7/1.3.6.1.4.1.99999.0.7: 192.0.2.7: 1.3.6.1.4.1.99999.0.7"},
	} {
		if got := line(r, x.trap); got != x.want {
			t.Errorf("%s\n got %s\nwant %s", x.trap.OID, got, x.want)
		}
	}
}

// withTable reads traps by a table of the owner's and the one that ships.
func withTable(t *testing.T, table string) *Reader {
	t.Helper()
	own, err := ReadTable([]byte(table))
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(own)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnOwnersTableGoesBeforeTheOneThatShips(t *testing.T) {
	r := withTable(t, "varbinds: {pumpName: {oid: 1.3.6.1.4.1.99999.1.1}}\nevents:\n"+
		"  - {oid: 1.3.6.1.4.1.99999.0.7, name: pumpStands, title: 'pump {pumpName} stands still', severity: critical, problem: pump, row: [pumpName]}\n"+
		"  - {oid: 1.3.6.1.6.3.1.1.5.1, name: coldStart, title: started, severity: info}\n")
	for oid, want := range map[string]string{
		"1.3.6.1.4.1.99999.0.7": "open critical 192.0.2.7/pump/2: 192.0.2.7: pump north stands still", "1.3.6.1.6.3.1.1.5.1": "open info 192.0.2.7/coldStart: 192.0.2.7: started",
	} {
		if got := line(r, says(oid, "1.3.6.1.4.1.99999.1.1.2", "north")); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestAnOwnersNameOfAVariableIsShown: also where the table that ships has another name for it, by which its own events go on.
func TestAnOwnersNameOfAVariableIsShown(t *testing.T) {
	r := withTable(t, "varbinds: {port: {oid: 1.3.6.1.2.1.2.2.1.1}, status: {oid: 1.3.6.1.2.1.2.2.1.8, values: {'2': dark}}}\nevents:\n"+
		"  - {oid: 1.3.6.1.4.1.99999.0.7, name: portFails, title: 'port {port} is {status}', problem: port, row: [port]}\n")
	for oid, want := range map[string]string{
		"1.3.6.1.4.1.99999.0.7": "open  192.0.2.7/port/3: 192.0.2.7: port 3 is dark", "1.3.6.1.6.3.1.1.5.3": "open major 192.0.2.7/link/3: 192.0.2.7: link down: 3",
	} {
		trap := says(oid, "1.3.6.1.2.1.2.2.1.1.3", "3", "1.3.6.1.2.1.2.2.1.7.3", "1", "1.3.6.1.2.1.2.2.1.8.3", "2")
		if got := line(r, trap); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if text := r.Alerts(trap)[0].Text; !strings.Contains(text, "\nport.3: 3") || !strings.Contains(text, "\nstatus.3: 2 (dark)") || !strings.Contains(text, "\nifAdminStatus.3: 1 (up)") {
			t.Errorf("the text is %s", text)
		}
	}
	if got := fmt.Sprint(r.Synonyms()); got != "[{1.3.6.1.2.1.2.2.1.1 [port ifIndex]} {1.3.6.1.2.1.2.2.1.8 [status ifOperStatus]}]" {
		t.Errorf("the names of one variable are %s", got)
	}
	if plain, err := NewReader(); err != nil || len(plain.Synonyms()) > 0 {
		t.Errorf("the table that ships has several names for %v, %v", plain.Synonyms(), err)
	}
}

func TestATableThatCannotBeMeantIsRefused(t *testing.T) {
	for want, text := range map[string]string{
		"field pump not found": "pump: 1", "is no OID": "events: [{oid: linkDown, name: a, title: b}]", "needs a name and a title": "events: [{oid: 1.3.6}]",
		`"ifSpeed" is no variable`: "events: [{oid: 1.3.6, name: a, title: '{ifSpeed}'}]", "need a state": "events: [{oid: 1.3.6, name: a, title: b, over: ['1']}]",
		"varbinds.x.oid": "varbinds: {x: {oid: 1.}}",
	} {
		table, err := ReadTable([]byte(text))
		if err == nil {
			_, err = NewReader(table)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestNotificationsAreReadOutOfJSON(t *testing.T) {
	b, err := Read([]byte(`[{"from":"192.0.2.7","trap":".1.3.6.1.6.3.1.1.5.3","varbinds":{"1.3.6.1.2.1.2.2.1.1.3":3}},{"trap":"1.3.6.1.4.1.318.0.9"}]`))
	if err != nil || len(b.Alerts) != 2 || b.Alerts[0].Fingerprint != "192.0.2.7/link/3" || !b.Alerts[1].Resolved {
		t.Errorf("%+v %v", b, err)
	}
	for want, text := range map[string]string{
		"is empty": " \n", "neither a message": "hello", "is no OID": `{"trap":"linkDown"}`, "is no address": `{"trap":"1.3.6","from":"pbx"}`, "unknown field": `{"traps":1}`,
		"write a list": `{"trap":"1.3.6"} {}`, "message 1": "30 03 02 01", "varbinds": `{"trap":"1.3.6","varbinds":{"x":1}}`,
	} {
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range [][]byte{v2c, v1, []byte(`{"trap":"1.3.6.1.6.3.1.1.5.3","varbinds":{"1.3.6.1.2.1.2.2.1.1.3":3}}`), []byte("30 82 00 05 02 01 01")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Read(text)
		for _, a := range b.Alerts {
			if a.Fingerprint == "" || a.Title == "" {
				t.Errorf("%q: %+v", text, a)
			}
			if _, wrong := json.Marshal(a.Bounded()); wrong != nil {
				t.Error(wrong)
			}
		}
		_ = err
	})
}
