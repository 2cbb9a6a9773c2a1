package snmp

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	"go.uber.org/goleak"

	"hotline/intake"
	"hotline/intake/listener"
	"hotline/intake/listener/listenertest"
	"hotline/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bytesOf reads hexadecimal digits.
func bytesOf(digits string) []byte {
	b, err := hex.DecodeString(digits)
	if err != nil {
		panic(err)
	}
	return b
}

// A trap of version 1 (APC, on battery) and one of version 2c (UPS-MIB, on battery), as net-snmp sends them.
var (
	v1  = bytesOf("302702010004067075626c6963a41a06072b06010401823e4004c00002090201060201054301373000")
	v2c = bytesOf("305502010104067075626c6963a7480204320e057a020100020100303a300f06082b06010201010300430374bae73016060a" +
		"2b06010603010104010006082b06010201210201300f060a2b06010201210102030002010c")
)

// heard is a listener for tests with what became of its messages.
type heard struct {
	*Listener
	*listenertest.Manager
	t    *testing.T
	log  *bytes.Buffer
	stop func()
}

// secrets of the users of tests.
const password, secret = "authentication", "encryption"

// listen runs a listener at a port of its own, for sources at 127.0.0.1.
func listen(t *testing.T) *heard {
	t.Helper()
	here := listener.Networks{netip.MustParsePrefix("127.0.0.1/32")}
	h := &heard{t: t, Manager: listenertest.New(t), log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	var err error
	h.Listener, err = Open(t.Context(), Config{
		Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Reader: shippedReader(t), Taker: h.Manager, Name: "test", Now: time.Now, Log: log,
		Counts: h.Manager.Counts("snmp", log),
		Sources: []Source{
			{Origin: intake.Origin{Contract: "rossi", Installation: "plant"}, Networks: here, Community: "rossi-community"},
			{Origin: intake.Origin{Contract: "bianchi"}, Networks: here, Community: "bianchi-community", User: User{Name: "plain"}},
			{Origin: intake.Origin{Contract: "verdi"}, User: User{Name: "verdi", Authentication: "sha", Password: password, Encryption: "aes", Secret: secret}},
			{Origin: intake.Origin{Contract: "neri"}, Networks: here, User: User{Name: "neri", Authentication: "sha256", Password: password}},
			{Origin: intake.Origin{Contract: "gialli"}, Networks: here, User: User{Name: "gialli", Authentication: "md5", Password: password, Encryption: "des", Secret: secret}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.stop = listenertest.Run(t, h.Listener)
	return h
}

// tool runs a program of net-snmp; the words $ADDRESS stand for the listener.
func (h *heard) tool(args ...string) error {
	h.t.Helper()
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "$ADDRESS", h.Addresses()[0].String())
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+h.t.TempDir(), "MIBS=")
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// send sends datagrams from an address of this machine.
func (h *heard) send(from string, messages ...[]byte) {
	h.t.Helper()
	c, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(from)), net.UDPAddrFromAddrPort(h.Addresses()[0]))
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	for _, m := range messages {
		if _, err := c.Write(m); err != nil {
			h.t.Fatal(err)
		}
	}
}

func TestNetSNMPSendsTrapsOfEveryVersion(t *testing.T) {
	h := listen(t)
	link := []string{"1.3.6.1.2.1.2.2.1.1.3", "i", "3", "1.3.6.1.2.1.2.2.1.2.3", "s", "Gi0/3"}
	for _, x := range []struct {
		contract, fingerprint string
		args                  []string
	}{
		{"rossi", "192.0.2.9/ups on battery", []string{"snmptrap", "-v1", "-c", "rossi-community", "$ADDRESS", "1.3.6.1.4.1.318", "192.0.2.9", "6", "5", "55"}},
		{"bianchi", "192.0.2.9/link/3", append([]string{"snmptrap", "-v1", "-c", "bianchi-community", "$ADDRESS", "1.3.6.1.4.1.8072.3.2.10", "192.0.2.9", "2", "0", "55"}, link...)},
		{"rossi", "127.0.0.1/link/3", append([]string{"snmptrap", "-v2c", "-c", "rossi-community", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}, link...)},
		{"bianchi", "127.0.0.1/link/3", append([]string{"snmptrap", "-v3", "-u", "plain", "-l", "noAuthNoPriv", "-e", "0x8000000001020304", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}, link...)},
		{"neri", "127.0.0.1/link/3", append([]string{"snmptrap", "-v3", "-u", "neri", "-l", "authNoPriv", "-a", "SHA-256", "-A", password, "-e", "0x8000000001020304", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}, link...)},
		{"verdi", "127.0.0.1/link/3", append([]string{"snmptrap", "-v3", "-u", "verdi", "-l", "authPriv", "-a", "SHA", "-A", password, "-x", "AES", "-X", secret, "-e", "0x8000000001020305", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}, link...)},
		{"gialli", "127.0.0.1/link/3", append([]string{"snmptrap", "-v3", "-u", "gialli", "-l", "authPriv", "-a", "MD5", "-A", password, "-x", "DES", "-X", secret, "-e", "0x8000000001020306", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}, link...)},
	} {
		if err := h.tool(x.args...); err != nil {
			t.Fatal(err)
		}
		h.Becomes(listener.Alerts)
		got := h.Next()
		if string(got.Origin.Contract) != x.contract || got.Origin.Source != "snmp" || len(got.Batch.Alerts) != 1 || got.Batch.Alerts[0].Fingerprint != x.fingerprint {
			t.Errorf("%v: %+v", x.args, got)
		}
	}
}

func TestNetSNMPHearsThatItsInformWasTaken(t *testing.T) {
	h := listen(t)
	for _, args := range [][]string{
		{"snmpinform", "-v2c", "-c", "rossi-community", "-r", "2", "-t", "5", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.1"},
		{"snmpinform", "-v3", "-u", "plain", "-l", "noAuthNoPriv", "-r", "2", "-t", "5", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.1"},
		{"snmpinform", "-v3", "-u", "neri", "-l", "authNoPriv", "-a", "SHA-256", "-A", password, "-r", "2", "-t", "5", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.1"},
		{"snmpinform", "-v3", "-u", "verdi", "-l", "authPriv", "-a", "SHA", "-A", password, "-x", "AES", "-X", secret, "-r", "2", "-t", "5", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.1"},
		{"snmpinform", "-v3", "-u", "gialli", "-l", "authPriv", "-a", "MD5", "-A", password, "-x", "DES", "-X", secret, "-r", "2", "-t", "5", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.1"},
	} {
		if err := h.tool(args...); err != nil {
			t.Error(err)
		}
		if got := h.Next(); len(got.Batch.Alerts) != 2 {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

// While the store does not answer, nobody hears that an inform was taken; the one that is sent again then is taken once.
func TestAnInformIsAnsweredWhenItWasTaken(t *testing.T) {
	h := listen(t)
	h.Fails(storage.ErrDown)
	args := []string{"snmpinform", "-v2c", "-c", "rossi-community", "-r", "0", "-t", "1", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.1"}
	if err := h.tool(args...); err == nil {
		t.Error("an inform was answered that was not taken")
	}
	h.Becomes(listener.Alerts)
	h.Fails(nil)
	if got := h.Next(); len(got.Batch.Alerts) != 2 {
		t.Errorf("%+v", got)
	}
	if err := h.tool("snmpinform", "-v2c", "-c", "rossi-community", "-r", "2", "-t", "5", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.2"); err != nil {
		t.Error(err)
	}
}

// inform is one of version 2c.
func informMessage(t *testing.T, request uint32) []byte {
	t.Helper()
	p := &gosnmp.SnmpPacket{
		Version: gosnmp.Version2c, Community: "rossi-community", PDUType: gosnmp.InformRequest, RequestID: request,
		Variables: []gosnmp.SnmpPDU{{Name: ".1.3.6.1.2.1.1.3.0", Type: gosnmp.TimeTicks, Value: uint32(1)}, {Name: "." + oidTrap, Type: gosnmp.ObjectIdentifier, Value: ".1.3.6.1.6.3.1.1.5.3"}},
	}
	b, err := p.MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnInformThatComesAgainIsTakenOnce(t *testing.T) {
	h := listen(t)
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(h.Addresses()[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answer := make([]byte, 2000)
	for i := range 3 {
		if _, err := c.Write(informMessage(t, 7)); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := c.Read(answer)
		if err != nil {
			t.Fatal(err)
		}
		p, err := (&gosnmp.GoSNMP{}).SnmpDecodePacket(answer[:n])
		if err != nil || p.PDUType != gosnmp.GetResponse || p.RequestID != 7 || p.Error != gosnmp.NoError {
			t.Errorf("the answer is %+v (%v)", p, err)
		}
		h.Becomes(map[bool]listener.Result{true: listener.Alerts, false: listener.Repeated}[i == 0])
	}
	h.Next()
	if len(h.Taken) != 0 {
		t.Error("an inform was taken twice")
	}
}

func TestWhoDoesNotProveHimselfIsRefusedAndNamedOnce(t *testing.T) {
	h := listen(t)
	for _, x := range []struct {
		want listener.Result
		args []string
	}{
		{listener.Refused, []string{"snmptrap", "-v2c", "-c", "public", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}},
		{listener.Refused, []string{"snmptrap", "-v3", "-u", "nobody", "-l", "noAuthNoPriv", "-e", "0x8000000001020304", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}},
		{listener.Refused, []string{"snmptrap", "-v3", "-u", "verdi", "-l", "noAuthNoPriv", "-e", "0x8000000001020304", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}},
		{listener.Refused, []string{"snmptrap", "-v3", "-u", "verdi", "-l", "authNoPriv", "-a", "SHA", "-A", password, "-e", "0x8000000001020304", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}},
		{listener.Refused, []string{"snmptrap", "-v3", "-u", "neri", "-l", "authNoPriv", "-a", "SHA-256", "-A", "another password", "-e", "0x8000000001020304", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"}},
	} {
		if err := h.tool(x.args...); err != nil {
			t.Fatal(err)
		}
		h.Becomes(x.want)
	}
	h.send("127.0.0.1:0", []byte("hello"))
	h.Becomes(listener.Malformed)
	h.stop()
	if n := strings.Count(h.log.String(), "the community or the user is not that of a source"); n != 1 || strings.Contains(h.log.String(), "public") {
		t.Errorf("it is named %d times: %s", n, h.log)
	}
	if len(h.Taken) != 0 {
		t.Error("something was taken")
	}
}

func TestACopyOfAProvenTrapIsRefused(t *testing.T) {
	h := listen(t)
	user := User{Name: "neri", Authentication: "sha256", Password: password}
	g, _, err := user.reader()
	if err != nil {
		t.Fatal(err)
	}
	usm := g.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	usm.AuthoritativeEngineID, usm.AuthoritativeEngineBoots, usm.AuthoritativeEngineTime = "\x80\x00\x00\x00\x01abc", 3, 1000
	if err := usm.InitSecurityKeys(); err != nil {
		t.Fatal(err)
	}
	trap := &gosnmp.SnmpPacket{
		Version: gosnmp.Version3, MsgFlags: gosnmp.AuthNoPriv, SecurityModel: gosnmp.UserSecurityModel, SecurityParameters: usm, PDUType: gosnmp.SNMPv2Trap, MsgMaxSize: 65507,
		Variables: []gosnmp.SnmpPDU{{Name: "." + oidTrap, Type: gosnmp.ObjectIdentifier, Value: ".1.3.6.1.6.3.1.1.5.4"}},
	}
	b, err := marshal(trap)
	if err != nil {
		t.Fatal(err)
	}
	h.send("127.0.0.1:0", b, b)
	h.Becomes(listener.Alerts)
	h.Becomes(listener.Replayed)
}

// A storm is bounded, and every message of it is accounted for: taken, or counted as lost and told of.
func TestAStormIsBoundedAndCounted(t *testing.T) {
	h := listen(t)
	h.Fails(storage.ErrDown)
	const sent = 4000
	link := informMessage(t, 1)
	link[bytes.IndexByte(link, byte(gosnmp.InformRequest))] = byte(gosnmp.SNMPv2Trap)
	results := map[listener.Result]int{}
	for range sent / 100 {
		var some [][]byte
		for range 100 {
			some = append(some, link)
		}
		h.send("127.0.0.1:0", some...)
		for range 100 { // so that the kernel has no part in it
			results[<-h.Results]++
		}
	}
	if results[listener.Alerts] > listener.SourceMost {
		t.Errorf("%v: too many wait", results)
	}
	if results[listener.Alerts]+results[listener.Overflow]+results[listener.Rate] != sent {
		t.Errorf("%v do not add up to %d", results, sent)
	}
	h.Fails(nil)
	taken, told := 0, 0
	for taken < results[listener.Alerts] {
		got := h.Next()
		taken, told = taken+len(got.Batch.Alerts), told+got.Batch.Truncated
	}
	if told != sent-taken {
		t.Errorf("%d were taken, and of %d lost the tickets say %d", taken, sent-taken, told)
	}
	if n, _ := h.cfg.Counts.Lost(); n != sent-taken {
		t.Errorf("%d are counted as lost, want %d", n, sent-taken)
	}
}

// Whatever comes, the listener goes on: a thousand messages with a few octets of each changed.
func TestAThousandMutatedMessagesDoNoHarm(t *testing.T) {
	h := listen(t)
	seeds := [][]byte{v1, v2c, informMessage(t, 3)}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		m := bytes.Clone(seeds[i%len(seeds)])
		for range 1 + r.IntN(4) {
			m[r.IntN(len(m))] = byte(r.Uint32())
		}
		h.send("127.0.0.1:0", m[:1+r.IntN(len(m))])
		<-h.Results
	}
	if err := h.tool("snmptrap", "-v2c", "-c", "rossi-community", "$ADDRESS", "", "1.3.6.1.6.3.1.1.5.3"); err != nil {
		t.Fatal(err)
	}
	for {
		if got := h.Next(); got.Batch.Alerts[len(got.Batch.Alerts)-1].Fingerprint == "127.0.0.1/link" {
			return
		}
	}
}

func TestMessagesAreReadAsTheyGoOverTheWire(t *testing.T) {
	for _, text := range [][]byte{append(bytes.Clone(v1), v2c...), fmt.Appendf(nil, "%x\n%x", v1, v2c), fmt.Appendf(nil, "% x", append(bytes.Clone(v1), v2c...))} {
		b, err := Read(text)
		if err != nil || len(b.Alerts) != 2 || b.Alerts[0].Fingerprint != "192.0.2.9/ups on battery" || b.Alerts[1].Title != "the UPS runs on battery: 12 minutes left" {
			t.Errorf("%q: %+v %v", text, b, err)
		}
	}
}

func TestAUserThatCannotBeMeantIsRefused(t *testing.T) {
	for _, u := range []User{{Name: "a", Authentication: "crc", Password: password}, {Name: "a", Authentication: "sha", Password: "short"}, {Name: "a", Encryption: "aes", Secret: secret}, {Name: "a", Authentication: "sha", Password: password, Encryption: "rot13", Secret: secret}} {
		if _, err := Open(t.Context(), Config{Sources: []Source{{User: u}}, Counts: listener.NewCounts("snmp", nil, time.Now, slog.New(slog.DiscardHandler)), Now: time.Now}); err == nil {
			t.Errorf("%+v is taken", u)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(v1)
	f.Add(v2c)
	g, _, err := User{Name: "neri", Authentication: "sha256", Password: password}.reader()
	if err != nil {
		f.Fatal(err)
	}
	r := shippedReader(f)
	f.Fuzz(func(t *testing.T, message []byte) {
		for _, by := range []*gosnmp.GoSNMP{{}, g} {
			p, err := decode(by, message)
			if err != nil {
				continue
			}
			trap, err := trapOf(p, netip.Addr{})
			if err == nil {
				r.Alerts(trap)
			}
			_, _ = newEngine("x", time.Unix(epoch+9, 0)).response(p, time.Unix(epoch+10, 0))
		}
	})
}
