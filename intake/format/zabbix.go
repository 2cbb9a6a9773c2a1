package format

import (
	"cmp"
	"net/http"
	"strings"

	"hotline/intake"
)

// zabbix reads what a webhook media type sends: a JSON object whose fields are called as Zabbix' macros are, such as EVENT.ID,
// event_id or eventid. docs/alerts.md has the script. A trigger is one problem, so that one which comes and goes is known.
func zabbix(_ http.Header, body []byte) (intake.Batch, error) {
	var raw object
	if err := decode(body, &raw, false); err != nil {
		return intake.Batch{}, err
	}
	o := loose(raw)
	a := intake.Alert{
		Fingerprint: cmp.Or(o.text("triggerid"), o.text("eventid")), Severity: o.text("eventseverity", "severity", "triggerseverity"),
		Title: o.text("eventname", "name", "triggername", "alertsubject", "subject"), Text: o.text("alertmessage", "message", "eventopdata", "opdata"),
		Installation: o.text("installation"),
	}
	if host := o.text("hostname", "host", "hosthost"); host != "" && !strings.Contains(a.Title, host) {
		a.Title = host + ": " + a.Title
	}
	if a.Severity == "" {
		a.Severity = zabbixSeverity(o.text("eventnseverity", "nseverity"))
	}
	if a.Fingerprint == "" {
		return intake.Batch{}, wrong("trigger_id", "neither trigger_id nor event_id is there: add {TRIGGER.ID} and {EVENT.ID} to the parameters of the media type")
	}
	if o.text("eventsource", "source") != "" && o.text("eventsource", "source") != "0" {
		a.Skip = "an event of discovery or registration"
	}
	if update := strings.ToLower(o.text("eventupdatestatus", "updatestatus")); update == "1" {
		a.Skip = "an update of a problem that is known"
	}
	switch value := strings.ToLower(o.text("eventvalue", "value", "eventstatus", "status", "triggerstatus")); value {
	case "1", "problem", "true":
	case "0", "ok", "resolved", "false", "recovery":
		a.Resolved = true
	default:
		if a.Skip == "" {
			return intake.Batch{}, wrong("event_value", "%.40q is none; it is 1 for a problem and 0 for its end ({EVENT.VALUE})", value)
		}
	}
	return intake.Batch{Alerts: []intake.Alert{a}}, nil
}

// zabbixSeverity names the numbers of {EVENT.NSEVERITY}.
func zabbixSeverity(n string) string {
	names := []string{"not classified", "information", "warning", "average", "high", "disaster"}
	if len(n) == 1 && n[0] >= '0' && int(n[0]-'0') < len(names) {
		return names[n[0]-'0']
	}
	return n
}

// loose spells the names of an object's fields in one way: EVENT.ID, event_id, {EVENT.ID} and eventId are eventid. Of several
// that are spelt alike in the end, the first in the alphabet holds.
func loose(o object) object {
	one := object{}
	strip := strings.NewReplacer(".", "", "_", "", "-", "", " ", "", "{", "", "}", "", "$", "")
	for _, k := range sortedKeys(o) {
		name := strings.ToLower(strip.Replace(k))
		if _, there := one[name]; !there {
			one[name] = o[k]
		}
	}
	return one
}
