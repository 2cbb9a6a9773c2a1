package dialplan

import (
	"errors"
	"strings"
	"testing"

	"hotline/config"
	"hotline/numbers"
	"hotline/oncall/ring"
)

// What is saved as a telephone, and what is dialled, whatever the owner's prefixes and trunks are: a table.
func TestEmergencyAndServiceNumbersAreNobodysTelephone(t *testing.T) {
	plan, err := numbers.For("IT")
	if err != nil {
		t.Fatal(err)
	}
	const emergency, service = "is an emergency number, which this line never rings; write the telephone's whole number, or its SIP address", "is the number of a service; write the telephone's whole number, or list the prefix"
	for _, row := range []struct {
		prefixes []string
		address  string
		refused  string // empty: it is saved
		dialled  bool
	}{
		{[]string{"+39"}, "112", emergency, false},
		{[]string{"+39"}, "+39112", emergency, false}, // which a trunk with dial: national would get as 112
		{[]string{"+39"}, "+39 118", emergency, false},
		{[]string{"1"}, "118", emergency, false},
		{[]string{"+", "0", "1", "9"}, "115", emergency, false},
		{[]string{"+", "0", "1", "9"}, "911", emergency, false},
		{[]string{"+", "0", "1", "9"}, "+1911", emergency, false},
		{[]string{"+39"}, "117", service, false},
		{[]string{"+39"}, "1254", service, false},
		{[]string{"+39"}, "4888", "", false}, // no service has it; it waits for its prefix
		{[]string{"12"}, "1254", "", true},   // an extension, as the owner says
		{[]string{"2"}, "201", "", true},
		{[]string{"+39"}, "201", "", false},
		{[]string{"+39"}, "+393331234567", "", true},
		{[]string{"+39"}, "sip:112@10.20.0.5", "", true}, // an account at a telephone of the house
		{[]string{"+39"}, "sip:112@pbx.example", emergency, false},
		{[]string{"+39"}, "sip:%3112@198.51.100.7", emergency, false},
		{[]string{"+39"}, "sip:201@pbx.example", "", true},
		{[]string{"+39"}, "sip:115@door.example", "", true}, // the owner has listed the whole address
	} {
		d := New(Config{
			SIP:    config.SIP{Phones: []config.Network{network(t, "10.20.0.0/24")}, Trunks: []config.Trunk{{Name: "carrier", Proxy: "sip:192.0.2.1", Dial: numbers.AsNational}}},
			Limits: config.Outgoing{Prefixes: row.prefixes, PerHour: 9, PerDay: 9, SIP: []string{"pbx.example", "198.51.100.0/28", "sip:115@door.example"}},
			Listed: func(string) bool { return true }, Plan: plan,
		})
		switch err := d.Check(row.address); {
		case row.refused == "" && err != nil:
			t.Errorf("%s below %q is not saved: %v", row.address, row.prefixes, err)
		case row.refused != "" && (!errors.Is(err, ErrNotAllowed) || !strings.Contains(err.Error(), row.refused)):
			t.Errorf("%s below %q is saved, or refused by %v", row.address, row.prefixes, err)
		}
		if d.May(row.address) != row.dialled {
			t.Errorf("%s below %q may be dialled: %v", row.address, row.prefixes, !row.dialled)
		}
		if routes, err := d.Routes(row.address, ring.Introduction{}); (err == nil) != row.dialled {
			t.Errorf("%s below %q is dialled as %v, %v", row.address, row.prefixes, routes, err)
		}
	}
}
