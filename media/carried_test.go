package media_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/mediatest"
)

// carrier carries a leg's packets in memory.
type carrier struct {
	mu      sync.Mutex
	in, out [][]byte
	closed  int
}

var carriersEnd = netip.MustParseAddrPort("192.0.2.7:40000")

func (c *carrier) Addr() netip.AddrPort { return netip.AddrPort{} }

func (c *carrier) Receive(b []byte) (int, netip.AddrPort, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.in) == 0 {
		return 0, netip.AddrPort{}, false
	}
	p := c.in[0]
	c.in = c.in[1:]
	return copy(b, p), carriersEnd, true
}

func (c *carrier) Send(b []byte, _ netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = append(c.out, slices.Clone(b))
}

func (c *carrier) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed++
	return nil
}

// comes has a packet come.
func (c *carrier) comes(payloadType byte, sequence int, timestamp uint32, payload []byte) {
	p := make([]byte, 12, 12+len(payload))
	p[0], p[1] = 0x80, payloadType
	binary.BigEndian.PutUint16(p[2:], uint16(sequence))
	binary.BigEndian.PutUint32(p[4:], timestamp)
	binary.BigEndian.PutUint32(p[8:], 4711)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in = append(c.in, append(p, payload...))
}

// sent is what went out: sound, reports, and the SSRCs.
func (c *carrier) sent() (pcm []int16, reports int, sources []uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.out {
		if p[1]&0x7f == 8 {
			pcm = append(pcm, g711.ALaw.Samples(p[12:])...)
			sources = append(sources, binary.BigEndian.Uint32(p[8:]))
		} else {
			reports++
		}
	}
	slices.Sort(sources)
	return pcm, reports, slices.Compact(sources)
}

// TestALegOverACarrierIsALegLikeEveryOther: it plays, hears keys, is joined to a telephone of the engine, reports in its one stream, and
// ends when nothing comes any more.
func TestALegOverACarrierIsALegLikeEveryOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := mediatest.Start(t, media.Config{Bind: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, Wire: mediatest.NewWire(1), Timeout: 5 * time.Second, Workers: 2})
		defer e.Stop()
		c := &carrier{}
		l, err := e.Carry(media.Carriage{Socket: c, From: carriersEnd, SSRC: 42, Events: 126, Secure: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Play(t.Context(), media.NewSound(mediatest.Tone(700, 8000)), media.PlayOptions{}); err != nil {
			t.Fatal(err)
		}
		for i := range 7 {
			key := []byte{5, 10, 0, byte(160 * (i + 1) % 256)}
			binary.BigEndian.PutUint16(key[2:], uint16(160*min(i+1, 5)))
			if i >= 4 {
				key[1] |= 0x80
			}
			c.comes(126, i, 1000, key)
		}
		if k, err := l.KeyWithin(t.Context(), time.Second, context.DeadlineExceeded); err != nil || k != '5' {
			t.Errorf("the key is %q, %v", k, err)
		}
		loop := media.Peer{Local: netip.MustParseAddr("127.0.0.1"), Remote: netip.MustParseAddr("127.0.0.1")}
		ours, telephone := mediatest.Call(t, e, e, loop, nil)
		leave, err := media.Join(ours, l)
		if err != nil {
			t.Fatal(err)
		}
		ear := &mediatest.Listener{}
		if _, err := telephone.Record(ear.Open, media.RecordOptions{}); err != nil {
			t.Fatal(err)
		}
		tone := g711.ALaw.Octets(mediatest.Tone(1300, 16000))
		for i := range 100 {
			c.comes(8, 10+i, 2000+uint32(160*i), tone[160*i:160*(i+1)])
			time.Sleep(20 * time.Millisecond)
		}
		if err := telephone.Play(t.Context(), media.NewSound(mediatest.Tone(1900, 8000)), media.PlayOptions{}); err != nil {
			t.Fatal(err)
		}
		leave()
		time.Sleep(2 * time.Second) // a recording is written second by second
		if s := l.Stats(); !s.Encrypted || s.PacketsIn != 107 || s.Remote != carriersEnd || s.Codec != g711.ALaw {
			t.Errorf("the leg knows %+v", s)
		}
		pcm, reports, sources := c.sent()
		for hz, heard := range map[float64][]int16{700: pcm, 1900: pcm, 1300: ear.Samples()} {
			if best, _ := likeness.Correlate(heard, mediatest.Tone(hz, 6000)); best < 0.99 {
				t.Errorf("%v Hz is heard with correlation %.3f", hz, best)
			}
		}
		if reports == 0 || len(sources) != 1 || sources[0] != 42 {
			t.Errorf("%d reports, streams %v", reports, sources)
		}
		<-l.Done()
		if err := l.Err(); !errors.Is(err, media.ErrTimeout) || c.closed != 1 {
			t.Errorf("the leg ends by %v, its socket is closed %d times", err, c.closed)
		}
	})
}
