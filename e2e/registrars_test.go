package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"hotline/app"
)

// trunkView is what the API says of a trunk.
type trunkView struct{ Name, State, Error, Peer string }

func (h *house) trunks() (map[string]trunkView, error) {
	var list struct{ Trunks []trunkView }
	_, err := h.call(http.MethodGet, "/api/v1/trunks", nil, &list)
	out := map[string]trunkView{}
	for _, k := range list.Trunks {
		out[k.Name] = k
	}
	return out, err
}

// proven waits for a request with the right credentials of MD5 for user 0612 and password secret; a wrong one ends the scenario.
func proven(method string, looks ...look) step {
	return func(s *script) {
		s.labels++
		label := fmt.Sprint(s.labels)
		verify := `<verifyauth assign_to="right` + label + `" username="0612" password="secret"/></action>`
		looked := strings.TrimSuffix(s.looks(append(looks, says("msg", "response="))), "</action>")
		s.names = append(s.names, "right"+label)
		s.element("<recv request=\"%s\" timeout=\"90000\" next=\"%s\" test=\"right%s\">%s%s</recv>", method, label, label, looked, verify)
		answers(403, "")(s)
		s.element("<recv request=\"NEVER\" timeout=\"10\"/>")
		fmt.Fprintf(&s.b, "<label id=\"%s\"/>\n", label)
	}
}

func asks(realm, nonce, more string) string {
	return fmt.Sprintf(`WWW-Authenticate: Digest realm="%s", nonce="%s", qop="auth"%s`, realm, nonce, more)
}

// registrars are what a trunk may meet where it registers: its steps, the state that the house shows then, and words of
// the error.
func registrars() map[string]struct {
	state, words string
	steps        []step
} {
	again := func(n int, steps ...step) (all []step) {
		for range n {
			all = append(all, steps...)
		}
		return all
	}
	leaving := []step{isAsked("REGISTER", says("Expires:", " 0")), answersInside(200, "")}
	return map[string]struct {
		state, words string
		steps        []step
	}{
		"md5": {"registered", "", append([]step{
			isAsked("REGISTER", lacks("msg", "Authorization:")), answers(401, "", asks("carrier", "n1", ", algorithm=MD5")),
			proven("REGISTER", says("Authorization:", `nonce="n1"`)), answers(200, "", "Expires: 20"),
			proven("REGISTER", says("Authorization:", `nonce="n1"`), says("Authorization:", "nc=00000002")), // the refresh
			answers(401, "", asks("carrier", "n2", ", algorithm=MD5, stale=true")),
			proven("REGISTER", says("Authorization:", `nonce="n2"`)), answers(200, "", "Expires: 600"),
		}, leaving...)},
		"sha256": {"registered", "", append([]step{
			isAsked("REGISTER"), answers(401, "", asks("carrier", "n1", ", algorithm=MD5"), asks("carrier", "n1", ", algorithm=SHA-256")),
			isAsked("REGISTER", says("Authorization:", "algorithm=SHA-256"), says("Authorization:", "response=\"[0-9a-f]{64}\"")), answers(200, "", "Expires: 600"),
		}, leaving...)},
		"too-brief": {"registered", "", append([]step{
			isAsked("REGISTER", says("Expires:", "60")), answers(423, "", "Min-Expires: 900"), isAsked("REGISTER", says("Expires:", "900")), answers(200, "", "Expires: 900"),
		}, leaving...)},
		"forbidden": {"refused", "403", append(again(3, isAsked("REGISTER"), answers(403, "")), waits(9000))},
		"harvester": {"refused", "realm", append(again(3, isAsked("REGISTER", lacks("msg", "Authorization:")), answers(401, "", asks("evil", "x", ", algorithm=MD5"))), waits(9000))},
		"liar": {"refused", "password", append(again(3, isAsked("REGISTER"), answers(401, "", asks("carrier", "n1", ", algorithm=MD5")),
			isAsked("REGISTER"), answers(401, "", asks("carrier", "n2", ", algorithm=MD5"))), waits(9000))},
		"overloaded": {"registered", "", append([]step{
			isAsked("REGISTER"), answers(503, "", "Retry-After: 2"), waits(1200), isAsked("REGISTER"), answers(200, "", "Expires: 600"),
		}, leaving...)},
	}
}

// TestRegistrarsOfEverySort lets one house hang on a registrar of each sort at the same time, each played by SIPp.
func TestRegistrarsOfEverySort(t *testing.T) {
	t.Parallel()
	var settings strings.Builder
	settings.WriteString("sip:\n  trunks:\n")
	var sippers []*listening
	for name, r := range registrars() {
		l := listen(t, name, freePort(t), r.steps...)
		sippers = append(sippers, l)
		fmt.Fprintf(&settings, "    - {name: %s, registrar: \"sip:127.0.0.1:%d\", register: true, user: \"0612\", password: secret, realm: carrier, expires: 1m}\n", name, l.port)
	}
	byAddress := listen(t, "by address", freePort(t), isAsked("OPTIONS"), answers(200, ""))
	fmt.Fprintf(&settings, "    - {name: by-address, proxy: \"sip:127.0.0.1:%d\", keep_alive: 1h}\n    - {name: nobody, proxy: \"sip:127.0.0.1:%d\"}\n", byAddress.port, freePort(t))
	h := open(t, "--config", settingsFile(t, settings.String()+"outgoing: {prefixes: [\"+39\"]}\n"))
	eventually(t, 40*time.Second, "every trunk is in the state that its far end brings", func() error {
		all, err := h.trunks()
		if err != nil {
			return err
		}
		want := map[string][2]string{"by-address": {"reachable", ""}, "nobody": {"failing", "sign of life"}}
		for name, r := range registrars() {
			want[name] = [2]string{r.state, r.words}
		}
		for name, w := range want {
			if k := all[name]; k.State != w[0] || !strings.Contains(k.Error, w[1]) {
				return fmt.Errorf("%s: %+v, want %q", name, k, w)
			}
		}
		return nil
	})
	out, err := exec.Command(program(), "trunk", "status", "--api", "http://"+h.http, "--token", app.DemoToken).CombinedOutput()
	said := strings.Join(strings.Fields(string(out)), " ")
	for _, line := range []string{"md5 registered since", "by-address reachable since", "nobody failing since", "forbidden refused since", "403 Said; 3 times in a row"} {
		if !strings.Contains(said, line) {
			t.Errorf("hotline trunk status (%v) lacks %q:\n%s", err, line, out)
		}
	}
	pause(18 * time.Second) // the refresh of a registration that lives for 20 s
	h.close()
	for _, l := range append(sippers, byAddress) {
		l.done(5 * time.Second)
	}
}

// TestAnEngineerIsReachedByTheNextTrunk has three trunks: the first one is out of order, the second one's first place is
// dead, its second one asks for credentials at the INVITE and at the BYE. What is told of the caller is told there.
func TestAnEngineerIsReachedByTheNextTrunk(t *testing.T) {
	t.Parallel()
	broken, good, dead := freePort(t), freePort(t), freePort(t)
	deaf, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", dead))
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	dns := serveNames(t, names{
		services: map[string][]uint16{"_sip._udp.carrier.test": {uint16(dead), uint16(good)}}, hosts: map[string]net.IP{"host.test": net.IPv4(127, 0, 0, 1)},
	})
	challenge := func(nonce string) string {
		return fmt.Sprintf(`Proxy-Authenticate: Digest realm="carrier.test", nonce="%s", qop="auth", algorithm=MD5`, nonce)
	}
	looks := []look{
		says("From:", "sip:.390612345@carrier.test"), says("P-Asserted-Identity:", "sip:.390699999@carrier.test"), says("Diversion:", "reason=unconditional"),
		says("History-Info:", "index=1.1"), says("Route:", "carrier.test;lr"),
	}
	first := listen(t, "broken", broken, probedOrRings(rings(), answers(503, ""), isAsked("ACK"))...)
	second := listen(t, "good", good, probedOrRings(rings(looks...),
		answers(407, "", challenge("n1")), isAsked("ACK"),
		rings(says("Proxy-Authorization:", `nonce="n1"`), says("msg", "response=")), answers(180, ""), answers(200, sound(1, "sendrecv")), isAsked("ACK", says("Proxy-Authorization:", "response=")),
		isAsked("BYE"), answersInside(407, "", challenge("n2")), isAsked("BYE", says("Proxy-Authorization:", `nonce="n2"`)), answersInside(200, ""),
	)...)
	h := open(t, "--config", settingsFile(t, fmt.Sprintf(`
sip:
  dns: %s
  trunks:
    - {name: broken, proxy: "sip:127.0.0.1:%d", keep_alive: 1h}
    - {name: carrier, proxy: "sip:carrier.test", user: "0612", password: secret, caller_number: "+390699999", show_caller: true, keep_alive: 1h}
outgoing: {prefixes: ["+39"]}
escalation: {dead: 2s, key: 5s, rounds: 1}
`, dns, broken)))
	h.onCall([]string{"anna"}, []string{"+39331000111"})
	h.needs(t, "0612345")
	h.ends(t, 60*time.Second)
	first.done(5 * time.Second)
	second.done(5 * time.Second)
	if v, err := h.latest(); err != nil || !strings.Contains(fmt.Sprint(v.History), "anna at +39331000111: no key") {
		t.Errorf("history is %v, %v", v.History, err)
	}
}
