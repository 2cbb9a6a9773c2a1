package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// script is a SIPp scenario in the making. A scenario is a list of steps; the same words serve callers and those called.
type script struct {
	b       strings.Builder
	at      int // index of the next element, by which SIPp counts branches
	invite  int // index of the last INVITE sent
	seq     int // CSeq of the last request sent
	invited int // CSeq of the last INVITE sent
	called  bool
	fresh   bool     // the request belongs to no dialog
	names   []string // variables; SIPp wants each of them to be used
	labels  int
}

// step writes one element.
type step func(*script)

// scenario writes the steps to a file that sipp can play.
func scenario(t *testing.T, name string, steps ...step) string {
	t.Helper()
	s := &script{}
	fmt.Fprintf(&s.b, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"%s\">\n", name)
	for _, do := range steps {
		do(s)
	}
	if len(s.names) > 0 {
		fmt.Fprintf(&s.b, "<Reference variables=\"%s\"/>\n", strings.Join(s.names, ","))
	}
	s.b.WriteString("</scenario>\n")
	file := filepath.Join(t.TempDir(), "scenario.xml")
	if err := os.WriteFile(file, []byte(s.b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (s *script) element(format string, args ...any) {
	fmt.Fprintf(&s.b, format+"\n", args...)
	s.at++
}

// sound is a description of G.711 with keys; way is sendrecv, sendonly, inactive or recvonly, version counts up. A hold
// of the old kind has the address 0.0.0.0.
func sound(version int, way string) string {
	return described(version, way, "[media_ip]")
}

func described(version int, way, host string) string {
	return fmt.Sprintf("v=0\r\no=sipp 4711 %d IN IP4 [local_ip]\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio [media_port] RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=%s\r\n", version, host, way)
}

// message writes a message: head are its lines up to the last header, body may be empty; kind is the body's.
func (s *script) message(attributes, head, kind, body string) {
	if body != "" {
		head += "\nContent-Type: " + kind
	}
	s.element("<send%s><![CDATA[\n\n%s\nContent-Length: [len]\n\n%s\n]]></send>", attributes, head, strings.ReplaceAll(body, "\r\n", "\n"))
}

// dialogHeaders are those of a request of ours in the dialog.
func (s *script) dialogHeaders(method string, seq int, branch string) string {
	target, from, to := "sip:hotline@[remote_ip]:[remote_port]", "\"Rossi\" <sip:[service]@[local_ip]:[local_port]>;tag=[pid]SIPpTag00[call_number]", "<sip:hotline@[remote_ip]:[remote_port]>[peer_tag_param]"
	if s.fresh {
		to = "<sip:hotline@[remote_ip]:[remote_port]>"
	}
	if s.called {
		target, from, to = "[$target]", "[$own];tag=[pid]SIPpTag01[call_number]", "[$other]"
	}
	return fmt.Sprintf("%s %s SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=%s\nFrom: %s\nTo: %s\nCall-ID: [call_id]\nCSeq: %d %s\nContact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>",
		method, target, branch, from, to, seq, method)
}

// request sends a request; extra are header lines. Without a Max-Forwards among them it gets one.
func request(method, kind, body string, extra ...string) step {
	return func(s *script) {
		s.seq++
		if method == "INVITE" {
			s.invite, s.invited = s.at, s.seq
		}
		head := s.dialogHeaders(method, s.seq, "[branch]")
		if !strings.Contains(strings.Join(extra, "\n"), "Max-Forwards") {
			head += "\nMax-Forwards: 70"
		}
		for _, h := range extra {
			head += "\n" + h
		}
		s.message(` retrans="500"`, head, kind, body)
	}
}

func invites(body string, extra ...string) step {
	return request("INVITE", "application/sdp", body, extra...)
}

// invitesAnew is an INVITE of its own after a refusal: without the refusal's tag.
func invitesAnew(body string, extra ...string) step {
	return func(s *script) {
		s.fresh = true
		invites(body, extra...)(s)
		s.fresh = false
	}
}

// sends is a request without a body.
func sends(method string, extra ...string) step { return request(method, "", "", extra...) }

// acks acknowledges the last INVITE's 200.
func acks(body string) step {
	return func(s *script) {
		s.message("", s.dialogHeaders("ACK", s.invited, "[branch]")+"\nMax-Forwards: 70", "application/sdp", body)
	}
}

// acksRefusal acknowledges the last INVITE's refusal, within its transaction (RFC 3261 17.1.1.3).
func acksRefusal(s *script) {
	s.message("", s.dialogHeaders("ACK", s.invited, fmt.Sprintf("[branch-%d]", s.at-s.invite))+"\nMax-Forwards: 70", "", "")
}

// hears waits for an answer; look are what must be in it.
func hears(code int, look ...look) step {
	return func(s *script) { s.element("<recv response=\"%d\">%s</recv>", code, s.looks(look)) }
}

// mayHear lets an answer pass if it comes.
func mayHear(codes ...int) step {
	return func(s *script) {
		for _, c := range codes {
			s.element("<recv response=\"%d\" optional=\"true\"/>", c)
		}
	}
}

// isAsked waits for a request, at most for 90 s.
func isAsked(method string, look ...look) step {
	return func(s *script) {
		s.element("<recv request=\"%s\" timeout=\"90000\">%s</recv>", method, s.looks(look))
	}
}

// rings waits for the INVITE of a call, and keeps what answers and requests need.
func rings(look ...look) step {
	return func(s *script) {
		s.called = true
		look = append(look, look0("From:", ".*", "other"), look0("To:", ".*", "own"), look0("CSeq:", "[0-9]+", "number"), look0("Via:", ".*", "via"),
			look0("Contact:", "sip:[^>]*", "target"))
		isAsked("INVITE", look...)(s)
	}
}

// probedOrRings takes either of two things that a trunk's far end hears: a sign of life that is asked for, which is given
// and is the end of it, or a call, with which the steps go on. A sipp that plays it plays both, each as a call of its own.
func probedOrRings(call step, then ...step) []step {
	label := func(id string) step { return func(s *script) { s.b.WriteString("<label id=\"" + id + "\"/>\n") } }
	steps := []step{
		func(s *script) { s.element(`<recv request="OPTIONS" optional="true" next="90"/>`) }, call, func(s *script) { s.element(`<nop next="91"/>`) },
		label("90"), answers(200, ""), func(s *script) { s.element(`<nop next="92"/>`) }, label("91"),
	}
	return append(append(steps, then...), label("92"), waits(10))
}

// answers is an answer of ours to what was asked last.
func answers(code int, body string, extra ...string) step {
	return func(s *script) {
		head := fmt.Sprintf("SIP/2.0 %d Said\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]SIPpTag01[call_number]\n[last_Call-ID:]\n[last_CSeq:]", code)
		s.answer(head, code, body, extra)
	}
}

// answersInside is answers within a dialog, where the To has its tag.
func answersInside(code int, body string, extra ...string) step {
	return func(s *script) {
		s.answer(fmt.Sprintf("SIP/2.0 %d Said\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]", code), code, body, extra)
	}
}

// answersTheInvite answers the INVITE after something else was asked; who begins the tag, and so tells forks apart.
func answersTheInvite(who string, code int, body string, extra ...string) step {
	return func(s *script) {
		head := fmt.Sprintf("SIP/2.0 %d Said\nVia: [$via]\nFrom: [$other]\nTo: [$own];tag=%s[pid]SIPpTag01[call_number]\n[last_Call-ID:]\nCSeq: [$number] INVITE", code, who)
		s.answer(head, code, body, extra)
	}
}

func (s *script) answer(head string, code int, body string, extra []string) {
	if code > 100 {
		head += "\nContact: <sip:[local_ip]:[local_port];transport=[transport]>"
	}
	for _, h := range extra {
		head += "\n" + h
	}
	s.message("", head, "application/sdp", body)
}

// waits lets time pass, in which nothing unexpected may come.
func waits(milliseconds int) step {
	return func(s *script) { s.element("<pause milliseconds=\"%d\"/>", milliseconds) }
}

// look is what a message must hold.
type look struct {
	header, pattern, name string
	absent                bool
}

// says looks for a pattern in a header, such as "Require:", or in the body where the header is empty.
func says(header, pattern string) look { return look{header: header, pattern: pattern} }

// lacks is says where the pattern must not be there.
func lacks(header, pattern string) look { return look{header: header, pattern: pattern, absent: true} }

func look0(header, pattern, name string) look {
	return look{header: header, pattern: pattern, name: name}
}

func (s *script) looks(list []look) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("<action>")
	for _, l := range list {
		name := l.name
		if name == "" {
			name = fmt.Sprintf("seen%d", len(s.names))
		}
		s.names = append(s.names, name)
		where := `search_in="body"`
		switch {
		case l.header == "msg":
			where = `search_in="msg"`
		case l.header != "":
			where = fmt.Sprintf("search_in=\"hdr\" header=\"%s\"", l.header)
		}
		check := "check_it"
		if l.absent {
			check = "check_it_inverse"
		}
		pattern := strings.ReplaceAll(l.pattern, `"`, ".") // sipp reads no entities
		fmt.Fprintf(&b, "<ereg regexp=\"%s\" %s %s=\"true\" assign_to=\"%s\"/>", pattern, where, check, name)
	}
	b.WriteString("</action>")
	return b.String()
}
