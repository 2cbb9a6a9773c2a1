package snmp

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/gosnmp/gosnmp"

	"hotline/intake"
)

// asShipped reads by the table that ships alone.
var asShipped = sync.OnceValues(func() (*Reader, error) { return NewReader() })

// Read is Reader.Read by the table that ships alone.
func Read(text []byte) (intake.Batch, error) {
	r, err := asShipped()
	if err != nil {
		return intake.Batch{}, err
	}
	return r.Read(text)
}

// Read reads notifications from a file or a body. It takes messages as they go over the wire, one behind the other, the same in
// hexadecimal digits, as Wireshark copies them, or JSON (written below), one notification or a list. It checks no community.
func (r *Reader) Read(text []byte) (intake.Batch, error) {
	var b intake.Batch
	traps, err := traps(text)
	for _, t := range traps {
		b.Alerts = append(b.Alerts, r.Alerts(t)...)
	}
	return b, err
}

func traps(text []byte) ([]Trap, error) {
	start := bytes.TrimLeft(text, " \t\r\n\ufeff")
	switch {
	case len(start) == 0:
		return nil, errors.New("it is empty; send a message of SNMP, its octets in hexadecimal digits, or JSON")
	case start[0] == '{' || start[0] == '[':
		return written(start)
	case text[0] == byte(gosnmp.Sequence) && !digits(text):
		return wire(text)
	}
	octets, err := hex.DecodeString(strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || c == ':' {
			return -1
		}
		return c
	}, strings.ReplaceAll(string(start), "0x", "")))
	if err != nil {
		return nil, errors.New("this is neither a message of SNMP, nor one in hexadecimal digits, nor JSON")
	}
	return wire(octets)
}

// digits tells whether a text consists of hexadecimal digits. Such a text may begin with the digit 0, as a message does.
func digits(text []byte) bool {
	return !slices.ContainsFunc(text, func(c byte) bool {
		return c != ' ' && c != '\n' && c != '\r' && c != '\t' && c != ':' && c != 'x' && (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F')
	})
}

// wire reads messages that stand one behind the other.
func wire(octets []byte) (list []Trap, err error) {
	for len(octets) > 0 {
		n := lengthOf(octets)
		if n == 0 {
			return list, fmt.Errorf("message %d: it does not begin as one of SNMP, or ends too early", len(list)+1)
		}
		if len(list) == intake.AlertsMost {
			return list, fmt.Errorf("there are more than %d messages; send fewer at once", intake.AlertsMost)
		}
		t, err := one(octets[:n])
		if err != nil {
			return list, fmt.Errorf("message %d: %w", len(list)+1, err)
		}
		list, octets = append(list, t), octets[n:]
	}
	return list, nil
}

// lengthOf is how many octets the message at the beginning has (ITU-T X.690 section 8.1.3); 0: it is not whole, or none.
func lengthOf(octets []byte) int {
	if len(octets) < 2 || octets[0] != byte(gosnmp.Sequence) {
		return 0
	}
	n, head := int(octets[1]), 2
	if octets[1]&0x80 != 0 {
		of := int(octets[1] & 0x7f)
		if of == 0 || of > 3 || len(octets) < 2+of {
			return 0
		}
		n = 0
		for _, b := range octets[2 : 2+of] {
			n = n<<8 | int(b)
		}
		head += of
	}
	if n += head; n > len(octets) {
		return 0
	}
	return n
}

// one reads one message without asking for a proof. One that is authenticated or encrypted needs the user's passwords.
func one(message []byte) (Trap, error) {
	if version, ok := versionOf(message); ok && version == gosnmp.Version3 {
		reader, _, err := User{Name: "any"}.reader()
		if err != nil {
			return Trap{}, err
		}
		reader.SecurityParameters = nil // whoever the user is
		p, err := decode(reader, message)
		if err != nil {
			return Trap{}, fmt.Errorf("a message of SNMPv3 can be read here without authentication alone: send the same as version 2c (%w)", err)
		}
		return trapOf(p, netip.Addr{})
	}
	p, err := decode(&gosnmp.GoSNMP{}, message)
	if err != nil {
		return Trap{}, err
	}
	return trapOf(p, netip.Addr{})
}

// trapJSON is a notification as people write it.
type trapJSON struct {
	From     string         `json:"from"`     // address of the device
	Trap     string         `json:"trap"`     // snmpTrapOID
	Varbinds map[string]any `json:"varbinds"` // value by OID
}

// written reads notifications in JSON.
func written(text []byte) (list []Trap, err error) {
	var raw []trapJSON
	if text[0] == '[' {
		err = decodeJSON(text, &raw)
	} else {
		raw = make([]trapJSON, 1)
		err = decodeJSON(text, &raw[0])
	}
	if err != nil {
		return nil, err
	}
	for i, j := range raw {
		t := Trap{OID: strings.TrimPrefix(j.Trap, ".")}
		if !oidPattern.MatchString(t.OID) {
			return list, fmt.Errorf("notification %d: trap: %q is no OID; write numbers such as 1.3.6.1.6.3.1.1.5.3", i+1, j.Trap)
		}
		if j.From != "" {
			if t.Device, err = netip.ParseAddr(j.From); err != nil {
				return list, fmt.Errorf("notification %d: from: %q is no address", i+1, j.From)
			}
		}
		for _, written := range slices.Sorted(maps.Keys(j.Varbinds)) {
			oid := strings.TrimPrefix(written, ".")
			if !oidPattern.MatchString(oid) || len(t.Varbinds) == varbindsMost {
				return list, fmt.Errorf("notification %d: varbinds: %q is no OID, or there are more than %d", i+1, oid, varbindsMost)
			}
			t.Varbinds = append(t.Varbinds, Varbind{oid, shown([]byte(strings.TrimPrefix(fmt.Sprint(j.Varbinds[written]), ".")))})
		}
		slices.SortFunc(t.Varbinds, func(a, b Varbind) int { return strings.Compare(a.OID, b.OID) })
		list = append(list, t)
	}
	return list, nil
}

func decodeJSON(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("this is no notification in JSON: %w; write {\"from\": \"192.0.2.7\", \"trap\": OID, \"varbinds\": {OID: value}}", err)
	}
	if _, more := d.Token(); more != io.EOF {
		return errors.New("something follows the JSON value; write a list")
	}
	return nil
}
