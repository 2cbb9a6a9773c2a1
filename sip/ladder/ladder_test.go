package ladder

import (
	"encoding/xml"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"hotline/sip/capture"
)

var (
	caller = netip.MustParseAddrPort("192.0.2.7:5060")
	line   = netip.MustParseAddrPort("127.0.0.1:5060")
	phone  = netip.MustParseAddrPort("192.0.2.9:5070")
	monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
)

func request(method, id, to string) []byte {
	return fmt.Appendf(nil, "%s sip:x SIP/2.0\r\nCall-ID: %s\r\nCSeq: 1 %[1]s\r\nTo: <%[3]s>\r\nSecret: 314159\r\n\r\nSignal=7\r\n", method, id, to)
}

func answer(code, method, id string) []byte {
	return fmt.Appendf(nil, "SIP/2.0 %s\r\ni: %s\r\nCSeq: 1 %s\r\n\r\n", code, id, method)
}

// hear gives a keeper one message.
func hear(k *Keeper, at time.Time, from, to netip.AddrPort, octets []byte) {
	k.Capture(capture.Message{At: at, From: from, To: to, Transport: "UDP", Sent: from == line, Octets: octets})
}

// called is a keeper that heard a call, the telephone that was rung for it, and what belongs to neither.
func called() *Keeper {
	k := New()
	at := func(seconds float64) time.Time { return monday.Add(time.Duration(seconds * float64(time.Second))) }
	hear(k, at(0), caller, line, request("INVITE", "one", "sip:hotline@x"))
	hear(k, at(0.1), line, caller, answer("200 OK", "INVITE", "one"))
	hear(k, at(0.2), caller, line, request("ACK", "one", "sip:hotline@x"))
	hear(k, at(5), line, phone, request("INVITE", "two", "sip:anna@192.0.2.9:5070"))
	hear(k, at(6), phone, line, answer("486 Busy <here>", "INVITE", "two"))
	hear(k, at(7), caller, line, request("OPTIONS", "three", "sip:hotline@x"))
	hear(k, at(8), caller, line, []byte("no message at all"))
	hear(k, at(9), caller, line, request("BYE", "one", "sip:hotline@x"))
	return k
}

func TestACallIsALadder(t *testing.T) {
	k := called()
	one, ok := k.Of("one")
	two, rung := k.Rung("sip:anna@192.0.2.9:5070", monday.Add(4*time.Second))
	if !ok || !rung || len(one.Messages) != 4 || len(two.Messages) != 2 {
		t.Fatalf("%+v, %+v", one, two)
	}
	parties := []Party{{Name: "caller & co", Calls: true, Dialog: one, Sum: "2 lost"}, {Name: "Anna", Dialog: two}}
	arrows := Arrows(parties, nil)
	var said []string
	for _, a := range arrows {
		said = append(said, fmt.Sprintf("%d>%d %s", a.From, a.To, a.Text))
	}
	want := "1>0 INVITE|0>1 200 OK (INVITE)|1>0 ACK|0>2 INVITE|2>0 486 Busy <here> (INVITE)|1>1 RTCP: 2 lost|1>0 BYE"
	if got := strings.Join(said, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	picture := Draw("SIP", []string{"line", "caller & co", "Anna"}, arrows, func(t time.Time) string { return t.Format("15:04:05.000") })
	if err := xml.Unmarshal(picture, new(any)); err != nil {
		t.Errorf("%v: %s", err, picture)
	}
	for _, never := range []string{"314159", "Signal", "<here>"} {
		if strings.Contains(string(picture), never) {
			t.Errorf("%q is in %s", never, picture)
		}
	}
	if _, ok := k.Of("three"); ok {
		t.Error("a sign of life is remembered")
	}
	if _, rung := k.Rung("sip:anna@192.0.2.9:5070", monday); rung {
		t.Error("a telephone was found that was rung at another time")
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	k := New()
	for n := range dialogsMost + 10 {
		hear(k, monday, caller, line, request("INVITE", fmt.Sprint(n), "sip:hotline@x"))
	}
	if _, ok := k.Of("9"); ok || len(k.by) != dialogsMost || counts(k)[refused] != dialogsMost {
		t.Errorf("%d dialogs are remembered", len(k.by))
	}
	for range messagesMost + 10 {
		hear(k, monday, caller, line, request("INFO", "100", "sip:hotline@x"))
	}
	if d, _ := k.Of("100"); len(d.Messages) != messagesMost || d.Left != 11 {
		t.Errorf("%d messages are remembered, and %d left out", len(d.Messages), d.Left)
	}
	hear(k, monday, caller, line, fmt.Appendf(nil, "INVITE x\r\nCall-ID: long\r\nCSeq: 1 %s\r\n\r\n", strings.Repeat("x", 1000)))
	if d, _ := k.Of("long"); len(d.Messages) != 1 || len(d.Messages[0].Text) > 2*textMost {
		t.Errorf("%+v", d)
	}
}

func TestCallsOfStrangersAreForgottenFirst(t *testing.T) {
	k := New()
	invite := func(id string) { hear(k, monday, caller, line, request("INVITE", id, "sip:hotline@x")) }
	invite("customer")
	hear(k, monday, line, caller, answer("200 OK", "INVITE", "customer"))
	k.Belongs("customer")
	hear(k, monday, line, phone, request("INVITE", "engineer", "sip:anna@x")) // rings yet
	invite("answered")
	hear(k, monday, line, caller, answer("200 OK", "INVITE", "answered"))
	for n := range 3 * dialogsMost {
		invite(fmt.Sprint(n))
		hear(k, monday, line, caller, answer("403 Forbidden", "INVITE", fmt.Sprint(n)))
	}
	for _, id := range []string{"customer", "engineer", "answered", fmt.Sprint(3*dialogsMost - 1)} {
		if _, ok := k.Of(id); !ok {
			t.Errorf("%s was forgotten for a stranger's call", id)
		}
	}
	if _, ok := k.Of("0"); ok || len(k.by) != dialogsMost {
		t.Errorf("%d dialogs are remembered", len(k.by))
	}
	for n := range 2 * dialogsMost {
		id := fmt.Sprint("customer", n)
		invite(id)
		k.Belongs(id)
	}
	if got := counts(k); got != [worths]int{0, reserved, 1, dialogsMost - reserved - 1} {
		t.Errorf("of each worth there are %v", got)
	}
	if _, ok := k.Of("customer"); ok {
		t.Error("the oldest of many customers' calls is remembered")
	}
}

// counts is how many dialogs there are of each worth.
func counts(k *Keeper) (n [worths]int) {
	for w := range k.held {
		n[w] = k.held[w].Len()
	}
	return n
}

func TestWhatIsWrittenIsForgottenFirst(t *testing.T) {
	k := New()
	invite := func(id string) { hear(k, monday, caller, line, request("INVITE", id, "sip:hotline@x")) }
	for _, id := range []string{"written", "customer"} {
		invite(id)
		hear(k, monday, line, caller, answer("200 OK", "INVITE", id))
		k.Belongs(id)
	}
	k.Written("written", "of another node")
	k.Belongs("written")
	hear(k, monday, line, caller, answer("200 OK", "INVITE", "written"))
	for n := range dialogsMost - 2 {
		invite(fmt.Sprint(n))
	}
	if d, ok := k.Of("written"); !ok || len(d.Messages) != 3 {
		t.Errorf("a dialog that is written was forgotten while there was room: %+v", d)
	}
	invite("one more")
	if _, ok := k.Of("written"); ok {
		t.Error("a dialog that is written was kept, and a stranger's call forgotten")
	}
	if _, ok := k.Of("customer"); !ok || len(k.by) != dialogsMost {
		t.Errorf("a customer's call was forgotten; %d are remembered", len(k.by))
	}
}

// TestAPartyThatMoves: a telephone behind a NAT that rebinds sends from another port, and is the same one.
func TestAPartyThatMoves(t *testing.T) {
	k := New()
	moved := netip.MustParseAddrPort("192.0.2.7:61000")
	hear(k, monday, caller, line, request("INVITE", "one", "sip:hotline@x"))
	hear(k, monday, moved, line, request("BYE", "one", "sip:hotline@x"))
	hear(k, monday, line, moved, answer("200 OK", "BYE", "one"))
	hear(k, monday, line, phone, request("INVITE", "two", "sip:anna@x"))
	hear(k, monday, moved, line, answer("200 OK", "INVITE", "two"))
	one, _ := k.Of("one")
	two, _ := k.Of("two")
	for n, want := range []Message{{At: monday, Forward: true, Text: "INVITE"}, {At: monday, Forward: true, Text: "BYE", Elsewhere: moved}, {At: monday, Text: "200 OK (BYE)", Elsewhere: moved}, {At: monday, Forward: true, Text: "INVITE"}, {At: monday, Text: "200 OK (INVITE)", Elsewhere: moved}} {
		if got := append(one.Messages, two.Messages...)[n]; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// TestNoOtherTextIsKept: what the other side writes of its own has no digit, and a method that nobody has registered is not repeated.
func TestNoOtherTextIsKept(t *testing.T) {
	for message, want := range map[string]string{
		"SIP/2.0 486 314159 was keyed": "486 xxxxxx was keyed (INVITE)", "SIP/2.0 200 ٣١٤١٥٩": "200 xxxxxx (INVITE)", "SIP/2.0 603": "603 (INVITE)",
		"PIN314159 sip:x SIP/2.0": "? (INVITE)", "INFO sip:314159@x SIP/2.0": "INFO (INVITE)",
	} {
		k := New()
		hear(k, monday, caller, line, request("INVITE", "one", "sip:314159@x"))
		hear(k, monday, caller, line, fmt.Appendf(nil, "%s\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n\r\n314159", message))
		hear(k, monday, caller, line, fmt.Appendf(nil, "BYE sip:x SIP/2.0\r\nCall-ID: one\r\nCSeq: 1 314159\r\n\r\n"))
		d, _ := k.Of("one")
		if len(d.Messages) != 3 || d.Messages[1].Text != want || d.Messages[2].Text != "BYE (?)" {
			t.Errorf("%q is kept as %+v", message, d.Messages)
		}
	}
}

// TestNothingOfAMessageIsHeldButWhatIsShown: a message that is remembered must not keep the whole of it in memory, where keys and
// passwords stand, and a stranger's Call-ID is as long as it likes.
func TestNothingOfAMessageIsHeldButWhatIsShown(t *testing.T) {
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	k, before := New(), held()
	for n := range 100 {
		for _, method := range []string{"INVITE", "ACK", "BYE"} {
			hear(k, monday, caller, line, request(method, fmt.Sprint(n), "sip:"+strings.Repeat("x", 60_000)))
		}
	}
	if after := held(); after > before+2<<20 {
		t.Errorf("100 dialogs hold %d KB", (after-before)>>10)
	}
	long := strings.Repeat("x", 10_000)
	hear(k, monday, caller, line, request("INVITE", long, "sip:hotline@x"))
	if _, ok := k.Of(long); ok || len(k.by) != 100 {
		t.Error("a Call-ID without bounds is remembered")
	}
}
