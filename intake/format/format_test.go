package format_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hotline/intake"
	"hotline/intake/format"
)

// sample reads a message of testdata; its format is its name up to the first "-", but for uptime-kuma's.
func sample(t testing.TB, name string) (as string, body []byte) {
	t.Helper()
	if name == "syslog" { // the only one that is no JSON
		return name, []byte("<34>1 2026-11-29T12:00:00Z pbx asterisk 711 TRUNK - the trunk is down\n<2>Nov 29 12:00:00 pbx kernel: sda: error 17\n<38>Nov 29 12:00:00 pbx sshd[1]: a login\n")
	}
	body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(name, "uptime-kuma") {
		return "uptime-kuma", body
	}
	as, _, _ = strings.Cut(name, "-")
	return as, body
}

// said is a batch in short.
func said(b intake.Batch) string {
	var lines []string
	for _, a := range b.Alerts {
		what := "fires"
		if a.Resolved {
			what = "ends"
		}
		if a.Skip != "" {
			what = "skipped"
		}
		lines = append(lines, fmt.Sprintf("%s %s|%s|%s|%s", what, a.Fingerprint, a.Severity, a.Title, a.Installation))
	}
	return strings.Join(lines, "\n")
}

func TestWhatSystemsSendIsRead(t *testing.T) {
	for name, want := range map[string]string{
		"alertmanager":     "fires 6ef7b8a9c0d1e2f3|critical|the disk of pbx1 is full|rome\nends 00aa11bb22cc33dd|warning|MailQueue|\nfires a4884a5543c9360f|none|always fires|",
		"native":           "fires disk:/var|critical|/var is full|rome\nends mail|warning||\nfires fan|info|the fan is loud|",
		"grafana":          "fires a1b2c3d4e5f60718|high|load of pbx1 above 8|",
		"grafana-rule":     "ends 7||Load|",
		"zabbix":           "fires 13491|Disaster|pbx1: Zabbix agent is not available|",
		"zabbix-end":       "ends 4711|disaster|pbx1: Zabbix agent is not available|",
		"checkmk":          "fires pbx1/Filesystem /var|critical|pbx1/Filesystem /var is CRITICAL|",
		"icinga":           "fires pbx1/sip|critical|pbx1/sip is CRITICAL|",
		"icinga-host":      "ends pbx1|up|pbx1 is UP|",
		"uptime-kuma":      "fires 3|down|portal is down|",
		"snmp":             "fires 192.0.2.7/link/3|major|192.0.2.7: link down: Gi0/3|\nends 192.0.2.7/ups on battery||192.0.2.7: the UPS has mains power again|\nfires 1.3.6.1.4.1.99999.0.7||1.3.6.1.4.1.99999.0.7|",
		"syslog":           "fires pbx/asterisk/TRUNK|crit|pbx: asterisk: the trunk is down|\nfires pbx/kernel/sda: error #|crit|pbx: kernel: sda: error 17|\nskipped |info|sshd: a login|",
		"uptime-kuma-test": "skipped ||Webhook Testing|",
		"cloudevents":      "fires /pbx/rome#/var|critical|/var is full|\nends /pbx/rome#example.fan|warning|example.fan|",
	} {
		as, body := sample(t, name)
		b, err := format.Read(as, http.Header{}, body)
		got := said(b)
		if err != nil || got != want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, want)
		}
	}
	_, body := sample(t, "alertmanager")
	if b, _ := format.Read("alertmanager", nil, body); b.Alerts[0].Labels["instance"] != "pbx1" || b.Truncated != 2 || !strings.Contains(b.Alerts[0].Text, "95 % of /var are used") || !strings.Contains(b.Alerts[0].Text, "instance: pbx1") {
		t.Errorf("truncated %d, %q", b.Truncated, b.Alerts[0].Text)
	}
}

func TestABinaryCloudEventIsRead(t *testing.T) {
	h := http.Header{}
	for name, value := range map[string]string{
		"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/pbx/rome", "ce-type": "disk.full", "ce-subject": "%2Fvar", "ce-severity": "critical", "content-type": "application/json",
	} {
		h.Set(name, value)
	}
	b, err := format.Read("cloudevents", h, []byte(`{"title":"/var is full","installation":"rome"}`))
	if err != nil || said(b) != "fires /pbx/rome#/var|critical|/var is full|rome" {
		t.Errorf("%v %s", err, said(b))
	}
	h.Set("content-type", "text/plain")
	b, err = format.Read("cloudevents", h, []byte("it is full"))
	if err != nil || b.Alerts[0].Text != "it is full" || b.Alerts[0].Title != "disk.full /var" {
		t.Errorf("%v %+v", err, b.Alerts)
	}
}

func TestWhatIsWrongIsSaidWithItsPlace(t *testing.T) {
	for _, c := range []struct{ as, body, want string }{
		{"native", ``, "the body is empty"},
		{"native", `{"alerts": [`, "line 1: the JSON ends too early"},
		{"native", "{\n\"fingerprint\": x}", "line 2: this is no JSON"},
		{"native", `[{"fingerprint":"a","title":"t"},{"title":"t"}]`, "[1].fingerprint: it is missing"},
		{"native", `{"alerts":[{"fingerprint":"a"}]}`, "alerts[0].title: it is missing"},
		{"native", `{"fingerprint":"a","title":"t","resovled":true}`, `unknown field "resovled"`},
		{"native", `{"fingerprint":"a","title":"t","status":"bad"}`, `status: "bad" is none; use firing or resolved`},
		{"native", `{"fingerprint":"a","title":"t","status":"firing","resolved":true}`, "resolved: it says otherwise than status"},
		{"native", `{"fingerprint":7,"title":"t"}`, "fingerprint: number does not fit here, a text does"},
		{"native", `7`, "is number"},
		{"native", `{"fingerprint":"a","title":"t"} {}`, "something follows"},
		{"alertmanager", `{"version":"3","alerts":[]}`, `version: "3" is not known`},
		{"alertmanager", `{"version":"4"}`, "alerts: the list is missing"},
		{"alertmanager", `{"version":"4","alerts":[{"status":"firing","labels":{"a":"b"}},{"status":"on"}]}`, `alerts[1].status: "on" is none`},
		{"alertmanager", `{"version":"4","alerts":[{"status":"firing"}]}`, "alerts[0].labels: there are none"},
		{"grafana", `{"ruleId":7,"state":"odd"}`, `state: "odd" is none`},
		{"zabbix", `{"event_value":"1"}`, "trigger_id: neither"},
		{"zabbix", `{"trigger_id":"1"}`, "event_value:"},
		{"checkmk", `{"WHAT":"HOST"}`, "HOSTNAME: it is missing"},
		{"checkmk", `{"HOSTNAME":"a","NOTIFICATIONTYPE":"ODD"}`, "NOTIFICATIONTYPE:"},
		{"icinga", `{"type":"StateChange","host":"a","state":7}`, "state:"},
		{"uptime-kuma", `{}`, "heartbeat: it is missing"},
		{"uptime-kuma", `{"heartbeat":{"status":9},"monitor":{"id":1}}`, "heartbeat.status:"},
		{"cloudevents", `{"specversion":"0.3"}`, "specversion:"},
		{"cloudevents", `[{"specversion":"1.0","id":"1","source":"a","type":"b"},{"specversion":"1.0","id":"1","source":"a"}]`, "[1].type: it is missing"},
		{"cloudevents", `{"specversion":"1.0","id":"1","source":"a","type":"b","data_base64":"?"}`, "data_base64: this is no base64"},
	} {
		_, err := format.Read(c.as, http.Header{}, []byte(c.body))
		var wrong *format.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v, want %s", c.as, c.body, err, c.want)
		}
	}
	if _, err := format.Read("nagios", nil, nil); !errors.Is(err, format.ErrUnknown) || !strings.Contains(err.Error(), "uptime-kuma") {
		t.Errorf("an unknown format: %v", err)
	}
	many := "[" + strings.Repeat(`{"fingerprint":"a","title":"t"},`, intake.AlertsMost) + `{"fingerprint":"a","title":"t"}]`
	if _, err := format.Read("native", nil, []byte(many)); err == nil || !strings.Contains(err.Error(), "send at most") {
		t.Errorf("too many alerts: %v", err)
	}
}

func TestWhatIsNoProblemIsSkipped(t *testing.T) {
	for _, c := range []struct{ as, body string }{
		{"checkmk", `{"HOSTNAME":"a","NOTIFICATIONTYPE":"ACKNOWLEDGEMENT","HOSTSTATE":"DOWN"}`},
		{"checkmk", `{"HOSTNAME":"a","NOTIFICATIONTYPE":"PROBLEM","HOSTSTATE":"UNREACHABLE"}`},
		{"checkmk", `{"HOSTNAME":"a","NOTIFICATIONTYPE":"FLAPPINGSTART","HOSTSTATE":"DOWN"}`},
		{"icinga", `{"type":"StateChange","host":"a","service":"s","state":2,"state_type":0}`},
		{"zabbix", `{"trigger_id":"1","event_value":"1","event_update_status":"1"}`},
		{"uptime-kuma", `{"heartbeat":{"status":2},"monitor":{"id":1}}`},
		{"grafana", `{"ruleId":7,"state":"paused"}`},
	} {
		b, err := format.Read(c.as, nil, []byte(c.body))
		if err != nil || len(b.Alerts) != 1 || b.Alerts[0].Skip == "" {
			t.Errorf("%s %s: %v %+v", c.as, c.body, err, b.Alerts)
		}
	}
}

// samples are the messages of testdata by format.
func samples(t testing.TB) map[string][][]byte {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d samples, %v", len(names), err)
	}
	all := map[string][][]byte{}
	for _, name := range append(names, "syslog.json") {
		as, body := sample(t, strings.TrimSuffix(filepath.Base(name), ".json"))
		all[as] = append(all[as], body)
	}
	return all
}

// TestAThousandMutatedMessagesOfEachKindGetAnAnswer: a batch within its bounds, or a refusal in words.
func TestAThousandMutatedMessagesOfEachKindGetAnAnswer(t *testing.T) {
	all := samples(t)
	for _, as := range format.Names() {
		if len(all[as]) == 0 {
			t.Errorf("%s has no sample", as)
		}
		dice := rand.New(rand.NewPCG(7, 11))
		refused := 0
		for i := range 1000 {
			body := mutated(all[as][i%len(all[as])], dice)
			if !judged(t, as, body) {
				refused++
			}
		}
		if refused < 100 || refused == 1000 {
			t.Errorf("%s: %d of 1,000 were refused; these mutations prove little", as, refused)
		}
	}
}

// mutated changes a message in a few places.
func mutated(body []byte, dice *rand.Rand) []byte {
	body = slices.Clone(body)
	pieces := []string{`"`, "{", "}", "[", "]", ",", ":", "null", "true", "1e999", "-1", `""`, "\x00", "\xff", "\\u0000", strings.Repeat("9", 400), `{"a":{}}`, strings.Repeat("[", 50)}
	for range 1 + dice.IntN(4) {
		at := dice.IntN(len(body))
		switch dice.IntN(4) {
		case 0:
			body[at] = byte(dice.IntN(256))
		case 1:
			body = slices.Delete(body, at, min(len(body), at+1+dice.IntN(20)))
		case 2:
			body = slices.Insert(body, at, []byte(pieces[dice.IntN(len(pieces))])...)
		case 3:
			body = slices.Insert(body, at, body[:dice.IntN(len(body))]...)
		}
		if len(body) == 0 {
			return []byte("{")
		}
	}
	return body
}

// judged reads a message and tells whether it was taken.
func judged(t testing.TB, as string, body []byte) bool {
	t.Helper()
	b, err := format.Read(as, http.Header{}, body)
	var wrong *format.Error
	if err != nil {
		if !errors.As(err, &wrong) || wrong.Problem == "" || len(err.Error()) > 600 {
			t.Errorf("%s refuses %q with %v", as, body, err)
		}
		return false
	}
	if len(b.Alerts) > intake.AlertsMost || b.Truncated < 0 {
		t.Errorf("%s takes %d alerts, %d truncated", as, len(b.Alerts), b.Truncated)
	}
	for _, a := range b.Alerts {
		if !reflect.DeepEqual(a, a.Bounded()) || a.Fingerprint == "" && a.Skip == "" || strings.ContainsAny(a.Title, "\n\x00") {
			t.Errorf("%s: not within its bounds: %+v", as, a)
		}
	}
	return true
}

func fuzz(f *testing.F, as string) {
	for _, body := range samples(f)[as] {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) { judged(t, as, body) })
}

func FuzzNative(f *testing.F)       { fuzz(f, "native") }
func FuzzAlertmanager(f *testing.F) { fuzz(f, "alertmanager") }
func FuzzGrafana(f *testing.F)      { fuzz(f, "grafana") }
func FuzzZabbix(f *testing.F)       { fuzz(f, "zabbix") }
func FuzzCheckmk(f *testing.F)      { fuzz(f, "checkmk") }
func FuzzIcinga(f *testing.F)       { fuzz(f, "icinga") }
func FuzzUptimeKuma(f *testing.F)   { fuzz(f, "uptime-kuma") }
func FuzzSyslog(f *testing.F)       { fuzz(f, "syslog") }
func FuzzSNMP(f *testing.F)         { fuzz(f, "snmp") }
func FuzzCloudEvents(f *testing.F)  { fuzz(f, "cloudevents") }
