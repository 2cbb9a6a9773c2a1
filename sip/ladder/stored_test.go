package ladder

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// mainJob is what a keeper has of a blocking call: the caller, and an engineer who accepts and talks for three minutes, with reports every
// five seconds each way.
func mainJob(k *Keeper, id string) []Dialog {
	at := func(seconds float64) time.Time { return monday.Add(time.Duration(seconds * 1e9)) }
	here, there := id+"-7f3a90c1d2e4@192.0.2.7", id+"c41d8f0a9b7e6d5c4b3a"
	hear(k, at(0), caller, line, request("INVITE", here, "sip:hotline@x"))
	hear(k, at(0.001), line, caller, answer("100 Trying", "INVITE", here))
	hear(k, at(0.002), line, caller, answer("200 OK", "INVITE", here))
	hear(k, at(0.02), caller, line, request("ACK", here, "sip:hotline@x"))
	hear(k, at(20), line, phone, request("INVITE", there, "sip:anna@x"))
	for n, code := range []string{"100 Trying", "180 Ringing", "200 OK"} {
		hear(k, at(20.1+float64(n)), phone, line, answer(code, "INVITE", there))
	}
	hear(k, at(23), line, phone, request("ACK", there, "sip:anna@x"))
	dice := rand.New(rand.NewPCG(417, 3))
	for n := range 40 {
		for _, sent := range []bool{false, true} {
			for _, id := range []string{here, there} {
				k.Report(id, Report{
					At: at(25 + 5*float64(n) + dice.Float64()), Sent: sent, Sender: true, Measured: true, Lost: max(0, float64(dice.IntN(9)-5)) / 256,
					Jitter: time.Duration(dice.IntN(9000)) * time.Microsecond, RoundTrip: time.Duration(30000+dice.IntN(5000)) * time.Microsecond,
				})
			}
		}
	}
	hear(k, at(230), caller, line, request("BYE", here, "sip:hotline@x"))
	hear(k, at(230.01), line, caller, answer("200 OK", "BYE", here))
	hear(k, at(230.02), line, phone, request("BYE", there, "sip:anna@x"))
	hear(k, at(230.05), phone, line, answer("200 OK", "BYE", there))
	one, _ := k.Of(here)
	two, _ := k.Of(there)
	return []Dialog{one, two}
}

// shownOf is what a picture shows of dialogs, and ten times as exactly.
func shownOf(list ...Dialog) (said []string) {
	for _, d := range list {
		said = append(said, fmt.Sprint(d.ID, d.From, d.To, d.Transport, d.Left))
		for _, m := range d.Messages {
			said = append(said, fmt.Sprint(m.At.UnixMicro(), m.Forward, m.Text, m.Elsewhere))
		}
		for _, r := range d.Reports() {
			said = append(said, fmt.Sprint(r.At.UnixMilli(), r.Sent, r.Sender, r.Measured, fmt.Sprintf("%.3f", r.Lost), r.Jitter.Truncate(tenth), r.RoundTrip.Truncate(tenth), r.Of))
		}
	}
	return said
}

func part(t testing.TB, dialogs ...Dialog) Parts {
	t.Helper()
	p, err := NewWriter().Write(dialogs, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatIsWrittenIsReadAsItWas(t *testing.T) {
	dialogs := mainJob(New(), "a")
	p := part(t, dialogs...)
	k, err := p.Read()
	if err != nil || k.Left != 0 || len(k.Dialogs) != 2 {
		t.Fatalf("%d dialogs, %d left out, %v", len(k.Dialogs), k.Left, err)
	}
	if got, want := shownOf(k.Dialogs[dialogs[0].ID], k.Dialogs[dialogs[1].ID]), shownOf(dialogs...); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	later := mainJob(New(), "b")[1]
	k, err = append(append(p, part(t, later)...), part(t, dialogs[0])...).Read()
	if err != nil || len(k.Dialogs) != 3 || !reflect.DeepEqual(shownOf(k.Dialogs[later.ID]), shownOf(later)) {
		t.Errorf("with a telephone that was rung later there are %d dialogs, %v", len(k.Dialogs), err)
	}
}

func TestWhatIsWrittenOfOneCallIsBounded(t *testing.T) {
	dice := rand.New(rand.NewPCG(417, 1))
	var many []Dialog
	for n := range 100 {
		d := Dialog{ID: fmt.Sprint(n) + strings.Repeat("x", idMost-3)}
		for range messagesMost {
			text := make([]byte, textMost)
			for i := range text {
				text[i] = byte('A' + dice.IntN(58))
			}
			d.Messages = append(d.Messages, Message{At: monday, Text: string(text)})
		}
		many = append(many, d)
	}
	p := part(t, many...)
	k, err := p.Read()
	if err != nil || len(k.Dialogs) == 0 || len(k.Dialogs)+k.Left != 100 || len(p) > plainMost {
		t.Errorf("%d octets, %d dialogs, %d left out, %v", len(p), len(k.Dialogs), k.Left, err)
	}
	if _, first := k.Dialogs[many[0].ID]; !first {
		t.Error("the first dialog is left out")
	}
	for n := range many {
		many[n].Messages = many[n].Messages[:1]
	}
	if k, err = part(t, many...).Read(); err != nil || len(k.Dialogs) != dialogsHeld || k.Left != 60 {
		t.Errorf("%d short dialogs, %d left out, %v", len(k.Dialogs), k.Left, err)
	}
}

func TestOctetsThatNobodyWroteAreRefused(t *testing.T) {
	p := part(t, mainJob(New(), "a")...)
	if k, err := (Parts{}).Read(); err != nil || len(k.Dialogs) != 0 {
		t.Errorf("no parts are %+v, %v", k, err)
	}
	for _, bad := range []Parts{{0xff}, p[:len(p)-1], append(Parts{3}, "abc"...), append(p[:len(p):len(p)], 9)} {
		if _, err := bad.Read(); err == nil {
			t.Errorf("%d octets are read", len(bad))
		}
	}
	var bomb bytes.Buffer
	w, _ := flate.NewWriter(&bomb, flate.BestCompression)
	_, _ = fmt.Fprintf(w, `{"dialogs":[{"id":"%s"}]}`, strings.Repeat("x", 5<<20))
	_ = w.Close()
	if _, err := append(Parts(binary.AppendUvarint(nil, uint64(bomb.Len()))), bomb.Bytes()...).Read(); err == nil {
		t.Error("5 MB are read")
	}
}

// TestFormerPartsAreRead: what a former version wrote is never edited.
func TestFormerPartsAreRead(t *testing.T) {
	text, err := os.ReadFile("testdata/1.base64")
	if err != nil {
		t.Fatal(err)
	}
	octets, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	k, err := Parts(octets).Read()
	want := mainJob(New(), "a")
	if err != nil || !reflect.DeepEqual(shownOf(k.Dialogs[want[0].ID], k.Dialogs[want[1].ID]), shownOf(want...)) {
		t.Errorf("%+v, %v", k, err)
	}
}

// FuzzRead: whatever a store has, reading it ends.
func FuzzRead(f *testing.F) {
	f.Add([]byte(part(f, mainJob(New(), "a")...)))
	f.Add([]byte{1, 0})
	f.Fuzz(func(_ *testing.T, octets []byte) { _, _ = Parts(octets).Read() })
}

// BenchmarkWrite is what the ladder of a blocking call costs: time, and octets in the store.
func BenchmarkWrite(b *testing.B) {
	dialogs, w, octets := mainJob(New(), "a"), NewWriter(), 0
	b.ReportAllocs()
	for b.Loop() {
		p, err := w.Write(dialogs, 0)
		if err != nil {
			b.Fatal(err)
		}
		octets = len(p)
	}
	b.ReportMetric(float64(octets), "octets/call")
	plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(part(b, dialogs...)[2:])))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(plain)), "plain-octets/call")
}
