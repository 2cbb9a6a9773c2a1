package format

import (
	"net/http"

	"hotline/intake"
	"hotline/intake/snmp"
	"hotline/intake/syslog"
)

// notifications reads SNMP traps and informs by the table that ships: as they go over the wire, in hexadecimal digits, or in JSON. So
// they can be handed on over HTTP where UDP does not come through.
func notifications(_ http.Header, body []byte) (intake.Batch, error) {
	return bySaying(snmp.Read(body))
}

// logged reads messages of syslog, one a line or behind its length, by the rule that ships: critical and worse are alerts.
func logged(_ http.Header, body []byte) (intake.Batch, error) {
	rules, err := syslog.NewRules(nil)
	if err != nil {
		return intake.Batch{}, err
	}
	return bySaying(rules.Read(body))
}

// bySaying makes an Error of what a reader says.
func bySaying(b intake.Batch, err error) (intake.Batch, error) {
	if err != nil {
		return intake.Batch{}, wrong("", "%v", err)
	}
	return b, nil
}
