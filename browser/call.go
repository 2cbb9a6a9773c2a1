package browser

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"hotline/cdr"
	"hotline/ivr"
	"hotline/line"
	"hotline/media"
)

var _ line.Dialog = (*call)(nil)

// errUnheard is the ending of a call whose browser was heard of no more, or never.
var errUnheard = fmt.Errorf("%w: nothing comes from the browser", ivr.ErrLineLost)

// call is one call from a browser. For the line it is the dialog.
type call struct {
	gateway *Gateway
	id      string
	caller  ivr.Caller
	offer   offer
	ctx     context.Context // ends with the call
	cancel  context.CancelCauseFunc

	peer      *webrtc.PeerConnection // nil until answer
	sender    *webrtc.RTPSender
	track     *webrtc.TrackLocalStaticRTP // our sound
	theirs    chan theirs                 // their sound, once
	connected chan struct{}               // closed when sound can go both ways
	once      sync.Once                   // closes it
	pumps     sync.WaitGroup
}

// theirs is the stream of a browser, and its reports.
type theirs struct {
	track   *webrtc.TrackRemote
	reports *webrtc.RTPReceiver
}

func newCall(g *Gateway, caller ivr.Caller, o offer) *call {
	caller.Transport = cdr.Browser
	c := &call{gateway: g, id: rand.Text(), caller: caller, offer: o, theirs: make(chan theirs, 1), connected: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// Context ends with the call.
func (c *call) Context() context.Context { return c.ctx }

// Hangup ends the call: the browser hears of it by DTLS. Idempotent.
func (c *call) Hangup(string) error {
	c.cancel(line.ErrWeHungUp)
	if c.peer == nil {
		return nil
	}
	return c.peer.Close()
}

// answer prepares our end, and describes it with all its candidates.
func (c *call) answer(ctx context.Context) (string, error) {
	var err error
	if c.peer, err = c.gateway.ports.newPeer(c.offer); err != nil {
		return "", err
	}
	c.peer.OnConnectionStateChange(c.changed)
	c.peer.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		select {
		case c.theirs <- theirs{t, r}:
		default: // a second stream is not listened to
		}
	})
	if c.track, err = webrtc.NewTrackLocalStaticRTP(aLaw(), "sound", "hotline"); err != nil {
		return "", err
	}
	if c.sender, err = c.peer.AddTrack(c.track); err != nil {
		return "", err
	}
	if err = c.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: c.offer.rewritten()}); err != nil {
		return "", fmt.Errorf("%w: %w", ErrOffer, err)
	}
	answer, err := c.peer.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(c.peer)
	if err = c.peer.SetLocalDescription(answer); err != nil {
		return "", err
	}
	select {
	case <-gathered:
		return c.peer.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// changed hears how the connection fares. It is called by the library, and must not wait.
func (c *call) changed(to webrtc.PeerConnectionState) {
	switch to {
	case webrtc.PeerConnectionStateConnected:
		c.once.Do(func() { close(c.connected) })
	case webrtc.PeerConnectionStateFailed:
		c.cancel(errUnheard)
	case webrtc.PeerConnectionStateClosed: // ours has its cause already
		c.cancel(ivr.ErrHungUp)
	}
}

// live waits for the connection, and has the conversation.
func (c *call) live() {
	defer c.finish()
	late := time.NewTimer(connectTime)
	defer late.Stop()
	select {
	case <-c.connected:
	case <-late.C:
		c.gateway.cfg.Log.Info("a browser found no way to the line", "call", c.id, "contract", string(c.caller.Contract))
		c.cancel(errUnheard)
		return
	case <-c.ctx.Done():
		return
	}
	s := newSocket(c.remote())
	c.pump(s)
	err := c.gateway.cfg.Line.Take(line.Carried{
		ID: c.id, Dialog: c, Caller: c.caller,
		Sound: media.Carriage{Socket: s, From: s.from, SSRC: uint32(c.sender.GetParameters().Encodings[0].SSRC), Events: c.offer.events, Secure: true},
	})
	if err != nil {
		c.gateway.cfg.Log.Warn("a call from a browser is not taken", "call", c.id, "error", err)
		_ = s.Close()
	}
}

// finish hangs up, waits for all that the call has started, and forgets it.
func (c *call) finish() {
	c.cancel(line.ErrWeHungUp)
	if c.peer != nil {
		if err := c.peer.GracefulClose(); err != nil {
			c.gateway.cfg.Log.Debug("closing a browser's connection", "call", c.id, "error", err)
		}
	}
	c.pumps.Wait()
	c.gateway.remove(c)
}

// remote is where the browser's packets come from.
func (c *call) remote() netip.AddrPort {
	pair, err := c.sender.Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return netip.AddrPort{}
	}
	ip, err := netip.ParseAddr(pair.Remote.Address)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip.Unmap(), pair.Remote.Port)
}

// pump carries packets between the library and the socket until the connection is closed.
func (c *call) pump(s *socket) {
	c.pumps.Go(func() { s.drain(c.send) })
	c.pumps.Go(func() {
		defer s.shut()
		select {
		case t := <-c.theirs:
			c.pumps.Go(func() { receive(s, t.reports.Read) })
			receive(s, t.track.Read)
		case <-c.ctx.Done():
		}
	})
}

// receive puts packets into the socket until there are no more. A packet with octets is one whatever the library thinks of its payload
// type: the leg takes keys at every one.
func receive[A any](s *socket, read func([]byte) (int, A, error)) {
	var b [longestPacket + 1]byte // one octet more tells what is too long
	for {
		n, _, err := read(b[:])
		switch {
		case n > 0:
			s.put(b[:n])
		case err != nil && !errors.Is(err, io.ErrShortBuffer):
			return
		}
	}
}

// send hands one packet of the leg's to the library, which encrypts it.
func (c *call) send(packet []byte, reports bool) {
	if !reports {
		_, _ = c.track.Write(packet) // one that cannot be sent is lost, as on every network
		return
	}
	if list, err := rtcp.Unmarshal(packet); err == nil {
		_ = c.peer.WriteRTCP(list)
	}
}
