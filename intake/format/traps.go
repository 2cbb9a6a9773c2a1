package format

import (
	"net/http"

	"hotline/intake"
	"hotline/intake/snmp"
)

// notifications reads SNMP traps and informs by the table that ships: as they go over the wire, in hexadecimal digits, or in JSON. So
// they can be handed on over HTTP where UDP does not come through.
func notifications(_ http.Header, body []byte) (intake.Batch, error) {
	b, err := snmp.Read(body)
	if err != nil {
		return intake.Batch{}, wrong("", "%v", err)
	}
	return b, nil
}
