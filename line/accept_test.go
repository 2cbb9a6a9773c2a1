package line_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/cdr"
	"hotline/line"
	"hotline/media"
	"hotline/media/dtmf"
	"hotline/media/g711"
	"hotline/media/mediatest"
	"hotline/media/rtp"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/sip/siptest"
	"hotline/tickets"
)

// Only a human accepts. What follows picks up and sounds as machines do, with the sound as it goes over the wire.

// machine is whatever picks up: it plays its sound from pick-up on, and then silence, whoever speaks.
type machine struct {
	sound  []int16
	events bool           // its answer has telephone-events
	early  func(m *voice) // before it is picked up
	acts   func(m *voice) // from pick-up on, beside the sound
}

// voice is the machine's end of the sound.
type voice struct {
	mu     sync.Mutex
	socket interface {
		Send(b []byte, to netip.AddrPort)
		Close() error
	}
	to    netip.AddrPort
	out   rtp.Sender
	ahead []int16 // that is to be played, before the sound goes on
	info  func(key string)
}

// frame sends 20 ms of sound.
func (v *voice) frame(pcm []int16) {
	v.mu.Lock()
	defer v.mu.Unlock()
	b := make([]byte, rtp.HeaderSize, rtp.HeaderSize+len(pcm))
	for _, s := range pcm {
		b = append(b, g711.ALaw.EncodeSample(s))
	}
	v.out.Put(b, g711.ALaw.PayloadType(), false, v.out.Timestamp)
	v.socket.Send(b, v.to)
	v.out.Timestamp += uint32(len(pcm))
}

// event presses a key by telephone-events: so many of the six packets of a press, and the last one three times.
func (v *voice) event(k media.Key, packets int) {
	code, _ := k.Code()
	v.mu.Lock()
	defer v.mu.Unlock()
	at := v.out.Timestamp
	for i := 1; i <= 8 && i <= packets+2; i++ {
		b := make([]byte, rtp.HeaderSize+dtmf.EventOctets)
		dtmf.Event{Code: code, Duration: uint16(min(i, packets) * 160), End: i >= 6}.Put(b[rtp.HeaderSize:])
		v.out.Put(b, 101, i == 1, at)
		v.socket.Send(b, v.to)
	}
}

// tone presses a key by its tone.
func (v *voice) tone(k media.Key) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ahead = append(v.ahead, keyTone(k, 100)...)
	v.ahead = append(v.ahead, make([]int16, 1600)...)
}

func keyTone(k media.Key, ms int) []int16 {
	pcm := make([]int16, 8*ms)
	k.Tone(0, pcm)
	return pcm
}

var mediaPort = regexp.MustCompile(`m=audio (\d+) `)

// play answers a call at a street, until the line hangs up.
func (m machine) play(t *testing.T, s *street, telephone *siptest.Phone, at netip.AddrPort) {
	c := telephone.Incoming(5 * time.Second)
	port, err := strconv.ParseUint(mediaPort.FindStringSubmatch(c.Invite.Body)[1], 10, 16)
	if err != nil {
		t.Error(err)
		return
	}
	socket, err := s.media.Listen(at)
	if err != nil {
		t.Error(err)
		return
	}
	v := &voice{socket: socket, to: netip.AddrPortFrom(lineAt, uint16(port)), out: rtp.Sender{SSRC: 7, Sequence: 1, Timestamp: 1}}
	defer func() { _ = socket.Close() }()
	v.info = func(key string) {
		c.Extra = []string{"Content-Type: application/dtmf-relay"}
		c.RequestWith("INFO", "Signal="+key)
	}
	sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio %[2]d RTP/AVP 8", at.Addr(), at.Port())
	if m.events {
		sdp += " 101\r\na=rtpmap:101 telephone-event/8000"
	}
	sdp += "\r\n"
	if m.early != nil {
		c.Respond(183, sdp)
		m.early(v)
	}
	c.Respond(200, sdp)
	telephone.Expect("ACK ", 5*time.Second)
	over := make(chan struct{})
	go func() {
		defer close(over)
		bye := telephone.Expect("BYE ", 3*time.Minute)
		c.Respond(200, "", bye)
	}()
	var acting sync.WaitGroup
	defer acting.Wait()
	if m.acts != nil {
		acting.Go(func() { m.acts(v) })
	}
	v.speaks(m.sound, over)
}

// speaks plays a sound and then silence, until over.
func (v *voice) speaks(sound []int16, over <-chan struct{}) {
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for {
		frame := make([]int16, 160)
		v.mu.Lock()
		if len(v.ahead) > 0 {
			v.ahead = v.ahead[copy(frame, v.ahead):]
		} else {
			sound = sound[copy(frame, sound):]
		}
		v.mu.Unlock()
		v.frame(frame)
		select {
		case <-every.C:
		case <-over:
			return
		}
	}
}

// house is the only telephone's plan, and a book that keeps the result.
type house struct {
	mu   sync.Mutex
	legs []cdr.Leg
	code string // as it was said last
}

func (*house) Plan(context.Context, time.Time, tickets.Ticket) (escalation.Plan, error) {
	a := oncall.Attempt{Engineer: "anna", Name: "Anna", Phone: "sip:anna@127.0.0.4:5060", Language: "it"}
	return escalation.Plan{Rounds: 1, Steps: []escalation.Group{{Ring: 20 * time.Second, Attempts: []oncall.Attempt{a}}}}, nil
}
func (*house) Note(context.Context, ring.Event) {}
func (h *house) Leg(_ context.Context, _ string, l cdr.Leg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.legs = append(h.legs, l)
}

func (h *house) said(_ string, _ prompts.Language, p prompts.Phrase) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(p) == 1 && p[0].Kind == prompts.Spelled {
		h.code = p[0].Text
	}
}

// asked waits until the code was said; empty when it never is.
func (h *house) asked() string {
	for range 1200 {
		h.mu.Lock()
		code := h.code
		h.mu.Unlock()
		if code != "" {
			time.Sleep(time.Second) // a spelled code of the tones lasts as long
			return code
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ""
}

// rung rings a machine and gives the leg that came of it.
func rung(t *testing.T, m machine, acts func(h *house, v *voice)) (l cdr.Leg) {
	h := &house{}
	if acts != nil {
		m.acts = func(v *voice) { acts(h, v) }
	}
	s := newStreet(t, func(context.Context, *line.Line) {}, func(c *line.Config) { c.Said = h.said })
	telephone := siptest.NewPhone(t, s.sip, "127.0.0.4:5060")
	var playing sync.WaitGroup
	playing.Go(func() { m.play(t, s, telephone, netip.MustParseAddrPort("127.0.0.4:4000")) })
	search := ring.New(ring.Config{Telephones: s.board, Duty: h, Book: h})
	_, err := search.Escalate(t.Context(), ring.Request{Language: "it", Ticket: tickets.Ticket{Number: 417}})
	if err != nil || len(h.legs) != 1 {
		t.Fatalf("%v, legs %+v", err, h.legs)
	}
	playing.Wait()
	telephone.Close()
	if err := s.board.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	return h.legs[0]
}

// speech is what a voice says for so many seconds, without its longer pauses.
func speech(t *testing.T, seconds int) (out []int16) {
	t.Helper()
	pack, err := packs.Load(prompts.Italian)
	if err != nil {
		t.Fatal(err)
	}
	quiet := 0
	for _, c := range pack.Manifest.Clips {
		sound, _ := pack.Clip(c.ID)
		if len(sound) < 2*8000 {
			continue
		}
		pcm := g711.ALaw.Samples(sound)
		for at := 0; at+160 <= len(pcm); at += 160 {
			loudest := int16(0)
			for _, s := range pcm[at : at+160] {
				loudest = max(loudest, s, -s)
			}
			if quiet++; loudest > 500 {
				quiet = 0
			}
			if quiet < 15 {
				out = append(out, pcm[at:at+160]...)
			}
		}
		if len(out) >= seconds*8000 {
			return out[:seconds*8000]
		}
	}
	return out
}

func hush(ms int) []int16 { return make([]int16, 8*ms) }

func pure(hz float64, ms int) []int16 { return mediatest.Tone(hz, 8*ms) }

func after(parts ...[]int16) (all []int16) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// over lays sounds over each other, the second one at a place.
func over(a, b []int16, ms int) []int16 {
	out := append([]int16{}, a...)
	for i, s := range b {
		if at := 8*ms + i; at < len(out) {
			out[at] = int16(max(-32000, min(32000, int32(out[at])+int32(s))))
		}
	}
	return out
}

func softer(a []int16, by float64) []int16 {
	out := make([]int16, len(a))
	for i, s := range a {
		out[i] = int16(float64(s) / by)
	}
	return out
}

// melody is keys one after the other.
func melody(keys string, ms, pause int) (out []int16) {
	for _, k := range []byte(keys) {
		out = after(out, keyTone(media.Key(k), ms), hush(pause))
	}
	return out
}

// answerTone is a fax's or a modem's: 2100 Hz whose phase turns each 450 ms (ITU-T V.25).
func answerTone(ms int) (out []int16) {
	for i := range 8 * ms {
		turn := math.Pi * float64(i/3600)
		out = append(out, int16(8000*math.Sin(2*math.Pi*2100*float64(i)/8000+turn)))
	}
	return out
}

// TestNoMachineAccepts rings machines of every sort, with and without telephone-events, and asks of each that nothing is accepted and
// that the line is with the next telephone soon.
func TestNoMachineAccepts(t *testing.T) {
	said := speech(t, 12)
	dice := rand.New(rand.NewPCG(1, 3))
	noise := make([]int16, 8000*12)
	for i := range noise {
		noise[i] = int16(1500 * dice.NormFloat64())
	}
	info := after(pure(950, 330), pure(1400, 330), pure(1800, 330), hush(500)) // special information tone (ITU-T E.180)
	for name, c := range map[string]struct {
		m    machine
		most time.Duration // from pick-up
	}{
		"nothing but silence":                          {machine{}, 30 * time.Second},
		"a greeting without an end":                    {machine{sound: after(said, said)}, 20 * time.Second},
		"a greeting and a beep":                        {machine{sound: after(hush(500), said[:8*5000], hush(300), pure(1000, 400))}, 9 * time.Second},
		"an announcement of the network":               {machine{sound: after(info, said[:8*6000], info, said[:8*6000])}, 30 * time.Second},
		"a fax that calls (CNG)":                       {machine{sound: after(pure(1100, 500), hush(3000), pure(1100, 500), hush(3000), pure(1100, 500))}, 30 * time.Second},
		"a fax that answers (CED)":                     {machine{sound: after(hush(1800), pure(2100, 3300))}, 8 * time.Second},
		"a modem that answers (ANSam)":                 {machine{sound: after(hush(1800), answerTone(3300))}, 30 * time.Second},
		"call screening, which asks for a name":        {machine{sound: after(said[:8*4000], hush(300), pure(440, 300), hush(6000), said[:8*2000])}, 30 * time.Second},
		"an exchange that rings on":                    {machine{sound: after(pure(425, 1000), hush(4000), pure(425, 1000), hush(4000), pure(425, 1000))}, 30 * time.Second},
		"a loud room":                                  {machine{sound: noise}, 30 * time.Second},
		"a 1 in the pause of a greeting":               {machine{sound: after(said[:8*3000], hush(300), keyTone('1', 150), hush(300), said[:8*3000])}, 30 * time.Second},
		"a 1 mixed into the greeting":                  {machine{sound: over(said, keyTone('1', 300), 2000)}, 30 * time.Second},
		"a 1 over a soft greeting":                     {machine{sound: over(softer(said, 8), keyTone('1', 300), 2000)}, 30 * time.Second},
		"a 1 every second":                             {machine{sound: melody("1111111111111111111111111", 200, 800)}, 60 * time.Second},
		"every key, over and over":                     {machine{sound: melody("1234567890*#ABCD1234567890*#ABCD1234567890*#ABCD1234567890*#ABCD", 100, 100)}, 60 * time.Second},
		"a number that is dialled into a greeting":     {machine{sound: over(softer(said, 4), melody("1051234567", 90, 90), 3000)}, 45 * time.Second},
		"a 1 that hangs":                               {machine{sound: keyTone('1', 12000)}, 60 * time.Second},
		"early media with keys of both sorts":          {machine{early: func(v *voice) { v.presses(melody("11", 120, 120), '1') }, acts: func(v *voice) { v.ends('1', 7) }}, 30 * time.Second},
		"events of a gateway behind seconds of speech": {machine{sound: said, acts: func(v *voice) { time.Sleep(10 * time.Second); v.event('1', 6) }}, 45 * time.Second},
	} {
		for _, events := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, events %v", name, events), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := c.m
					m.events = events
					leg := rung(t, m, nil)
					took := leg.Ended.Sub(leg.Answered)
					if leg.Answered.IsZero() || leg.Result == "accepted" || took > c.most {
						t.Errorf("%s after %s", leg.Result, took)
					}
					t.Logf("%s after %.1f s", leg.Result, took.Seconds())
				})
			})
		}
	}
}

// presses plays a sound and presses a key by events, before the call is picked up.
func (v *voice) presses(pcm []int16, k media.Key) {
	v.event(k, 6)
	for ; len(pcm) >= 160; pcm = pcm[160:] {
		v.frame(pcm[:160])
		time.Sleep(20 * time.Millisecond)
	}
	v.event(k, 6)
	v.event('1', 2) // which goes on after the call is picked up
}

// ends sends the rest of a press that began before the call was picked up.
func (v *voice) ends(k media.Key, from int) {
	code, _ := k.Code()
	v.mu.Lock()
	defer v.mu.Unlock()
	at := v.out.Timestamp
	for i := from; i <= from+2; i++ {
		b := make([]byte, rtp.HeaderSize+dtmf.EventOctets)
		dtmf.Event{Code: code, Duration: uint16(from * 160), End: true}.Put(b[rtp.HeaderSize:])
		v.out.Put(b, 101, false, at)
		v.socket.Send(b, v.to)
	}
}

// TestAHumanAccepts by each way in which keys come. Tones need the code; events and INFO do not.
func TestAHumanAccepts(t *testing.T) {
	presses := func(how func(v *voice, k byte), events bool) (machine, func(*house, *voice)) {
		return machine{events: events}, func(h *house, v *voice) {
			time.Sleep(9 * time.Second) // has heard the brief
			how(v, '1')
			if events {
				return
			}
			for _, k := range []byte(h.asked()) {
				how(v, k)
				time.Sleep(500 * time.Millisecond)
			}
		}
	}
	byTone := func(v *voice, k byte) { v.tone(media.Key(k)) }
	for name, c := range map[string]struct {
		how     func(v *voice, k byte)
		events  bool
		noCode  bool
		accepts bool
	}{
		"by events":               {how: func(v *voice, k byte) { v.event(media.Key(k), 6) }, events: true, accepts: true},
		"by tones, with the code": {how: byTone, accepts: true},
		"by a tone alone":         {how: byTone, events: true},
		"by INFO":                 {how: func(v *voice, k byte) { v.info(string(k)) }, events: true, accepts: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, acts := presses(c.how, c.events)
				if leg := rung(t, m, acts); (leg.Result == "accepted") != c.accepts {
					t.Errorf("%s after %s", leg.Result, leg.Ended.Sub(leg.Answered))
				}
			})
		})
	}
}
