package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
	"golang.org/x/sys/unix"
)

// ports are where sound comes, for all calls together.
type ports struct {
	settings webrtc.SettingEngine
	closers  []func() error
	udp, tcp []netip.AddrPort
}

// TCP connections: how long one may take to its first message, and how much may wait for one that is slow.
const (
	firstTime  = 5 * time.Second
	waitsForIt = 64 << 10 // octets; 3 s of sound
)

// openPorts opens them. After an error none is open.
func openPorts(ctx context.Context, c Config) (p ports, err error) {
	log := quiet{c.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	var overUDP []ice.UDPMux
	var overTCP []ice.TCPMux
	for _, at := range c.UDP {
		l, err := (&net.ListenConfig{Control: expedite}).ListenPacket(ctx, "udp", at.String())
		if err != nil {
			return p, fmt.Errorf("UDP: %w", err)
		}
		p.udp = append(p.udp, l.LocalAddr().(*net.UDPAddr).AddrPort())
		m := ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: log, UDPConn: l})
		p.closers = append(p.closers, m.Close)
		overUDP = append(overUDP, m)
	}
	for _, at := range c.TCP {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at.String())
		if err != nil {
			return p, fmt.Errorf("TCP: %w", err)
		}
		p.tcp = append(p.tcp, l.Addr().(*net.TCPAddr).AddrPort())
		m := ice.NewTCPMuxDefault(ice.TCPMuxParams{
			Logger: log, Listener: &limited{Listener: l, from: map[netip.Addr]int{}}, ReadBufferSize: waitingMost, WriteBufferSize: waitsForIt,
			FirstStunBindTimeout: firstTime, AliveDurationForConnFromStun: firstTime,
		})
		p.closers = append(p.closers, m.Close)
		overTCP = append(overTCP, m)
	}
	p.settings, err = settings(c, log)
	p.settings.SetICEUDPMux(ice.NewMultiUDPMuxDefault(overUDP...))
	switch len(overTCP) {
	case 0:
	case 1:
		p.settings.SetICETCPMux(overTCP[0]) // by itself: then its address alone is told, and not every one of the machine
	default:
		p.settings.SetICETCPMux(ice.NewMultiTCPMuxDefault(overTCP...))
	}
	return p, err
}

// expedite marks packets for expedited forwarding, DSCP 46 (RFC 8837 section 5); a network that ignores it costs nothing.
func expedite(network, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		if network == "udp6" {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_TCLASS, 46<<2)
			return
		}
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TOS, 46<<2)
	})
}

// settings are those of every connection.
func settings(c Config, log quiet) (s webrtc.SettingEngine, err error) {
	s.LoggerFactory = log
	s.SetLite(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(disconnectTime, failTime, 0)
	s.DisableActiveTCP(true)
	s.SetFireOnTrackBeforeFirstRTP(true)
	s.SetDTLSInsecureSkipHelloVerify(true) // ICE has shown already that the address is nobody else's
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
	for _, at := range append(c.UDP[:len(c.UDP):len(c.UDP)], c.TCP...) {
		if at.Addr().IsLoopback() {
			s.SetIncludeLoopbackCandidate(true)
		}
	}
	var public []string
	for _, a := range c.Public {
		public = append(public, a.String())
	}
	if len(public) > 0 {
		err = s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{External: public, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace})
	}
	return s, errors.Join(err, s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer))
}

// close closes the ports.
func (p *ports) close() (err error) {
	for _, c := range p.closers {
		err = errors.Join(err, c())
	}
	p.closers = nil
	return err
}

// aLaw is the one codec of sound.
func aLaw() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000, Channels: 1}
}

// newPeer makes our end of a connection: A-law and keys, and none of the library's own reports, since a leg has its own.
func (p *ports) newPeer(o offer) (*webrtc.PeerConnection, error) {
	codecs := &webrtc.MediaEngine{}
	err := codecs.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: aLaw(), PayloadType: aLawType}, webrtc.RTPCodecTypeAudio)
	if o.events != 0 {
		keys := webrtc.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: 8000, Channels: 1, SDPFmtpLine: eventsTaken}
		err = errors.Join(err, codecs.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: keys, PayloadType: webrtc.PayloadType(o.events)}, webrtc.RTPCodecTypeAudio))
	}
	if err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(codecs), webrtc.WithInterceptorRegistry(&interceptor.Registry{}), webrtc.WithSettingEngine(p.settings))
	return api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle, RTCPMuxPolicy: webrtc.RTCPMuxPolicyRequire})
}

// quiet hands what the library has to say to the log as details: any datagram of a stranger is a warning for it.
type quiet struct{ log *slog.Logger }

var _ logging.LoggerFactory = quiet{}

func (q quiet) NewLogger(string) logging.LeveledLogger { return q }

func (q quiet) say(text string) { q.log.Debug("webrtc", "says", text) }

func (q quiet) sayf(format string, values ...any) {
	if q.log.Enabled(context.Background(), slog.LevelDebug) {
		q.say(fmt.Sprintf(format, values...))
	}
}

// Only complaints are told of: among the rest are passwords of connections.
func (q quiet) Trace(string)                        {}
func (q quiet) Tracef(string, ...any)               {}
func (q quiet) Debug(string)                        {}
func (q quiet) Debugf(string, ...any)               {}
func (q quiet) Info(string)                         {}
func (q quiet) Infof(string, ...any)                {}
func (q quiet) Warn(text string)                    { q.say(text) }
func (q quiet) Warnf(format string, values ...any)  { q.sayf(format, values...) }
func (q quiet) Error(text string)                   { q.say(text) }
func (q quiet) Errorf(format string, values ...any) { q.sayf(format, values...) }
