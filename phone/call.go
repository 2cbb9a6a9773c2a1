package phone

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/sip"
)

const (
	keyTime  = 100 * time.Millisecond // a key is held so long
	keyPause = 120 * time.Millisecond // between two keys
	memory   = 30 * 60 * 8000         // octets of what was heard that are kept: half an hour
)

// Call is one answered call. What comes out of the receiver is kept. Say and Press are used by one goroutine.
type Call struct {
	dialog *sip.Dialog
	leg    *media.Leg
	rec    *media.Recording
	ctx    context.Context
	cancel context.CancelCauseFunc
	watch  sync.WaitGroup
	once   sync.Once

	mu     sync.Mutex
	kept   int           // octets that came, of those that are kept
	unread []piece       // of them, what came since somebody asked last
	heard  []int16       // and what came before
	more   chan struct{} // closed and replaced when something comes
}

// piece is some sound as it came.
type piece struct {
	codec  g711.Codec
	octets []byte
}

func newCall(d *sip.Dialog, leg *media.Leg) (*Call, error) {
	c := &Call{dialog: d, leg: leg, more: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.watch.Go(func() {
		select {
		case <-d.Context().Done():
			c.cancel(context.Cause(d.Context()))
		case <-leg.Done():
			c.cancel(leg.Err())
		}
	})
	rec, err := leg.Record(c.receiver, media.RecordOptions{})
	if err != nil {
		c.Hangup()
		return nil, fmt.Errorf("listening: %w", err)
	}
	c.rec = rec
	return c, nil
}

// receiver is the telephone's receiver: it keeps what is heard, as it came. Most of it nobody asks for.
type receiver struct {
	call  *Call
	codec g711.Codec
}

func (c *Call) receiver(codec g711.Codec) (io.WriteCloser, error) { return receiver{c, codec}, nil }

// Write hears some sound.
func (r receiver) Write(octets []byte) (int, error) {
	c := r.call
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept < memory {
		c.kept += len(octets)
		c.unread = append(c.unread, piece{r.codec, bytes.Clone(octets)})
	}
	close(c.more)
	c.more = make(chan struct{})
	return len(octets), nil
}

func (receiver) Close() error { return nil }

// Context ends with the call; its cause is the ending.
func (c *Call) Context() context.Context { return c.ctx }

// Heard is what came out of the receiver so far, 8 kHz; the last second may still be missing while the call lasts.
func (c *Call) Heard() []int16 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.samples()
}

// samples reads what came since somebody asked last, and gives all that came. Its caller holds mu.
func (c *Call) samples() []int16 {
	at := len(c.heard)
	c.heard = slices.Grow(c.heard, c.kept-at)[:c.kept]
	for _, p := range c.unread {
		at += p.codec.Decode(c.heard[at:], p.octets)
	}
	c.unread = nil
	return c.heard[:at:at]
}

// Press presses keys one after the other.
func (c *Call) Press(ctx context.Context, keys string) error {
	for _, k := range []byte(keys) {
		if err := c.leg.SendKey(ctx, media.Key(k), keyTime); err != nil {
			return fmt.Errorf("pressing a key: %w", err)
		}
		if err := c.Wait(ctx, keyPause); err != nil {
			return err
		}
	}
	return nil
}

// Say speaks samples of 8 kHz and returns when the last one was sent.
func (c *Call) Say(ctx context.Context, pcm []int16) error {
	if err := c.leg.Play(ctx, media.NewSound(pcm), media.PlayOptions{}); err != nil {
		return fmt.Errorf("speaking: %w", err)
	}
	return nil
}

// Wait lets d pass; the call's ending or ctx's cause when one of them ends before.
func (c *Call) Wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// AwaitTone waits until a tone has sounded after the first from samples heard, and gives the number of samples heard by
// its end.
func (c *Call) AwaitTone(ctx context.Context, from int) (int, error) {
	for {
		c.mu.Lock()
		heard, more := c.samples(), c.more
		c.mu.Unlock()
		if end, ok := toneIn(heard, from); ok {
			return end, nil
		}
		select {
		case <-more:
		case <-c.ctx.Done():
			return 0, context.Cause(c.ctx)
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// Hangup ends the call, writes the last second down and waits for what the call started. Idempotent.
func (c *Call) Hangup() {
	c.once.Do(func() {
		_ = c.dialog.Hangup("")
		if c.rec != nil {
			_, _ = c.rec.Stop()
		}
		_ = c.leg.Close()
		c.watch.Wait()
	})
}

// remoteOf finds the address of a SIP URI's host.
func remoteOf(ctx context.Context, uri string) (netip.Addr, error) {
	rest, ok := strings.CutPrefix(uri, "sip:")
	if !ok {
		return netip.Addr{}, fmt.Errorf("reading %q: a SIP address looks like sip:name@host", uri)
	}
	if _, after, found := strings.Cut(rest, "@"); found {
		rest = after
	}
	rest, _, _ = strings.Cut(rest, ";")
	if host, _, err := net.SplitHostPort(rest); err == nil {
		rest = host
	}
	rest = strings.Trim(rest, "[]")
	if ip, err := netip.ParseAddr(rest); err == nil {
		return ip.Unmap(), nil
	}
	list, err := net.DefaultResolver.LookupNetIP(ctx, "ip", rest)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("looking up %q: %w", rest, err)
	}
	return list[0].Unmap(), nil
}

// Beside is the address that a telephone which calls a SIP address is plugged in at: loopback for this machine, else every
// address of the family, at a free port.
func Beside(ctx context.Context, uri string) (netip.AddrPort, error) {
	ip, err := remoteOf(ctx, uri)
	switch {
	case err != nil:
		return netip.AddrPort{}, err
	case ip.IsLoopback():
		return netip.AddrPortFrom(ip, 0), nil
	case ip.Is6():
		return netip.AddrPortFrom(netip.IPv6Unspecified(), 0), nil
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), 0), nil
}

// Sound is what is known of the call's sound so far.
func (c *Call) Sound() media.LegStats { return c.leg.Stats() }
