package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"hotline/strictyaml"
)

func TestAnEmptyFileHasTheDefaults(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n"} {
		c, err := Parse("hotline.yaml", []byte(text))
		c.Written = Written{}
		if err != nil || !reflect.DeepEqual(c, Default()) {
			t.Errorf("%q: %+v (%v), want the defaults", text, c, err)
		}
	}
	d := Default()
	if d.SIP.Listen[0].Port() != 5060 || d.SIP.Listen[1].Port() != 5060 || d.HTTP.Listen.String() != "127.0.0.1:8080" || d.RTP.Ports.String() != "10000-19999" {
		t.Errorf("the fixed defaults moved: %+v", d)
	}
}

func TestTheExampleShowsEverySettingWithItsDefault(t *testing.T) {
	path := filepath.Join("..", "deploy", "hotline.example.yaml")
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got, want := normal(c), normal(Default())
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the example is\n%+v\nthe defaults are\n%+v", got, want)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range fieldNames(reflect.TypeFor[Config]()) {
		if !strings.Contains(string(text), name+":") {
			t.Errorf("the example does not show %s", name)
		}
	}
	var plain []string
	for _, l := range strings.Split(string(text), "\n") {
		if field, ok := strings.CutPrefix(strings.TrimSpace(l), "# "); ok && strings.Contains(field, ": ") && strings.HasPrefix(l, "# ") && !strings.Contains(field, ":  ") {
			plain = append(plain, field)
		}
	}
	if len(plain) == 0 {
		t.Error("the example shows no setting that has no default")
	}
}

func TestAFieldIsFoundOnItsLine(t *testing.T) {
	c, err := Parse("/etc/hotline.yaml", []byte("language: de\n\nsip:\n  # the carrier\n  trunks:\n    - {name: a, addresses: [192.0.2.1]}\n"))
	if err != nil || c.Written.File != "/etc/hotline.yaml" {
		t.Fatalf("%v, %q", err, c.Written.File)
	}
	for field, want := range map[string]int{"language": 1, "sip": 3, "sip.trunks": 5, "calendar": 0} {
		if n, ok := c.Written.Line(field); n != want || ok != (want > 0) {
			t.Errorf("%s is on line %d (%v), want %d", field, n, ok, want)
		}
	}
	if _, ok := Default().Written.Line("language"); ok {
		t.Error("a configuration that nobody wrote has lines")
	}
}

// normal makes empty and absent lists alike; where it was read does not count.
func normal(c Config) Config {
	c.Written = Written{}
	if len(c.SIP.Trunks) == 0 {
		c.SIP.Trunks = nil
	}
	if len(c.Speech.RecordingLine.Engineers) == 0 {
		c.Speech.RecordingLine.Engineers = nil
	}
	if len(c.Alerts.SNMP.Listen)+len(c.Alerts.SNMP.Sources) == 0 {
		c.Alerts.SNMP = SNMP{}
	}
	if s := c.Alerts.Syslog; len(s.UDP)+len(s.TCP)+len(s.Secure)+len(s.Sources)+len(s.Rules) == 0 && s.TLS == (SyslogTLS{}) {
		c.Alerts.Syslog = Syslog{}
	}
	if len(c.Browser.UDP)+len(c.Browser.TCP)+len(c.Browser.Addresses) == 0 {
		c.Browser.UDP, c.Browser.TCP, c.Browser.Addresses = nil, nil, nil
	}
	if len(c.SIP.Phones) == 0 {
		c.SIP.Phones = nil
	}
	if len(c.SIP.Secure) == 0 {
		c.SIP.Secure = nil
	}
	if len(c.SIP.Accounts) == 0 {
		c.SIP.Accounts = nil
	}
	if len(c.Operator.Numbers) == 0 {
		c.Operator.Numbers = nil
	}
	if len(c.Languages) == 0 {
		c.Languages = nil
	}
	if len(c.Outgoing.SIP) == 0 {
		c.Outgoing.SIP = nil
	}
	if len(c.Outgoing.Prefixes) == 0 {
		c.Outgoing.Prefixes = nil
	}
	return c
}

func fieldNames(typ reflect.Type) []string {
	var names []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		name := f.Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		if name != ",inline" {
			names = append(names, name)
		}
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.PkgPath() == typ.PkgPath() {
			names = append(names, fieldNames(inner)...)
		}
	}
	return names
}

func TestAWholeConfiguration(t *testing.T) {
	c, err := Parse("hotline.yaml", []byte(`
sip:
  listen: ["192.0.2.1:5070"]
  public_ip: 198.51.100.7
  accept: anyone
  trunks:
    - name: carrier
      addresses: [192.0.2.16/28, "2001:db8::1"]
      proxy: "sip:192.0.2.17:5060;transport=tcp"
      caller_number: "+390612345678"
  phones: [10.20.0.77/24]
rtp: {ports: 20000-20999}
http: {listen: "[::1]:9090"}
data: /srv/hotline
database: {url_file: /etc/hotline/database.url}
pin_key_file: /etc/hotline/pin.key
operator: {numbers: ["sip:desk@10.20.0.5", "+390612345600"], calendar: long}
calendar: always
language: en
languages: {"+390612345699": en, "100": it}
outgoing: {prefixes: ["+39"], per_hour: 5, per_day: 10}
escalation: {ring: 25s, dead: 3s, rounds: 3}
mail: {server: "mail.example.org:465", security: tls, from: "Support <hotline@example.org>", user: u, password: p, staff: [a@example.org], manager: [b@example.org]}
log_level: debug
`))
	if err != nil {
		t.Fatal(err)
	}
	trunk := c.SIP.Trunks[0]
	for what, ok := range map[string]bool{
		"listen":   c.SIP.Listen[0] == netip.MustParseAddrPort("192.0.2.1:5070") && len(c.SIP.Listen) == 1,
		"public":   c.SIP.PublicIP == netip.MustParseAddr("198.51.100.7"),
		"trunk":    trunk.Name == "carrier" && trunk.Addresses[1].Prefix == netip.MustParsePrefix("2001:db8::1/128"),
		"phones":   c.SIP.Phones[0].Prefix == netip.MustParsePrefix("10.20.0.0/24"),
		"ports":    c.RTP.Ports == Ports{20000, 20999},
		"ring":     c.Escalation.Ring == 25*time.Second && c.Escalation.Key == 15*time.Second,
		"mail":     c.Mail.Server == "mail.example.org:465" && c.Mail.Security == MailTLS && c.Mail.User == "u" && c.Mail.Staff[0] == "a@example.org",
		"language": c.Languages["100"] == "it" && c.Languages["+390612345699"] == "en",
	} {
		if !ok {
			t.Errorf("%s was not read: %+v", what, c)
		}
	}
}

// Each complaint names the line, the field and what to do about it.
func TestComplaints(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"sip:\n  listne: [a]\n", `hotline.yaml:2: sip.listne: there is no field "listne"; see deploy/`},
		{"sip:\n  listen: here\n", `hotline.yaml:2: sip.listen: "here" does not fit here; write a list`},
		{"sip:\n  listen: [here]\n", `hotline.yaml:2: sip.listen[0]: this is no address with a port; write an address and a port, such as 0.0.0.0:5060`},
		{"http: {listen: localhost}\n", `hotline.yaml:1: http.listen: this is no address with a port; write`},
		{"\xff\xfed\x00", `hotline.yaml: the file is no UTF-8 text; save it as UTF-8`},
		{"speech: {recording_line: {number: \"700\"}}\n", `hotline.yaml:1: speech.recording_line.engineers: nobody may call the recording line; name the engineers`},
		{"speech: {recording_line: {engineers: [anna]}}\n", `hotline.yaml:1: speech.recording_line.number: the recording line has no number; write the number`},
		{"transcription: {driver: whisper}\n", `hotline.yaml:1: transcription.driver: "whisper" is unknown; use none, command or http`},
		{"transcription: {driver: command}\n", `hotline.yaml:1: transcription.command: no program is named; write the program`},
		{"transcription: {driver: http, url: localhost}\n", `hotline.yaml:1: transcription.url: "localhost" is no address of a server; write the whole address`},
		{"transcription: {timeout: 1h}\n", `hotline.yaml:1: transcription.timeout: 1h0m0s is out of bounds; use 5s to 25m`},
		{"transcription: {rate: 44100}\n", `hotline.yaml:1: transcription.rate: 44100 is no rate that is given; use 16000`},
		{"escalation:\n  ring: soon\n", `hotline.yaml:2: escalation.ring: "soon" does not fit here; write a span of time such as 20s`},
		{"escalation:\n  ring: 1h\n", `hotline.yaml:2: escalation.ring: 1h0m0s is out of bounds; use 5s to 2m0s`},
		{"escalation:\n  rounds: many\n", `hotline.yaml:2: escalation.rounds: "many" does not fit here; write a whole number`},
		{"escalation:\n  dead: 25s\n", `hotline.yaml:2: escalation.dead: 25s is not shorter`},
		{"rtp:\n  ports: all\n", `hotline.yaml:2: rtp.ports: "all" is no range of ports; write the first and the last`},
		{"rtp: {ports: 20000-10000}\n", `hotline.yaml:1: rtp.ports: the range 20000-10000 is empty`},
		{"rtp: {ports: 80-90}\n", `hotline.yaml:1: rtp.ports: port 80 belongs to the system`},
		{"rtp: {ports: 5000-6000}\n", `hotline.yaml:1: rtp.ports: the range 5000-6000 takes in port 5060 of sip.listen[0]`},
		{"data: a\ndata: b\n", `"data" stands here for the second time (first at line 1); keep one`},
		{"sip: [\n", `this is no YAML: `},
		{"sip:\n\tlisten: a\n", `hotline.yaml:2: this is no YAML: `},
		{"data: a\n---\ndata: b\n", `a second document stands behind the first`},
		{"- a\n", `hotline.yaml:1: `},
		{"sip:\n  trunks:\n    - name: x\n      addresses: [trunk.example]\n", `hotline.yaml:4: sip.trunks[0].addresses[0]: "trunk.example" is no address or network`},
		{"sip:\n  trunks:\n    - name: x\n      addresses: [0.0.0.0/0]\n", `hotline.yaml:4: sip.trunks[0].addresses[0]: 0.0.0.0/0 is the whole internet`},
		{"sip:\n  trunks:\n    - addresses: [192.0.2.1]\n", `hotline.yaml:3: sip.trunks[0].name: the trunk has no name`},
		{"sip:\n  trunks:\n    - name: x\n", `hotline.yaml:3: sip.trunks[0].addresses: the trunk has no address`},
		{"sip:\n  trunks:\n    - {name: x, addresses: [192.0.2.1], proxy: 'sip:192.0.2.1'}\n", `outgoing.prefixes: trunk "x" can place calls, but no number may be dialled`},
		{"sip:\n  trunks:\n    - {name: x, addresses: [192.0.2.1], proxy: 192.0.2.1}\n", `"192.0.2.1" is no SIP address; write sip:host:port`},
		{"sip: {accept: all}\n", `sip.accept: "all" is unknown; use known`},
		{"sip: {public_ip: 0.0.0.0}\n", `sip.public_ip: 0.0.0.0 is no address that a telephone can send to`},
		{"sip: {listen: []}\n", `sip.listen: nothing is listened on`},
		{"database: {url: 'mysql://root:secret@h/x'}\n", `database.url: this is no PostgreSQL URL; write postgres://`},
		{"database: {url: 'postgres://h/x', url_file: y}\n", `database.url_file: both url and url_file are given`},
		{"operator: {numbers: [nobody]}\n", `operator.numbers[0]: "nobody" can not be rung`},
		{"operator: {numbers: ['112']}\n", `operator.numbers[0]: "112" is an emergency number, which this line never rings; write the operator's own number`},
		{"country: DE\noperator: {numbers: ['0612345', '110']}\n", `operator.numbers[1]: "110" is an emergency number`},
		{"outgoing: {sip: [0.0.0.0/0]}\n", `outgoing.sip[0]: 0.0.0.0/0 is the whole internet; list the telephones`},
		{"outgoing: {sip: ['sip:a b']}\n", `outgoing.sip[0]: "sip:a b" is neither a SIP address nor a host; write`},
		{"outgoing: {request_per_hour: 9, request_per_day: 3}\n", `outgoing.request_per_day: 3 calls a day are fewer than 9 an hour`},
		{"outgoing: {request_per_hour: -1}\n", `outgoing: a budget is below zero`},
		{"language: pt\n", `hotline.yaml:1: language: "pt" is not spoken; use it or en or de or fr or es`},
		{"languages: {'1': pt}\n", `languages.1: "pt" is not spoken`},
		{"languages: {'0612345': en, '+390612345': it}\n", `languages.0612345: 0612345 is the same number as +390612345; keep one`},
		{"outgoing: {prefixes: ['a']}\n", `outgoing.prefixes[0]: "a" is no prefix`},
		{"outgoing: {per_hour: 9, per_day: 3}\n", `outgoing.per_day: 3 calls a day are fewer than 9 an hour`},
		{"mail: {server: mail.example.org}\n", `mail.server: "mail.example.org" is no server; write host:port`},
		{"mail: {server: 'mail.example.org:25', from: Support}\n", `mail.from: "Support" is no sender; write name@example.org`},
		{"mail: {staff: ['Desk <desk@example.org>']}\n", `mail.staff[0]: "Desk <desk@example.org>" is no mail address`},
		{"mail: {manager: ['a@example.org']}\n", `mail.server: there are addresses and no server`},
		{"mail: {security: ssl}\n", `hotline.yaml:1: mail.security: "ssl" is unknown; use starttls, tls or none`},
		{"mail: {server: 'h:25', from: a@b.example, user: x, password: y, security: none}\n", `mail.security: the password would be sent in clear`},
		{"mail: {password: y}\n", `mail.user: there is a password and no user`},
		{"http: {oidc: {client_id: x}}\n", `http.oidc.issuer: nobody can log in by a provider that is not named`},
		{"http:\n  oidc:\n    issuer: http://login.example\n", `hotline.yaml:3: http.oidc.issuer: "http://login.example" is no address of https`},
		{"http: {oidc: {issuer: 'https://login.example'}}\n", `http.oidc.client_id: the provider does not know who asks`},
		{"http: {oidc: {issuer: 'https://a.example', client_id: x, client_secret: y, client_secret_file: z}}\n", `http.oidc.client_secret_file: both client_secret and client_secret_file are given; keep one`},
		{"http: {oidc: {issuer: 'https://a.example', client_id: x, redirect: 'https://desk.example/'}}\n", `http.oidc.redirect: browsers cannot come back to "https://desk.example/"; write the address`},
		{"http: {oidc: {issuer: 'https://a.example', client_id: x, redirect: 'http://desk.example/login/oidc/callback'}}\n", `http.oidc.redirect: browsers cannot come back`},
		{"http: {oidc: {issuer: 'https://a.example', client_id: x, scopes: ['a b']}}\n", `http.oidc.scopes[0]: "a b" is no scope`},
		{"http: {oidc: {issuer: 'https://a.example', client_id: x, claim: groups, roles: {a: root}}}\n", `http.oidc.roles.a: "root" is no role; use viewer`},
		{"http: {oidc: {issuer: 'https://a.example', client_id: x, claim: groups}}\n", `http.oidc.claim: a claim and the roles that it gives go together`},
		{"http: {oidc: {issuer: 'https://a.example', client_id: x, unknown: all}}\n", `http.oidc.unknown: "all" is unknown; use refuse or create`},
		{"http: {oidc: {issuer: 'https://a.example', client_id: x, unknown: create}}\n", `http.oidc.unknown: a new user would have no role`},
		{"log_level: chatty\n", `hotline.yaml:1: log_level: "chatty" is no log level; use debug`},
		{"calendar: ''\n", `calendar: the owner has no calendar`},
		{"data: " + strings.Repeat("x", largest), `larger than 1 MiB`},
	} {
		_, err := Parse("hotline.yaml", []byte(x.text))
		var complaints strictyaml.Complaints
		if !errors.As(err, &complaints) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q\n got  %v\n want %s", cut(x.text), err, x.want)
		}
	}
}

func TestAllComplaintsComeAtOnceAndInOrder(t *testing.T) {
	_, err := Parse("f", []byte("log_level: chatty\nrtp: {ports: 9-8}\nlanguage: pt\n"))
	var complaints strictyaml.Complaints
	if !errors.As(err, &complaints) || len(complaints) != 3 || complaints[0].Line != 1 || complaints[2].Line != 3 {
		t.Errorf("got %v, want three complaints in the order of their lines", err)
	}
}

func TestAPasswordIsNotRepeated(t *testing.T) {
	for _, text := range []string{"database: {url: 'mysql://root:secret@h/x'}", "database: {url: 'postgres://root:secret@h:port/x'}"} {
		if _, err := Parse("f", []byte(text)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

func TestAFileThatIsNotThere(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Default()
	c.SIP.Trunks = []Trunk{{Name: "a", Account: Account{PasswordFile: there}}, {Name: "b", Account: Account{PasswordFile: "/none/b"}}}
	c.SIP.Accounts = []Account{{PasswordFile: "/none/a"}}
	c.SIP.TLS = TLS{Certificate: there, Key: "/none/key", Roots: "/none/roots"}
	c.Database.URLFile, c.Mail.PasswordFile, c.Mail.Roots, c.PINKeyFile = "/none/url", "/none/mail", there, "/none/pin"
	c.HTTP.OIDC = OIDC{ClientSecretFile: "/none/oidc", Roots: "/none/authorities"}
	c.Mail.DKIM.KeyFile, c.Transcription.KeyFile = "/none/dkim", "/none/token"
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.SIP.Accounts = append(c.SIP.Accounts, Account{PasswordFile: empty})
	var fields []string
	for _, k := range Files(c) {
		if !strings.Contains(k.Problem, "/none/") && !strings.Contains(k.Problem, empty+" is empty") || k.Remedy == "" {
			t.Errorf("a complaint is %v", k)
		}
		fields = append(fields, k.Field)
	}
	want := "database.url_file sip.tls.key sip.tls.roots sip.accounts[0].password_file sip.accounts[1].password_file sip.trunks[1].password_file mail.password_file mail.dkim.key_file transcription.key_file http.oidc.client_secret_file http.oidc.roots"
	if got := strings.Join(fields, " "); got != want {
		t.Errorf("complaints about %s, want %s", got, want)
	}
}

func TestComplaintsOfADefaultThatTheFileDoesNotName(t *testing.T) {
	c := Default()
	c.SIP.MaxCalls = 0
	c.HTTP.Listen = netip.AddrPort{}
	c.SIP.Listen = append(c.SIP.Listen, c.SIP.Listen[0])
	list := Check(c)
	if len(list) != 3 || list[0].Line != 0 {
		t.Errorf("got %v", list)
	}
}

func cut(s string) string { return s[:min(len(s), 200)] }

func FuzzParse(f *testing.F) {
	example, err := os.ReadFile(filepath.Join("..", "deploy", "hotline.example.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	for _, s := range []string{"sip: {listen: [x]}", "a: &a [*a]", "rtp: {ports: 1-2}", "\xff", "languages: {? [a] : b}", "<<: {sip: {}}", "!!binary x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("f", text)
		var complaints strictyaml.Complaints
		switch {
		case err == nil && len(Check(c)) > 0:
			t.Errorf("accepted what Check refuses: %v", Check(c))
		case err != nil && (!errors.As(err, &complaints) || len(complaints) == 0 || err.Error() == ""):
			t.Errorf("an error without a complaint: %#v", err)
		}
	})
}
