package syslog

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"hotline/intake"
)

// Read reads messages out of a file or a body, one a line or behind its length. What the rules make no alert of is skipped.
func (r *Rules) Read(text []byte) (b intake.Batch, err error) {
	p, f := newParser(), newFrames(bytes.NewReader(text))
	for n := 1; ; n++ {
		one, err := f.next()
		switch {
		case err == io.EOF && n == 1:
			return b, errors.New("it is empty; send messages as they stand on the wire, such as <34>1 2026-11-29T12:00:00Z pbx asterisk - - - the trunk is down")
		case err == io.EOF:
			return b, nil
		case err != nil:
			return b, fmt.Errorf("message %d: %w", n, err)
		case n > intake.AlertsMost:
			return b, fmt.Errorf("there are more than %d messages; send fewer at once", intake.AlertsMost)
		}
		m, err := p.parse(one.text)
		if err != nil {
			return b, fmt.Errorf("message %d: %w", n, err)
		}
		a, is := r.Alert(m, "")
		if !is {
			a.Fingerprint, a.Title, a.Skip = "", first(m.App+": "+m.Text), "a message of severity "+severities[m.Severity]+", which is counted alone"
		}
		b.Alerts = append(b.Alerts, a)
	}
}
