package dialplan

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/budgets"
	"hotline/config"
	"hotline/line"
	"hotline/numbers"
	"hotline/oncall/ring"
	"hotline/sip"
	"hotline/tickets"
)

func network(t *testing.T, text string) config.Network {
	t.Helper()
	var n config.Network
	if err := n.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return n
}

// carrier is a house with two trunks and a network of telephones.
func carrier(t *testing.T, limits config.Outgoing, alarm func(string)) *Dialler {
	return New(Config{
		SIP: config.SIP{
			TrustLoopback: true, Phones: []config.Network{network(t, "10.20.0.0/24"), network(t, "fd00::/64")},
			Trunks: []config.Trunk{
				{Name: "in"}, {Name: "carrier", Proxy: "sip:192.0.2.1:5060", Addresses: []config.Network{network(t, "192.0.2.0/28")}},
				{Name: "pbx", Addresses: []config.Network{network(t, "10.20.0.9")}}, {Name: "spare", Proxy: "sip:spare.example"},
			},
		},
		Limits: limits, Operator: []string{"sip:desk@reception.example", "+390612345"}, Alarm: alarm,
		Listed: func(number string) bool { return strings.HasSuffix(number, "612345") || number == "+1900" },
	})
}

func TestOnlyAllowedNumbersAreDialled(t *testing.T) {
	d := carrier(t, config.Outgoing{Prefixes: []string{"+39", "0"}, PerHour: 9, PerDay: 9}, nil)
	for _, bad := range []string{"", "+1900", "12", "0612@evil", "06;x=y", "0699999"} {
		if d.May(bad) {
			t.Errorf("%q may be dialled", bad)
		}
	}
	routes, err := d.Routes("0612345", ring.Introduction{})
	if want := []line.Route{{Address: "sip:0612345@192.0.2.1:5060", Trunk: "carrier"}, {Address: "sip:0612345@spare.example", Trunk: "spare"}}; !reflect.DeepEqual(routes, want) {
		t.Errorf("%v, %v", routes, err)
	}
	d.cfg.States = func() []sip.TrunkStatus { return []sip.TrunkStatus{{Name: "carrier", State: sip.TrunkFailing}} }
	if routes, err := d.Routes("0612345", ring.Introduction{}); err != nil || routes[0].Trunk != "spare" {
		t.Errorf("with the first trunk down: %v, %v", routes, err)
	}
}

func TestOnlySIPAddressesOfTheHouseAreSavedAndDialled(t *testing.T) {
	d := carrier(t, config.Outgoing{SIP: []string{"sip:anna@mobile.example", "pbx.example", "198.51.100.0/28"}, PerHour: 100, PerDay: 100}, nil)
	for _, good := range []string{
		"sip:anna@10.20.0.5", "sip:10.20.0.5:5080;transport=tcp", "sip:anna@127.0.0.1:5071", "sip:anna@[::1]:5060", "sip:anna@[fd00::7]", "sip:anna@[::ffff:10.20.0.5]",
		"sip:anna@mobile.example", "sip:Anna@Mobile.example", "sip:anybody@pbx.example", "sip:anna@PBX.example:5070;transport=tls", "sip:anna@198.51.100.7", "sip:desk@reception.example",
	} {
		if err := d.Check(good); err != nil || !d.May(good) {
			t.Errorf("%s is refused: %v", good, err)
		}
		if routes, err := d.Routes(good, ring.Introduction{}); err != nil || len(routes) != 1 || routes[0] != (line.Route{Address: good}) {
			t.Errorf("%s is dialled as %v, %v", good, routes, err)
		}
	}
	for _, bad := range []string{
		"sip:anna@evil.example", "sip:anna@203.0.113.7", "sip:bruno@mobile.example", "sip:anna@mobile.example:5080", "sip:anna@mobile.example.evil.example", "sip:anna@10.20.0.5.evil.example",
		"sip:anna@192.0.2.1", "sip:+39899000111@192.0.2.1:5060", "sip:+39899000111@192.0.2.9", "sip:+39899000111@10.20.0.9", "sip:+39899000111@spare.example", "sip:anna@10.20.1.5", "sip:anna@2130706433",
		"sip:anna@127.1", "sip:anna@[::ffff:203.0.113.7]", "sip:anna@10.20.0.5;maddr=203.0.113.7", "sip:anna@10.20.0.5;transport=udp;maddr=1.2.3.4", "sip:anna@10.20.0.5?Route=%3csip:evil%3e",
		"sip:anna@10.20.0.5@evil.example", "sip:anna:secret@10.20.0.5", "sip:anna@10.20.0.5,sip:b@evil.example", "sip:anna@10.20.0.5\r\nRoute: <sip:evil>", "sips:anna@10.20.0.5", "SIP:anna@10.20.0.5",
		"sip:", "sip:@10.20.0.5", "sip:anna@", "sip:anna@10.20.0.5:99999999", "sip:anna@10.20.0.5:99999", "sip:anna@10.20.0.5:0", "sip:anna@10.20.0.5:65536", "sip:" + strings.Repeat("a", 6000) + "@10.20.0.5",
	} {
		if err := d.Check(bad); !errors.Is(err, ErrNotAllowed) || d.May(bad) || len(err.Error()) > 500 {
			t.Errorf("%.80q may be dialled: %v", bad, err)
		}
		if routes, err := d.Routes(bad, ring.Introduction{}); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("%.80q is dialled as %v, %v", bad, routes, err)
		}
	}
	if err := d.Check("sip:anna@evil.example"); !strings.Contains(err.Error(), "outgoing.sip") {
		t.Errorf("the refusal names no remedy: %v", err)
	}
	here := New(Config{SIP: config.SIP{TrustLoopback: true, PublicIP: netip.MustParseAddr("203.0.113.20"), Phones: []config.Network{{Prefix: netip.MustParsePrefix("203.0.113.0/24")}},
		Listen: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:5060"), netip.MustParseAddrPort("203.0.113.21:5070")}, Secure: []netip.AddrPort{netip.MustParseAddrPort("[::]:5061")}},
		Machine: func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("203.0.113.40")} }})
	for _, own := range []string{"sip:x@127.0.0.1", "sip:x@127.0.0.1:5060", "sip:x@[::1]:5061;transport=tls", "sip:203.0.113.20", "sip:x@203.0.113.21:5070", "sip:x@[::ffff:127.0.0.1]", "sip:x@127.0.0.1:05060", "sip:x@127.0.0.1;transport=tls", "sip:x@[::ffff:203.0.113.20]", "sip:x@203.0.113.40", "sip:x@203.0.113.40:5061"} {
		if err := here.Check(own); !errors.Is(err, ErrNotAllowed) || !strings.Contains(err.Error(), "this line itself") {
			t.Errorf("the line would ring in itself at %s: %v", own, err)
		}
	}
	for _, other := range []string{"sip:x@127.0.0.1:5071", "sip:x@203.0.113.21", "sip:x@203.0.113.30:5060", "sip:x@203.0.113.40:5071"} {
		if err := here.Check(other); err != nil {
			t.Errorf("%s is another telephone: %v", other, err)
		}
	}
	if d := New(Config{SIP: config.SIP{}}); d.May("sip:anna@127.0.0.1") {
		t.Error("a machine that others run programs on is trusted")
	}
}

// TestNoSpellingLeadsPastPrefixesToATrunk reaches a trunk's proxy inside the house's own networks, where any telephone may be.
func TestNoSpellingLeadsPastPrefixesToATrunk(t *testing.T) {
	for proxy, spellings := range map[string][]string{
		"sip:127.0.0.1:5080":               {"127.0.0.1:5080", "127.0.0.1:05080", "[::ffff:127.0.0.1]:5080", "[::ffff:7f00:1]:5080", "127.0.0.1:5080;transport=tcp"},
		"sip:10.20.0.1":                    {"10.20.0.1", "10.20.0.1:5060", "10.20.0.1:05060", "[::ffff:10.20.0.1]", "[::ffff:a14:1]:5060"},
		"sip:10.20.0.1;transport=tls":      {"10.20.0.1;transport=tls", "10.20.0.1:5061", "10.20.0.1:5061;transport=tls"},
		"sips:10.20.0.1":                   {"10.20.0.1;transport=tls", "10.20.0.1:5061;transport=tls"},
		"sip:gateway@10.20.0.1:5062":       {"10.20.0.1:5062"},
		"sip:[fd00::1]:5060;transport=tcp": {"[fd00::1]", "[fd00:0:0::1]:5060", "[FD00::0001]"},
		"sip:pbx.example":                  {"pbx.example", "PBX.example:5060", "pbx.example.", "pbx.example.:05060"},
	} {
		d := New(Config{SIP: config.SIP{
			TrustLoopback: true, Phones: []config.Network{network(t, "10.20.0.0/24"), network(t, "fd00::/64")}, Trunks: []config.Trunk{{Name: "carrier", Proxy: proxy}},
		}, Limits: config.Outgoing{PerHour: 100, PerDay: 100}})
		for _, spelt := range spellings {
			if err := d.Check("sip:+39899000111@" + spelt); !errors.Is(err, ErrNotAllowed) || !strings.Contains(err.Error(), "trunk carrier") {
				t.Errorf("%s leads to the trunk at %s: %v", spelt, proxy, err)
			}
		}
		if err := d.Check("sip:anna@10.20.0.7"); err != nil {
			t.Errorf("a telephone beside the trunk at %s: %v", proxy, err)
		}
	}
}

func TestSIPAddressesAreCountedByTheCaps(t *testing.T) {
	limits := config.Outgoing{SIP: []string{"pbx.example"}, PerHour: 3, PerDay: 3, RequestPerHour: 1, RequestPerDay: 1}
	for telephone, most := range map[string]int{"sip:anna@pbx.example": 3, "sip:anna@10.20.0.5": 30} {
		d, placed := carrier(t, limits, nil), 0
		for i := range 100 {
			if _, err := d.Routes(telephone, ring.Introduction{Ticket: tickets.Number(i)}); err == nil {
				placed++
			}
		}
		if placed != most {
			t.Errorf("%s was called %d times, want %d", telephone, placed, most)
		}
	}
}

// TestCallersWithoutAContractCannotUseUpTheOthersCalls places every call that they can.
func TestCallersWithoutAContractCannotUseUpTheOthersCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := carrier(t, config.Outgoing{Prefixes: []string{"+39"}, PerHour: 60, PerDay: 300, RequestPerHour: 12, RequestPerDay: 60}, nil)
		ringAll := func(b ring.Budget, tickets_ int) (placed int) {
			for i := range 1000 {
				if _, err := d.Routes("+390612345", ring.Introduction{Budget: b, Ticket: tickets.Number(1 + i%tickets_)}); err == nil {
					placed++
				}
			}
			return placed
		}
		if r, o, c := ringAll(ring.OnRequest, 100), ringAll(ring.ForOperator, 100), ringAll(ring.UnderContract, 100); r != 12 || o != 12 || c != 60 {
			t.Errorf("placed %d on request, %d to the operator, %d under contract", r, o, c)
		}
		time.Sleep(23 * time.Hour)
		if c := ringAll(ring.UnderContract, 100); c != 60 {
			t.Errorf("a day later %d under contract", c)
		}
	})
}

// TestOneTicketThatNobodyAnswersLeavesCallsForTheOthers: it rings for an hour, as fast as it can.
func TestOneTicketThatNobodyAnswersLeavesCallsForTheOthers(t *testing.T) {
	d := carrier(t, config.Outgoing{Prefixes: []string{"+39"}, PerHour: 60, PerDay: 300}, nil)
	placed := 0
	for range 1000 {
		if _, err := d.Routes("+390612345", ring.Introduction{Ticket: 417}); err == nil {
			placed++
		}
	}
	if placed != 40 {
		t.Errorf("one ticket took %d of 60 calls", placed)
	}
	for n := range 5 { // each a chain of four telephones
		for range 4 {
			if _, err := d.Routes("+390612345", ring.Introduction{Ticket: tickets.Number(500 + n)}); err != nil {
				t.Errorf("ticket %d: %v", 500+n, err)
			}
		}
	}
}

// TestManyTicketsThatNobodyAnswersLeaveTheFirstChainToTheOthers: six plants stand still in one night and nobody wakes; each
// chain of four calls is called again and again. The seventh customer's chain is called all the same.
func TestManyTicketsThatNobodyAnswersLeaveTheFirstChainToTheOthers(t *testing.T) {
	d := carrier(t, config.Outgoing{Prefixes: []string{"+39"}, PerHour: 60, PerDay: 300}, nil)
	for range 4 { // at once, and after 5, 15 and 35 minutes
		for n := range 6 {
			for range 4 {
				_, _ = d.Routes("+390612345", ring.Introduction{Ticket: tickets.Number(417 + n)})
			}
		}
	}
	for range 4 {
		if _, err := d.Routes("+390612345", ring.Introduction{Ticket: 500}); err != nil {
			t.Errorf("the seventh customer: %v", err)
		}
	}
}

func TestAnAlarmComesBeforeTheCapAndAnotherAtIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var alarms []string
		d := carrier(t, config.Outgoing{Prefixes: []string{"+39"}, PerHour: 10, PerDay: 15}, func(text string) { alarms = append(alarms, text) })
		call := func(times int) (placed int) {
			for i := range times {
				if _, err := d.Routes("+390612345", ring.Introduction{Ticket: tickets.Number(i + 1)}); err == nil {
					placed++
				}
			}
			return placed
		}
		said := func(want int, words ...string) {
			t.Helper()
			if len(alarms) != want {
				t.Fatalf("%d alarms, want %d: %q", len(alarms), want, alarms)
			}
			for _, w := range words {
				if !strings.Contains(alarms[want-1], w) {
					t.Errorf("the alarm %q lacks %q", alarms[want-1], w)
				}
			}
		}
		call(4)
		said(0)
		call(1)
		said(1, "5 of the 10 calls", "within the hour", "ticket 1", "outgoing.per_hour")
		call(3)
		said(2, "within the day") // half of the day's
		if placed := call(50); placed != 2 {
			t.Errorf("%d more calls were placed", placed)
		}
		said(3, "nobody is called any more", "10 calls")
		time.Sleep(2 * time.Hour)
		if placed := call(50); placed != 5 {
			t.Errorf("two hours later %d calls were placed", placed)
		}
		said(4, "nobody is called any more", "within the day") // half of the hour's again, and all of the day's
		time.Sleep(25 * time.Hour)
		if placed := call(1); placed != 1 {
			t.Error("the day never ends")
		}
	})
}

func TestARestartGivesNoNewCalls(t *testing.T) {
	var kept []budgets.Spending
	limits := config.Outgoing{Prefixes: []string{"+39"}, PerHour: 4, PerDay: 8, RequestPerHour: 2, RequestPerDay: 2}
	before := carrier(t, limits, nil)
	before.caps.spent = func(s budgets.Spending) { kept = append(kept, s) }
	for _, as := range []ring.Introduction{{Ticket: 417}, {Ticket: 418}, {Ticket: 419}, {Ticket: 420, Budget: ring.OnRequest}} {
		for _, telephone := range []string{"+390612345", "sip:anna@10.20.0.5"} {
			if _, err := before.Routes(telephone, as); err != nil {
				t.Fatal(err)
			}
		}
	}
	after := carrier(t, limits, nil)
	after.Recall(append(kept, budgets.Spending{Budget: budgets.KindPIN, At: time.Now()}))
	if !reflect.DeepEqual(fmt.Sprint(after.caps.placed), fmt.Sprint(before.caps.placed)) {
		t.Errorf("a restart counts %v, before it %v", after.caps.placed, before.caps.placed)
	}
	if _, err := after.Routes("+390612345", ring.Introduction{Ticket: 421}); err != nil {
		t.Errorf("the last one of the hour: %v", err)
	}
	if _, err := after.Routes("+390612345", ring.Introduction{Ticket: 422}); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("one more than the hour's: %v", err)
	}
}

func FuzzNoSIPAddressLeavesTheHouse(f *testing.F) {
	for _, s := range []string{"sip:anna@10.20.0.5", "sip:anna@evil.example", "sip:[::1]", "sip:a@10.20.0.5;maddr=1.2.3.4", "sips:a@b"} {
		f.Add(s)
	}
	d := New(Config{SIP: config.SIP{Phones: []config.Network{{Prefix: netip.MustParsePrefix("10.20.0.0/24")}}}})
	f.Fuzz(func(t *testing.T, s string) {
		if !isSIP(s) || !d.May(s) {
			return
		}
		host := strings.TrimPrefix(s, "sip:")
		if i := strings.LastIndex(s, "@"); i >= 0 {
			host = s[i+1:]
		}
		host, _, _ = strings.Cut(host, ";")
		host = strings.TrimPrefix(host, "[::ffff:")
		if !strings.HasPrefix(host, "10.20.0.") {
			t.Errorf("%q is dialled", s)
		}
	})
}

// One number of the directory is dialled as each trunk wants it, in whatever spelling it stands in the directory.
func TestEachTrunkHasItsWayOfDialling(t *testing.T) {
	plan, err := numbers.For("IT")
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"+39", "06", "0039"} {
		d := New(Config{
			Plan: plan, Limits: config.Outgoing{Prefixes: []string{prefix}, PerHour: 100, PerDay: 100},
			SIP: config.SIP{Trunks: []config.Trunk{
				{Name: "a", Proxy: "sip:a.example"}, {Name: "b", Proxy: "sip:b.example", Dial: numbers.AsPlusLess},
				{Name: "c", Proxy: "sip:c.example", Dial: numbers.AsNational}, {Name: "d", Proxy: "sip:d.example", Dial: numbers.As00},
			}},
			Listed: func(string) bool { return true },
		})
		for _, spelling := range []string{"+39065551239", "065551239", "0039065551239", "39065551239"} {
			routes, err := d.Routes(spelling, ring.Introduction{})
			want := []line.Route{
				{Address: "sip:+39065551239@a.example", Trunk: "a"}, {Address: "sip:39065551239@b.example", Trunk: "b"},
				{Address: "sip:065551239@c.example", Trunk: "c"}, {Address: "sip:0039065551239@d.example", Trunk: "d"},
			}
			if err != nil || !reflect.DeepEqual(routes, want) {
				t.Errorf("%s below %s: %v, %v", spelling, prefix, routes, err)
			}
		}
	}
	d := New(Config{Plan: plan, Limits: config.Outgoing{Prefixes: []string{"0", "2"}, PerHour: 9, PerDay: 9}, Listed: func(string) bool { return true },
		SIP: config.SIP{Trunks: []config.Trunk{{Name: "a", Proxy: "sip:a.example", Dial: numbers.AsNational}}}})
	for number, may := range map[string]bool{"+12125550123": false, "0012125550123": false, "12125550123": false, "+39065551239": true, "+393331234567": false, "201": true, "301": false} {
		if d.May(number) != may {
			t.Errorf("%s may be dialled below 0 and 2: %v", number, !may)
		}
	}
}

func TestTrunksAndPrefixesAreExchangedWhileTheLineRuns(t *testing.T) {
	d := carrier(t, config.Outgoing{PerHour: 9, PerDay: 9}, nil)
	if d.May("+39612345") {
		t.Error("a number is dialled below no prefix")
	}
	d.Use([]config.Trunk{{Name: "other", Proxy: "sip:192.0.2.200"}}, []string{"+39"})
	routes, err := d.Routes("+39612345", ring.Introduction{})
	if want := []line.Route{{Address: "sip:+39612345@192.0.2.200", Trunk: "other"}}; !reflect.DeepEqual(routes, want) {
		t.Errorf("%v, %v", routes, err)
	}
	if err := d.Check("sip:anna@192.0.2.200"); !errors.Is(err, ErrNotAllowed) || !strings.Contains(err.Error(), "trunk other") {
		t.Errorf("the new trunk's address is a telephone: %v", err)
	}
}
