package parse_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"hotline/limits"
	"hotline/mail"
	"hotline/mail/parse"
)

// seeds are mails as programs send them, and as nobody should.
func seeds() []string {
	return []string{
		"From: Guasti <guasti@rossi.example>\r\nTo: support@house.example\r\nSubject: =?utf-8?q?Forno_n=C2=B0_3?=\r\nMessage-ID: <1@rossi.example>\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nNon parte perch=E9 manca l'olio.\r\n",
		"From: a@b.example\r\nSubject: html\r\nContent-Type: text/html\r\n\r\n<html><head><title>no</title><style>p{}</style></head><body><p>Il forno&nbsp;3</p><script>alert(1)</script><p>non parte, vedi <a href=\"https://rossi.example/x\">qui</a></p><ul><li>uno<li>due</ul></body></html>",
		"From: a@b.example\r\nSubject: both\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\nplain\r\n--c\r\nContent-Type: text/html\r\n\r\n<b>html</b>\r\n--c--\r\n--b\r\nContent-Type: image/png; name=\"../../etc/passwd\"\r\nContent-Disposition: attachment; filename=\"../../etc/passwd\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n",
		"From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; x@y.example\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n",
		"From: ,,, <<>>\r\nTo: \"a@b\" <c@d>, e@f\r\nSubject: a\x00b\x1b[31m\r\n\tc\r\nReferences: <a> <b> <\r\nIn-Reply-To: x\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n\r\n--\r\n",
		"From someone Mon Nov 23 2026\nFrom: a@b.example\nSubject: mbox\n\ntext\n", "", "\r\n\r\n", "no header at all", "Subject: " + strings.Repeat("x", 5000) + "\r\n\r\n" + strings.Repeat("y", 50_000),
	}
}

func bounded(t *testing.T, raw string, l mail.Letter) {
	t.Helper()
	line := func(what, s string) {
		if utf8.RuneCountInString(s) > limits.Line || !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\n") {
			t.Errorf("%s is %q of %q", what, s, raw)
		}
	}
	for _, s := range append(append([]string{l.From, l.Name, l.Subject, l.MessageID, l.Date, l.ReturnPath, l.Bounce.Recipient, l.Bounce.Status, l.Bounce.Text, l.Marks.AutoReply, l.Marks.ContentType}, l.To...), l.References...) {
		line("a line", s)
	}
	for _, p := range l.Parts {
		line("a name", p.Name)
		line("a type", p.Type)
	}
	if utf8.RuneCountInString(l.Text) > limits.Text || !utf8.ValidString(l.Text) || strings.ContainsRune(l.Text, 0) {
		t.Errorf("the text of %q is no text", raw)
	}
	if len(l.To) > 100 || len(l.References) > 50 || len(l.Parts) > 100 {
		t.Errorf("%d recipients, %d references, %d parts", len(l.To), len(l.References), len(l.Parts))
	}
	mail.Decide(mail.Facts{Machine: l.Machine("house.example"), Bounce: l.Bounce.Recipient != ""})
	if got := mail.New(l.Text); got == "" && strings.TrimSpace(l.Text) != "" {
		t.Errorf("nothing is left of %q", l.Text)
	}
	if len(l.ID()) != 32 {
		t.Errorf("its ID is %q", l.ID())
	}
}

func TestMailsAreRead(t *testing.T) {
	s := seeds()
	for i, want := range map[int][3]string{
		0: {"guasti@rossi.example", "Forno n° 3", "Non parte perché manca l'olio."},
		1: {"a@b.example", "html", "Il forno 3\n\nnon parte, vedi qui <https://rossi.example/x>\n\n- uno\n- due"},
		2: {"a@b.example", "both", "plain"},
		5: {"a@b.example", "mbox", "text"},
		8: {"", "", "no header at all"},
	} {
		l, _ := parse.Read("x@y", nil, []byte(s[i]))
		if got := [3]string{l.From, l.Subject, strings.TrimSpace(l.Text)}; got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	if l, _ := parse.Read("", nil, []byte(s[2])); len(l.Parts) != 1 || l.Parts[0].Type != "image/png" || string(l.Parts[0].Data) != "\x00\x00\x00" {
		t.Errorf("attachments: %+v", l.Parts)
	}
	if l, _ := parse.Read("", nil, []byte(s[3])); !l.Bounce.Lasting() || l.Bounce.Recipient != "x@y.example" {
		t.Errorf("the report: %+v", l.Bounce)
	}
	if _, unread := parse.Read("", nil, []byte(strings.Repeat("Content-Type: multipart/mixed; boundary=a\r\n", 200)+"\r\nx")); unread == "" {
		t.Error("200 parts in each other were read")
	}
}

// TestAThousandMutatedMailsAreLetters: octets are changed, cut, doubled and moved; what comes out is bounded and is judged.
func TestAThousandMutatedMailsAreLetters(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := seeds()
	for range 1000 {
		raw := []byte(s[r.IntN(len(s))])
		for range 1 + r.IntN(8) {
			if len(raw) == 0 {
				break
			}
			a, b := r.IntN(len(raw)), r.IntN(len(raw))
			a, b = min(a, b), max(a, b)
			switch r.IntN(5) {
			case 0:
				raw[a] = byte(r.IntN(256))
			case 1:
				raw = append(raw[:a:a], raw[b:]...)
			case 2:
				raw = append(raw[:b:b], append([]byte(string(raw[a:b])), raw[b:]...)...)
			case 3:
				raw = append(raw[:a:a], append([]byte(fmt.Sprint(r.Int())), raw[a:]...)...)
			case 4:
				raw[a], raw[b] = raw[b], raw[a]
			}
		}
		l, _ := parse.Read("x@y.example", []string{"support@house.example"}, raw)
		bounded(t, string(raw), l)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, _ := parse.Read("x@y.example", []string{"support@house.example"}, raw)
		bounded(t, string(raw), l)
	})
}
