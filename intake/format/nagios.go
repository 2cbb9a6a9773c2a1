package format

import (
	"net/http"
	"strings"

	"hotline/intake"
)

// checkmk reads a notification as Checkmk hands it to its scripts: the variables of the context as a JSON object, with or
// without NOTIFY_ before their names.
func checkmk(_ http.Header, body []byte) (intake.Batch, error) {
	return notification(body)
}

// icinga reads a notification of Icinga 2: the variables of a notification command as a JSON object, or one event of its API's
// streams (types StateChange and Notification).
func icinga(_ http.Header, body []byte) (intake.Batch, error) {
	var o object
	if err := decode(body, &o, false); err != nil {
		return intake.Batch{}, err
	}
	if kind := o.text("type"); kind == "StateChange" || kind == "Notification" {
		return streamed(o, kind)
	}
	return notification(body)
}

// notification reads what Nagios and its descendants tell of a host or of a service of one.
func notification(body []byte) (intake.Batch, error) {
	var raw object
	if err := decode(body, &raw, false); err != nil {
		return intake.Batch{}, err
	}
	plain := object{}
	for k, v := range raw {
		plain[strings.TrimPrefix(strings.ToUpper(k), "NOTIFY_")] = v
	}
	o := loose(plain)
	host, service := o.text("hostname", "host"), o.text("servicedesc", "servicename", "service", "servicedisplayname")
	state, output := o.text("hoststate", "hostshortstate"), o.text("hostoutput", "output")
	if service != "" {
		state, output = o.text("servicestate", "serviceshortstate"), o.text("serviceoutput", "output")
	}
	if state == "" {
		state = o.text("state")
	}
	if host == "" {
		return intake.Batch{}, wrong("HOSTNAME", "it is missing: send the variables of the notification as a JSON object")
	}
	a := intake.Alert{Text: strings.TrimSpace(output + "\n" + o.text("longserviceoutput", "longhostoutput", "longplugin", "notificationcomment"))}
	if err := described(&a, o.text("notificationtype", "type"), host, service, state); err != nil {
		return intake.Batch{}, err
	}
	a.Installation = o.text("installation")
	return intake.Batch{Alerts: []intake.Alert{a}}, nil
}

// described fills in what a notification's type and state mean.
func described(a *intake.Alert, kind, host, service, state string) error {
	a.Fingerprint, a.Severity = host, strings.ToLower(state)
	if service != "" {
		a.Fingerprint += "/" + service
	}
	a.Title = strings.TrimSpace(a.Fingerprint + " is " + strings.ToUpper(state))
	if a.Severity == "unreachable" || a.Severity == "unreach" {
		a.Skip = "it is behind something that is down, which is reported itself"
	}
	switch word, _, _ := strings.Cut(strings.ToUpper(kind), " "); word {
	case "PROBLEM", "":
		a.Resolved = a.Severity == "ok" || a.Severity == "up"
	case "RECOVERY":
		a.Resolved = true
	case "ACKNOWLEDGEMENT", "DOWNTIMESTART", "DOWNTIMEEND", "DOWNTIMECANCELLED", "DOWNTIMEREMOVED", "FLAPPINGSTART", "FLAPPINGSTOP", "FLAPPINGEND",
		"FLAPPINGDISABLED", "CUSTOM", "ALERTHANDLER":
		a.Skip = "a notification of type " + word
	default:
		return wrong("NOTIFICATIONTYPE", "%.40q is none that is known, such as PROBLEM or RECOVERY", kind)
	}
	if state == "" && !a.Resolved && a.Skip == "" {
		return wrong("SERVICESTATE", "neither SERVICESTATE nor HOSTSTATE says how bad it is")
	}
	return nil
}

// streamed reads an event of Icinga's API.
func streamed(o object, kind string) (intake.Batch, error) {
	host, service := o.text("host"), o.text("service")
	if host == "" {
		return intake.Batch{}, wrong("host", "it is missing")
	}
	result := o.in("check_result")
	number := o.text("state")
	if kind == "Notification" {
		number = result.text("state")
	}
	states := []string{"UP", "UP", "DOWN", "DOWN"} // of a host; 1 is a warning of its check
	if service != "" {
		states = []string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}
	} else if kind == "StateChange" {
		states = []string{"UP", "DOWN"}
	}
	number, _, _ = strings.Cut(number, ".")
	if len(number) != 1 || number[0] < '0' || int(number[0]-'0') >= len(states) {
		return intake.Batch{}, wrong("state", "%.40q is no state of Icinga", number)
	}
	what := "PROBLEM"
	if kind == "Notification" {
		what = o.text("notification_type")
	}
	a := intake.Alert{Text: strings.TrimSpace(result.text("output") + "\n" + o.text("text"))}
	if err := described(&a, what, host, service, states[number[0]-'0']); err != nil {
		return intake.Batch{}, err
	}
	if hard := o.text("state_type"); kind == "StateChange" && strings.HasPrefix(hard, "0") && !a.Resolved {
		a.Skip = "a soft state: Icinga checks again before it is sure"
	}
	return intake.Batch{Alerts: []intake.Alert{a}}, nil
}
