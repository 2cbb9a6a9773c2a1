package e2e_test

import (
	"encoding/binary"
	"net"
	"strings"
	"testing"
)

// names is a name server of our own: it knows services (SRV, RFC 2782) and addresses of 127.0.0.1, and nothing else.
type names struct {
	services map[string][]uint16 // "_sip._udp.carrier.example" to ports, the preferred one first
	hosts    map[string]net.IP
}

// serveNames answers by UDP until the test ends, and gives its address.
func serveNames(t *testing.T, n names) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			size, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if size > 12 {
				_, _ = c.WriteTo(n.answer(b[:size]), from)
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c.LocalAddr().String()
}

// answer answers one question (RFC 1035 section 4).
func (n names) answer(query []byte) []byte {
	var labels []string
	at := 12
	for at < len(query) && query[at] != 0 {
		end := at + 1 + int(query[at])
		if end >= len(query) {
			return nil
		}
		labels = append(labels, strings.ToLower(string(query[at+1:end])))
		at = end
	}
	at++
	if at+4 > len(query) {
		return nil
	}
	name, kind := strings.Join(labels, "."), binary.BigEndian.Uint16(query[at:])
	const typeA, typeSRV, here = 1, 33, 0xc00c
	out := append([]byte{}, query[:at+4]...)
	out[2], out[3] = 0x84, 0 // an authoritative answer without an error
	count := uint16(0)
	record := func(data []byte) {
		count++
		out = binary.BigEndian.AppendUint16(out, here)
		out = binary.BigEndian.AppendUint16(out, kind)
		out = append(out, 0, 1, 0, 0, 0, 1) // class IN, one second
		out = binary.BigEndian.AppendUint16(out, uint16(len(data)))
		out = append(out, data...)
	}
	ports, served := n.services[name]
	ip, known := n.hosts[name]
	switch {
	case kind == typeSRV && served:
		for i, p := range ports {
			data := binary.BigEndian.AppendUint16(nil, uint16(i)) // priority
			data = binary.BigEndian.AppendUint16(data, 1)
			data = binary.BigEndian.AppendUint16(data, p)
			record(append(data, "\x04host\x04test\x00"...))
		}
	case kind == typeA && known:
		record(ip.To4())
	case !known && !served:
		out[3] = 3 // no such name
	}
	binary.BigEndian.PutUint16(out[6:], count)
	out[8], out[9], out[10], out[11] = 0, 0, 0, 0
	return out
}
