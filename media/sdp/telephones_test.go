package sdp

import (
	"errors"
	"strings"
	"testing"

	"hotline/media/g711"
)

// telephone is what one maker's telephone, PBX or browser offers, as far as it matters: the order of its lines, its
// formats and what stands beside the sound. Names and hosts are ours.
type telephone struct {
	name   string
	offer  string // lines
	codec  g711.Codec
	events uint8
	at     string
	secure bool
	packet int    // ms
	ports  string // of our answer's m= lines, "n" for a used one and "0" for a refused one
	refuse error
}

const (
	standard = "v=0|o=- 1 1 IN IP4 192.0.2.1|s=-|c=IN IP4 192.0.2.1|t=0 0|"
	key      = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
	longKey  = "inline:HGAPy4Cedy/qumbZvpuCZSVT7rNDk8vG4TdUXp5hkyWqJCqiLRGab0KZy1g=" // of AES-256
	keys     = "a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-15|"
)

// telephones is the collection.
func telephones() []telephone {
	return []telephone{
		{"Grandstream GXP: the times before the address", "v=0|o=u 8000 8000 IN IP4 192.0.2.1|s=SIP Call|t=0 0|c=IN IP4 192.0.2.1|m=audio 5004 RTP/AVP 0 8 4 18 2 97 9 101|a=sendrecv|a=rtpmap:0 PCMU/8000|a=ptime:20|a=rtpmap:8 PCMA/8000|a=rtpmap:4 G723/8000|a=rtpmap:18 G729/8000|a=fmtp:18 annexb=no|a=rtpmap:2 G726-32/8000|a=rtpmap:97 iLBC/8000|a=fmtp:97 mode=20|a=rtpmap:9 G722/8000|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-11", g711.MuLaw, 101, "192.0.2.1:5004", false, 20, "n", nil},
		{"MicroSIP: no end of the last line", standard + "m=audio 4000 RTP/AVP 8 0 101|c=IN IP4 192.0.2.1|b=TIAS:64000|a=rtcp:4001 IN IP4 192.0.2.1|a=sendrecv|a=rtpmap:8 PCMA/8000|a=rtpmap:0 PCMU/8000|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-16|a=ssrc:1 cname:x", g711.ALaw, 101, "192.0.2.1:4000", false, 20, "n", nil},
		{"Yealink: wideband first, keys for encryption that need not be used", standard + "m=audio 11780 RTP/AVP 9 0 8 18 101|a=rtpmap:9 G722/8000|a=rtpmap:0 PCMU/8000|a=rtpmap:8 PCMA/8000|a=rtpmap:18 G729/8000|a=fmtp:18 annexb=no|" + keys + "a=ptime:20|a=sendrecv", g711.MuLaw, 101, "192.0.2.1:11780", false, 20, "n", nil},
		{"Yealink: encryption optional by two lines of sound", standard + "m=audio 11782 RTP/SAVP 0 8 101|a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + key + "|a=crypto:2 AES_CM_128_HMAC_SHA1_32 " + key + "|a=crypto:3 F8_128_HMAC_SHA1_80 " + key + "|" + keys + "m=audio 11784 RTP/AVP 0 8 101|" + keys, g711.MuLaw, 101, "192.0.2.1:11782", true, 20, "n0", nil},
		{"Snom: encryption with lifetime and key index, ptime 20, two DTMF rates", standard + "m=audio 60284 RTP/SAVP 9 8 0 99 108 101 109|a=crypto:1 AES_CM_128_HMAC_SHA1_32 " + key + "|2^31|a=rtpmap:9 g722/8000|a=rtpmap:8 pcma/8000|a=rtpmap:0 pcmu/8000|a=rtpmap:99 opus/48000/2|a=rtpmap:108 g726-32/8000|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-16|a=rtpmap:109 telephone-event/48000|a=ptime:20", g711.ALaw, 101, "192.0.2.1:60284", true, 20, "n", nil},
		{"Cisco SPA: 30 ms, keys of NSE beside", standard + "m=audio 16452 RTP/AVP 0 2 8 9 18 96 97 98 100 101|a=rtpmap:0 PCMU/8000|a=rtpmap:8 PCMA/8000|a=rtpmap:100 NSE/8000|a=fmtp:100 192-193|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-15|a=ptime:30|a=sendrecv", g711.MuLaw, 101, "192.0.2.1:16452", false, 30, "n", nil},
		{"Cisco gateway: a name with blanks in o=, T.38 beside", "v=0|o=CiscoSystemsSIP-GW-UserAgent 5 7 IN IP4 192.0.2.1|s=SIP Call|c=IN IP4 192.0.2.1|t=0 0|m=audio 17034 RTP/AVP 8 101 19|c=IN IP4 192.0.2.1|a=rtpmap:8 PCMA/8000|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-16|a=rtpmap:19 CN/8000|a=ptime:20|m=image 17036 udptl t38|a=T38FaxVersion:0", g711.ALaw, 101, "192.0.2.1:17034", false, 20, "n0", nil},
		{"Polycom: video and a far-end camera", standard + "b=AS:512|m=audio 2238 RTP/AVP 9 0 8 18 127|a=rtpmap:9 G722/8000|a=rtpmap:0 PCMU/8000|a=rtpmap:8 PCMA/8000|a=rtpmap:127 telephone-event/8000|m=video 2240 RTP/AVP 109 34|b=TIAS:512000|a=rtpmap:109 H264/90000|a=fmtp:109 profile-level-id=42800d|a=rtcp-fb:* ccm fir|m=application 2242 RTP/AVP 100|a=rtpmap:100 H224/4800", g711.MuLaw, 127, "192.0.2.1:2238", false, 20, "n00", nil},
		{"FRITZ!Box: an address for each line, no rtpmap of the static types, rtcp on another line", "v=0|o=user 1 1 IN IP4 192.0.2.1|s=call|c=IN IP4 192.0.2.1|t=0 0|m=audio 7078 RTP/AVP 9 8 0 2 102 100 99 101 97|a=rtpmap:2 G726-32/8000|a=rtpmap:102 G726-32/8000|a=rtpmap:100 G726-40/8000|a=rtpmap:99 G726-24/8000|a=rtpmap:97 iLBC/8000|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-15|a=sendrecv|a=rtcp:7079", g711.ALaw, 101, "192.0.2.1:7078", false, 20, "n", nil},
		{"Asterisk chan_pjsip: the longest packet in place of the length", standard + "m=audio 14938 RTP/AVP 8 0 101|a=rtpmap:8 PCMA/8000|a=rtpmap:0 PCMU/8000|" + keys + "a=ptime:20|a=maxptime:150|a=sendrecv", g711.ALaw, 101, "192.0.2.1:14938", false, 20, "n", nil},
		{"FreeSWITCH: comfort noise, 40 ms", standard + "m=audio 25706 RTP/AVP 102 9 0 8 103 101 13|a=rtpmap:102 opus/48000/2|a=rtpmap:9 G722/8000|a=rtpmap:0 PCMU/8000|a=rtpmap:8 PCMA/8000|a=rtpmap:103 telephone-event/48000|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-15|a=rtpmap:13 CN/8000|a=ptime:40", g711.MuLaw, 101, "192.0.2.1:25706", false, 40, "n", nil},
		{"linphone: feedback profile, extended reports", standard + "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics|m=audio 7078 RTP/AVPF 96 97 8 0 101 99|a=rtpmap:96 opus/48000/2|a=fmtp:96 useinbandfec=1|a=rtpmap:97 speex/16000|a=rtpmap:101 telephone-event/48000|a=rtpmap:99 telephone-event/8000|a=rtcp-fb:* trr-int 1000", g711.ALaw, 99, "192.0.2.1:7078", false, 20, "n", nil},
		{"Zoiper: candidates for ICE that nobody asked for", standard + "m=audio 51372 RTP/AVP 0 101 8 3|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-16|a=candidate:1 1 UDP 2130706431 192.0.2.1 51372 typ host|a=ice-ufrag:abcd|a=ice-pwd:0123456789abcdef01234567|a=sendrecv", g711.MuLaw, 101, "192.0.2.1:51372", false, 20, "n", nil},
		{"Jitsi: sound and video in one bundle, the parts named", standard + "a=group:BUNDLE a v|m=audio 5000 RTP/AVP 96 9 0 8 101|a=mid:a|a=rtpmap:96 opus/48000/2|a=rtpmap:101 telephone-event/8000|a=extmap:1 urn:ietf:params:rtp-hdrext:csrc-audio-level|a=rtcp-mux|m=video 5000 RTP/AVP 105|a=mid:v|a=rtpmap:105 H264/90000", g711.MuLaw, 101, "192.0.2.1:5000", false, 20, "n0", nil},
		{"Avaya: the codec named in capitals and small letters, 60 ms", standard + "m=audio 35000 RTP/AVP 0 8 120|a=rtpmap:0 pcmu/8000/1|a=rtpmap:8 pcma/8000/1|a=rtpmap:120 TELEPHONE-EVENT/8000|a=ptime:60", g711.MuLaw, 120, "192.0.2.1:35000", false, 60, "n", nil},
		{"Innovaphone: MSRP and a mute session that one line speaks against", standard + "a=inactive|m=audio 16384 RTP/AVP 8 101|a=sendrecv|" + keys + "m=message 16386 TCP/MSRP *|a=accept-types:text/plain|a=path:msrp://192.0.2.1:16386/x;tcp", g711.ALaw, 101, "192.0.2.1:16384", false, 20, "n0", nil},
		{"3CX: the sound after the picture", standard + "m=video 6000 RTP/AVP 34|a=rtpmap:34 H263/90000|m=audio 6002 RTP/AVP 0 8 101|" + keys, g711.MuLaw, 101, "192.0.2.1:6002", false, 20, "0n", nil},
		{"Teams by a session border controller: 256 bits first, then 128", standard + "m=audio 50020 RTP/SAVP 8 0 101 13|a=crypto:1 AES_256_CM_HMAC_SHA1_80 " + longKey + "|a=crypto:2 AES_CM_128_HMAC_SHA1_80 " + key + "|2^31|1:1|a=rtpmap:13 CN/8000|" + keys, g711.ALaw, 101, "192.0.2.1:50020", true, 20, "n", nil},
		{"Twilio Elastic SIP: encrypted, with an unencrypted RTCP parameter", standard + "m=audio 18254 RTP/SAVP 0 8 101|a=rtpmap:0 PCMU/8000|a=rtpmap:8 PCMA/8000|" + keys + "a=maxptime:20|a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + key + "|a=sendrecv", g711.MuLaw, 101, "192.0.2.1:18254", true, 20, "n", nil},
		{"a gateway of a carrier: two ports, 10 ms", standard + "m=audio 30000/2 RTP/AVP 8 100|a=rtpmap:100 telephone-event/8000|a=ptime:10", g711.ALaw, 100, "192.0.2.1:30000", false, 10, "n", nil},
		{"a carrier of IMS: preconditions and AMR before G.711", standard + "m=audio 40000 RTP/AVP 104 102 8 0 105 101|b=AS:80|b=RS:0|b=RR:2000|a=rtpmap:104 AMR-WB/16000/1|a=fmtp:104 mode-change-capability=2|a=rtpmap:102 AMR/8000/1|a=rtpmap:105 telephone-event/16000|a=rtpmap:101 telephone-event/8000|a=curr:qos local none|a=des:qos optional remote sendrecv|a=maxptime:240|a=ptime:20", g711.ALaw, 101, "192.0.2.1:40000", false, 20, "n", nil},
		{"IPv6, link and all", "v=0|o=- 1 1 IN IP6 2001:db8::9|s=-|c=IN IP6 2001:db8::9|t=0 0|m=audio 4000 RTP/AVP 8 101|" + keys, g711.ALaw, 101, "[2001:db8::9]:4000", false, 20, "n", nil},
		{"blanks that nobody needs, LF alone", "v=0|o=-  1 1 IN IP4 192.0.2.1|s= |c=IN IP4  192.0.2.1 |t=0 0|m=audio  4000  RTP/AVP  8  101 |a=rtpmap:101  telephone-event/8000 |a=sendrecv ", g711.ALaw, 101, "192.0.2.1:4000", false, 20, "n", nil},
		{"another medium that is broken, another that is unknown", standard + "m=|m=audio x RTP/AVP 8|m=hologram 70000 QUIC/7 *|m=audio 4000 RTP/AVP 8|a=rtpmap:|a=fmtp|a=|=|x", g711.ALaw, 0, "192.0.2.1:4000", false, 20, "000n", nil},
		{"the same format twice", standard + "m=audio 4000 RTP/AVP 8 8 0 0 101 101|" + keys, g711.ALaw, 101, "192.0.2.1:4000", false, 20, "n", nil},
		{"Chrome: keys by DTLS alone", standard + "a=group:BUNDLE 0|a=msid-semantic: WMS|m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126|c=IN IP4 0.0.0.0|a=rtcp:9 IN IP4 0.0.0.0|a=ice-ufrag:abcd|a=ice-pwd:0123456789abcdef01234567|a=fingerprint:sha-256 00:11|a=setup:actpass|a=mid:0|a=rtcp-mux|a=rtpmap:111 opus/48000/2|a=rtpmap:126 telephone-event/8000", 0, 0, "", false, 0, "", ErrNoCommonCodec},
		{"Firefox: a data channel alone", standard + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel|a=sctp-port:5000", 0, 0, "", false, 0, "", ErrNoCommonCodec},
		{"a fax machine", standard + "m=image 4002 udptl t38|a=T38FaxVersion:0|a=T38MaxBitRate:14400", 0, 0, "", false, 0, "", ErrNoCommonCodec},
		{"a telephone with G.729 alone", standard + "m=audio 4000 RTP/AVP 18 101|a=rtpmap:18 G729/8000|" + keys, 0, 0, "", false, 0, "", ErrNoCommonCodec},
		{"a telephone that wants encryption of a kind we have not", standard + "m=audio 4000 RTP/SAVP 8|a=crypto:1 F8_128_HMAC_SHA1_80 " + key, 0, 0, "", false, 0, "", ErrNoCommonCodec},
	}
}

// text makes a description of its lines. LF alone stands in where the name says so.
func (p telephone) text() []byte {
	end := "\r\n"
	if strings.Contains(p.name, "LF") {
		end = "\n"
	}
	lines := strings.Split(restored(p.offer), "\x00")
	text := strings.Join(lines, end)
	if !strings.Contains(p.name, "no end") {
		text += end
	}
	return []byte(text)
}

// restored marks the ends of lines: a bar that begins no line is part of a key's parameters.
func restored(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '|' && (i+1 == len(s) || !strings.HasPrefix(s[i+1:], "2^") && !strings.HasPrefix(s[i+1:], "1:1")) {
			b.WriteByte(0)
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func TestWhatRealTelephonesOfferIsAnswered(t *testing.T) {
	for _, p := range telephones() {
		t.Run(p.name, func(t *testing.T) {
			d, err := Read(p.text())
			if err != nil {
				t.Fatalf("%v in:\n%s", err, p.text())
			}
			policy := Plain
			if p.secure {
				policy = Preferred
			}
			got, err := d.Agree(near, policy)
			if !errors.Is(err, p.refuse) || (err == nil) != (p.refuse == nil) {
				t.Fatalf("error %v, want %v", err, p.refuse)
			}
			if err != nil {
				return
			}
			if got.Codec != p.codec || got.EventsOut != p.events || got.Remote.String() != p.at || got.Secure != p.secure || got.Packet != 8*p.packet {
				t.Errorf("terms are %+v", got)
			}
			me := NewLocal(7, here)
			back, err := Read(me.Answer(d, &got))
			if err != nil {
				t.Fatal(err)
			}
			ports := ""
			for _, s := range back.sections {
				if s.port == 10000 {
					ports += "n"
				} else {
					ports += "0"
				}
			}
			if ports != p.ports {
				t.Errorf("the answer's media are %s, want %s", ports, p.ports)
			}
		})
	}
}
