package journal

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
)

// A record is a length, a checksum of the body, both 32 bits little-endian, and the body.
const recordHead = 8

const longest = 16 << 20 // octets of a body

func record(b, body []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(body)))
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(body))
	return append(b, body...)
}

// next takes the first record of b; false when it is torn.
func next(b []byte) (body, rest []byte, ok bool) {
	if len(b) < recordHead {
		return nil, nil, false
	}
	n, sum := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if n == 0 || n > longest || int(n) > len(b)-recordHead {
		return nil, nil, false
	}
	body = b[recordHead : recordHead+n]
	return body, b[recordHead+n:], crc32.ChecksumIEEE(body) == sum
}

// read takes the records of b apart. What cannot be read is passed over up to the next record; good is where the last
// record ends, and whole is false when more could not be read than an end that a crash has torn.
func read(b []byte) (bodies [][]byte, good int, whole bool) {
	whole = true
	for at := 0; at < len(b); {
		body, rest, ok := next(b[at:])
		if ok {
			bodies, at = append(bodies, body), len(b)-len(rest)
			good = at
			continue
		}
		skip := at + 1
		for ; skip < len(b); skip++ {
			if _, _, ok := next(b[skip:]); ok {
				break
			}
		}
		if skip == len(b) { // nothing behind it
			return bodies, good, whole && torn(b[at:])
		}
		at, whole = skip, false
	}
	return bodies, good, whole
}

// torn tells whether b is the beginning of a record, or room that a crash left without its text, and nothing more.
func torn(b []byte) bool {
	if len(bytes.TrimRight(b, "\x00")) == 0 || len(b) < recordHead {
		return true
	}
	n := binary.LittleEndian.Uint32(b)
	return n > 0 && n <= longest && int(n) > len(b)-recordHead && !json.Valid(b[recordHead:]) // a whole body is no torn one
}
