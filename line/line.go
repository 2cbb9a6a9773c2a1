package line

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"hotline/ivr"
	"hotline/limits"
	"hotline/media"
	"hotline/media/g711"
	"hotline/sip"
	"hotline/tickets"
)

var _ ivr.Call = (*Line)(nil)

// Line is one caller on the telephone: an ivr.Call. Its blocking methods are used by one goroutine.
type Line struct {
	leg
	caller   ivr.Caller
	answered time.Time
	address  string
}

func newLine(b *Switchboard, in *sip.Invite) *Line {
	now := time.Now()
	number := in.From.User
	if in.Asserted.User != "" {
		number = in.Asserted.User
	}
	if withheld(number) || in.Private {
		number = ""
	}
	number, dialled := b.cfg.E164(number), b.cfg.E164(in.Number)
	id := rand.Text()
	return &Line{
		leg: leg{board: b, id: id, sipID: limits.OneLine(in.ID, limits.CallID), to: "caller"}, answered: now, address: addressOf(in),
		caller: ivr.Caller{ID: tickets.CallID(id), Number: limits.OneLine(number, limits.Number), Dialled: limits.OneLine(dialled, limits.Number), Trunk: in.Trunk, House: in.Trunk == "" && !in.Stranger, At: now},
	}
}

// withheld tells whether a From says that the caller shows no number (RFC 3325 section 7, RFC 3323 section 4.1).
func withheld(user string) bool { return user == "anonymous" || user == "unavailable" || user == "" }

// Caller is what is known of the call.
func (l *Line) Caller() ivr.Caller { return l.caller }

// userPart makes what a query is escaped to the user part of an address: no @ of his own.
var userPart = strings.NewReplacer("+", "%20", "%2B", "+")

// addressOf is where a telephone that came without a trunk can be called back; empty behind a trunk, where only the
// number counts.
func addressOf(in *sip.Invite) string {
	if in.Trunk != "" || in.Stranger || in.Transport != "UDP" {
		return ""
	}
	return "sip:" + userPart.Replace(url.QueryEscape(in.From.User)) + "@" + in.Source.String()
}

// Address is where the calling telephone can be called back directly; empty for a call that came by a trunk.
func (l *Line) Address() string { return l.address }

// SIPID is the call's Call-ID, for the record of calls.
func (l *Line) SIPID() string { return l.sipID }

// Hangup ends the call before its conversation returns, for a search that outlasts it. Idempotent.
func (l *Line) Hangup() { l.close("") }

// Key takes the next key, ivr.ErrNoKey after wait.
func (l *Line) Key(ctx context.Context, wait time.Duration) (byte, error) {
	k, err := l.key(ctx, wait, ivr.ErrNoKey)
	if errors.Is(err, ivr.ErrNoKey) && wait > 0 {
		l.sound.DetectTones() // who was asked and pressed nothing may sit behind a gateway that sends tones whatever was agreed on
	}
	return k, err
}

// HoldKey is Key for a caller who hears music and is asked nothing in particular. If no key comes, it does not begin to listen
// for tones in the sound: a voice that sounds like a tone would then end the wait.
func (l *Line) HoldKey(ctx context.Context, wait time.Duration) (byte, error) {
	return l.key(ctx, wait, ivr.ErrNoKey)
}

// OutOfBand tells whether the caller's keys come in another way than in the sound: no voice is taken for one then.
func (l *Line) OutOfBand() bool { return l.sound.OutOfBand() }

// Flush forgets the keys typed ahead.
func (l *Line) Flush() { l.sound.FlushKeys() }

// Now is the line's clock.
func (l *Line) Now() time.Time { return time.Now() }

// Record hears the caller. What was heard is in the spool, whatever ended the recording. A recording in which nobody spoke is
// deleted, so that no later start finds a recording without a ticket.
func (l *Line) Record(ctx context.Context, r ivr.RecordRequest) (ivr.Recorded, error) {
	both, cancel := l.within(ctx)
	defer cancel()
	at := time.Now()
	got := ivr.Recorded{Recording: tickets.Recording{ID: r.ID, Call: l.caller.ID, At: at, File: r.ID + ".wav"}}
	create := func(c g711.Codec) (io.WriteCloser, error) { return l.board.cfg.Spool.Create(r.ID, c) }
	rec, err := l.sound.Record(create, recordOptions(r))
	if err != nil {
		if cause := context.Cause(both); cause != nil {
			err = cause
		}
		return got, err
	}
	end, err := rec.Wait(both)
	stats, failed := rec.Stop() // a disk that fails ends the recording's growth, not the call
	got.End = endOf(end)
	got.Recording.Law, got.Recording.Seconds, got.Recording.Partial = stats.Codec.Name(), float64(stats.Samples)/g711.Rate, failed != nil
	if failed != nil {
		l.board.cfg.Log.Error("a message is not kept whole", "recording", r.ID, "error", failed)
	}
	if got.End == ivr.EndedUnspoken || got.Recording.Seconds == 0 {
		l.discard(r.ID)
	} else if sum, err := l.board.cfg.Spool.Sum(r.ID); err == nil && failed == nil { // without it, it cannot be told later whether the file is as it was
		got.Recording.SHA256 = sum
	}
	if cause := context.Cause(both); cause != nil {
		got.End = ivr.EndedByHangUp
		return got, cause
	}
	if err == nil && failed != nil {
		err = fmt.Errorf("keeping the message: %w", failed)
	}
	return got, err
}

// discard deletes a take in which nobody spoke.
func (l *Line) discard(id string) {
	if err := l.board.cfg.Spool.Remove(id); err != nil {
		l.board.cfg.Log.Warn("a take without speech stays on the disk; the next start puts it on its ticket", "recording", id, "error", err)
	}
}

func recordOptions(r ivr.RecordRequest) media.RecordOptions {
	o := media.RecordOptions{Endpoint: true, StopKey: '#', Max: r.Max, Silence: r.Silence, Initial: r.Initial}
	if o.Max <= 0 {
		o.Max = 180 * time.Second
	}
	if o.Silence <= 0 {
		o.Silence = 2500 * time.Millisecond
	}
	if o.Initial <= 0 {
		o.Initial = 6 * time.Second
	}
	return o
}

func endOf(e media.End) ivr.RecordEnd {
	switch e {
	case media.EndKey:
		return ivr.EndedByKey
	case media.EndSilence:
		return ivr.EndedBySilence
	case media.EndNoSpeech:
		return ivr.EndedUnspoken
	case media.EndMax:
		return ivr.EndedByLength
	}
	return ivr.EndedByHangUp
}
