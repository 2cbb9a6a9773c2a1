package journal

import (
	"encoding/binary"
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
