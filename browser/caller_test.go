package browser_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"hotline/browser"
	"hotline/ivr"
	"hotline/line"
	"hotline/media"
	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/prompts"
	"hotline/sip"
)

// TestMain fails where a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exchange is a line with a gateway.
type exchange struct {
	board   *line.Switchboard
	gateway *browser.Gateway
}

var here = netip.MustParseAddr("127.0.0.1")

func open(t *testing.T, voices line.Voices, spool line.Spool, converse func(context.Context, *line.Line), change ...func(*browser.Config)) *exchange {
	t.Helper()
	x := &exchange{}
	var err error
	x.board, err = line.New(line.Config{
		SIP:    sip.Config{Listen: []netip.AddrPort{netip.AddrPortFrom(here, 0)}, AcceptAnyone: true},
		Media:  media.Config{Bind: []netip.Addr{here}, Timeout: 5 * time.Second},
		Voices: voices, Spool: spool, Converse: converse,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.board.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := browser.Config{UDP: []netip.AddrPort{netip.AddrPortFrom(here, 0)}, Calls: 3, Each: 2, Line: x.board}
	for _, f := range change {
		f(&c)
	}
	if x.gateway, err = browser.Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(x.gateway.Stop(context.Background()), x.board.Stop(context.Background())); err != nil {
			t.Error(err)
		}
	})
	return x
}

// silent is a line's voice that says nothing.
type silent struct{}

func (silent) Sound(prompts.Language, prompts.Phrase) media.Sound { return media.NewSound(nil) }
func (silent) Music() media.Sound                                 { return media.NewSound(make([]int16, 8000)) }

// caller is a browser: a full ICE agent, A-law and telephone-events, with an ear.
type caller struct {
	t        *testing.T
	peer     *webrtc.PeerConnection
	out      *voice
	call     string
	over     chan struct{} // closed when the line has hung up
	talking  chan struct{} // closed when the connection stands
	gone     chan struct{} // closed when the caller has left
	leaving  sync.Once
	speaking sync.WaitGroup
	hearing  sync.WaitGroup

	mu    sync.Mutex
	heard []int16
	more  chan struct{} // closed and made anew with every packet
}

// voice is the caller's stream: what is written goes out as it is.
type voice struct {
	ssrc   webrtc.SSRC
	writer webrtc.TrackLocalWriter
	bound  chan struct{}
	frames chan frame
}

func (v *voice) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	v.ssrc, v.writer = c.SSRC(), c.WriteStream()
	close(v.bound)
	return c.CodecParameters()[0], nil
}
func (v *voice) Unbind(webrtc.TrackLocalContext) error { return nil }
func (v *voice) ID() string                            { return "voice" }
func (v *voice) RID() string                           { return "" }
func (v *voice) StreamID() string                      { return "caller" }
func (v *voice) Kind() webrtc.RTPCodecType             { return webrtc.RTPCodecTypeAudio }

const events = 126

// newCaller makes a caller. change may set what else its browser has.
func newCaller(t *testing.T, change ...func(*webrtc.SettingEngine)) *caller {
	t.Helper()
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(net.IP.IsLoopback)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	for _, f := range change {
		f(&s)
	}
	codecs := &webrtc.MediaEngine{}
	for _, c := range []webrtc.RTPCodecParameters{
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000, Channels: 1}, PayloadType: 8},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: 8000, Channels: 1}, PayloadType: events},
	} {
		if err := codecs.RegisterCodec(c, webrtc.RTPCodecTypeAudio); err != nil {
			t.Fatal(err)
		}
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(s), webrtc.WithMediaEngine(codecs), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	c := &caller{t: t, out: &voice{bound: make(chan struct{}), frames: make(chan frame)}, gone: make(chan struct{}), over: make(chan struct{}), talking: make(chan struct{}), more: make(chan struct{})}
	var err error
	if c.peer, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		t.Fatal(err)
	}
	if _, err = c.peer.AddTrack(c.out); err != nil {
		t.Fatal(err)
	}
	var once, ended sync.Once
	c.peer.OnConnectionStateChange(func(to webrtc.PeerConnectionState) {
		switch to {
		case webrtc.PeerConnectionStateConnected:
			once.Do(func() { close(c.talking) })
		case webrtc.PeerConnectionStateClosed, webrtc.PeerConnectionStateFailed:
			ended.Do(func() { close(c.over) })
		}
	})
	c.hearing.Add(1)
	var hears sync.Once
	c.peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		hears.Do(func() { defer c.hearing.Done(); c.hear(track) })
	})
	t.Cleanup(func() {
		c.leaves()
		hears.Do(c.hearing.Done)
		c.hearing.Wait()
	})
	return c
}

// offers is the offer, with every candidate in it.
func (c *caller) offers() string {
	c.t.Helper()
	offer, err := c.peer.CreateOffer(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(c.peer)
	if err := c.peer.SetLocalDescription(offer); err != nil {
		c.t.Fatal(err)
	}
	<-gathered
	return c.peer.LocalDescription().SDP
}

// calls sends the offer, and takes the answer.
func (c *caller) calls(x *exchange, as ivr.Caller) error {
	c.t.Helper()
	answer, err := x.gateway.Call(c.t.Context(), c.offers(), as, time.Now())
	if err != nil {
		return err
	}
	c.call = answer.Call
	return c.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.Description})
}

// connects waits until the connection stands.
func (c *caller) connects() {
	c.t.Helper()
	select {
	case <-c.talking:
	case <-time.After(time.Minute):
		c.t.Fatal("the browser finds no way to the line")
	}
	<-c.out.bound
	c.speaking.Go(c.speaks)
}

func (c *caller) hear(track *webrtc.TrackRemote) {
	b, pcm := make([]byte, 1500), make([]int16, 1500)
	for {
		n, _, err := track.Read(b)
		if err != nil {
			return
		}
		var p rtp.Packet
		if p.Unmarshal(b[:n]) != nil || p.PayloadType != 8 {
			continue
		}
		m := g711.ALaw.Decode(pcm, p.Payload)
		c.mu.Lock()
		c.heard = append(c.heard, pcm[:m]...)
		close(c.more)
		c.more = make(chan struct{})
		c.mu.Unlock()
	}
}

// hears is what was heard so far.
func (c *caller) hears() []int16 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]int16(nil), c.heard...)
}

// awaits listens until the end of a sentence was heard, its last second, from a place on: a whole one has pauses where the machine is
// busy. It gives the place behind.
func (c *caller) awaits(what string, from int, sentence []int16) int {
	c.t.Helper()
	late := time.After(2 * time.Minute)
	look := time.NewTicker(300 * time.Millisecond) // a comparison costs more than a packet
	defer look.Stop()
	best, end := 0.0, sentence[max(0, len(sentence)-8000):]
	for last := false; ; {
		heard := c.hears()
		like, at := likeness.Correlate(heard[min(from, len(heard)):], end)
		if best = max(best, like); like > 0.8 {
			return from + at + len(end)
		}
		from = max(from, len(heard)-len(end)) // each second is looked at once: who looks back for longer falls behind, and looks back for longer
		if last {
			c.t.Fatalf("the caller does not hear %s: the best correlation is %.2f", what, best)
		}
		select {
		case <-look.C:
		case <-c.over:
			last = true
		case <-late:
			last = true
		}
	}
}

// frame is 20 ms of the stream.
type frame struct {
	payloadType  uint8
	marker, held bool // held: the timestamp is that of the frame before
	payload      []byte
}

// speaks sends the stream until the caller leaves, as a browser does: what there is to say, else silence.
func (c *caller) speaks() {
	var h rtp.Header
	quiet := g711.ALaw.Octets(make([]int16, 160))
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	begun := uint32(0)
	for at := uint32(0); ; at += 160 {
		f := frame{payloadType: 8, payload: quiet}
		select {
		case f = <-c.out.frames:
		default:
		}
		if !f.held {
			begun = at
		}
		h.Version, h.PayloadType, h.Marker, h.Timestamp, h.SSRC = 2, f.payloadType, f.marker, begun, uint32(c.out.ssrc)
		out := h
		_, _ = c.out.writer.WriteRTP(&out, f.payload)
		h.SequenceNumber++
		select {
		case <-tick.C:
		case <-c.gone:
			return
		case <-c.over:
			return
		}
	}
}

// says speaks, and comes back when all is said.
func (c *caller) says(pcm []int16) {
	for ; len(pcm) > 0; pcm = pcm[min(160, len(pcm)):] {
		c.puts(frame{payloadType: 8, payload: g711.ALaw.Octets(pcm[:min(160, len(pcm))])})
	}
}

// presses presses a key for 100 ms.
func (c *caller) presses(code byte) {
	for i := range 7 {
		payload := []byte{code, 10, 0, 0}
		if i >= 4 { // its end, three times
			payload[1] |= 0x80
		}
		binary.BigEndian.PutUint16(payload[2:], uint16(160*min(i+1, 5)))
		c.puts(frame{events, i == 0, i > 0, payload})
	}
}

func (c *caller) puts(f frame) {
	select {
	case c.out.frames <- f:
	case <-c.over:
	}
}

// leaves closes the browser.
func (c *caller) leaves() {
	c.leaving.Do(func() { close(c.gone) })
	c.speaking.Wait()
	_ = c.peer.GracefulClose()
}

// memory is recordings in memory.
type memory struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func (m *memory) Create(id string, _ g711.Codec) (io.WriteCloser, error)    { return tape{m, id}, nil }
func (m *memory) CreateTwo(id string, c g711.Codec) (io.WriteCloser, error) { return m.Create(id, c) }
func (m *memory) Remove(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, id)
	return nil
}
func (m *memory) Sum(string) (string, error) { return "", nil }
func (m *memory) Octets(id string) (g711.Codec, []byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b, ok := m.kept[id]; ok {
		return g711.ALaw, b, nil
	}
	return g711.ALaw, nil, fmt.Errorf("no recording %s", id)
}

type tape struct {
	m  *memory
	id string
}

func (t tape) Write(b []byte) (int, error) {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	t.m.kept[t.id] = append(t.m.kept[t.id], b...)
	return len(b), nil
}
func (tape) Close() error { return nil }
