package resolver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// zone answers for two servers behind one name, until it is down.
type zone struct {
	down  bool
	asked int
}

func (z *zone) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	z.asked++
	if z.down || name != "carrier.example" || service != "sip" || proto != "udp" {
		return "", nil, errors.New("no such host")
	}
	return "", []*net.SRV{{Target: "a.carrier.example.", Port: 5070}, {Target: "b.carrier.example.", Port: 5080}}, nil
}

func (z *zone) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	ip := map[string][]string{"a.carrier.example": {"2001:db8::1", "192.0.2.1"}, "b.carrier.example": {"192.0.2.2"}, "carrier.example": {"192.0.2.3"}}[host]
	if z.down || ip == nil {
		return nil, errors.New("no such host")
	}
	var out []netip.Addr
	for _, a := range ip {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

func TestWhereATargetLeads(t *testing.T) {
	for _, c := range []struct {
		to   Target
		want string
	}{
		{Target{Host: "carrier.example", Transport: "UDP"}, "[192.0.2.1:5070/UDP [2001:db8::1]:5070/UDP 192.0.2.2:5080/UDP]"},
		{Target{Host: "carrier.example", Transport: "TLS", Explicit: true}, "[192.0.2.3:5061/TLS]"},
		{Target{Host: "carrier.example", Port: 5090, Transport: "TCP", Explicit: true}, "[192.0.2.3:5090/TCP]"},
		{Target{Host: "192.0.2.7", Transport: "UDP"}, "[192.0.2.7:5060/UDP]"},
		{Target{Host: "::ffff:192.0.2.7", Port: 1, Transport: "UDP"}, "[192.0.2.7:1/UDP]"},
	} {
		hops, err := New(&zone{}).Find(t.Context(), c.to)
		if err != nil || written(hops) != c.want {
			t.Errorf("%+v leads to %s, %v; want %s", c.to, written(hops), err, c.want)
		}
	}
	for _, bad := range []Target{{Host: "nowhere.example", Transport: "UDP"}, {Host: "192.0.2.7", Port: 70000, Transport: "UDP"}} {
		if hops, err := New(&zone{}).Find(t.Context(), bad); err == nil {
			t.Errorf("%+v leads to %s", bad, written(hops))
		}
	}
}

func TestNameServersThatAreDownAndHopsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{}
		r, to := New(z), Target{Host: "carrier.example", Transport: "UDP"}
		find := func(want string) {
			t.Helper()
			if hops, err := r.Find(t.Context(), to); err != nil || written(hops) != want {
				t.Errorf("%s, %v; want %s", written(hops), err, want)
			}
		}
		const usual = "[192.0.2.1:5070/UDP [2001:db8::1]:5070/UDP 192.0.2.2:5080/UDP]"
		find(usual)
		asked := z.asked
		if find(usual); z.asked != asked {
			t.Error("the name servers are asked again at once")
		}
		r.Failed(netip.MustParseAddrPort("192.0.2.1:5070"))
		find("[[2001:db8::1]:5070/UDP 192.0.2.2:5080/UDP 192.0.2.1:5070/UDP]")
		z.down = true
		time.Sleep(max(failedFor, cacheFor) + time.Second)
		if find(usual); z.asked == asked {
			t.Error("the name servers are never asked again")
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	r := New(&zone{})
	for i := range 3 * maxNames {
		r.keep(fmt.Sprint(i), answer{})
		r.Failed(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1))
	}
	if len(r.cache) > maxNames || len(r.failed) > maxNames {
		t.Errorf("%d names, %d failed hops", len(r.cache), len(r.failed))
	}
}

func written(hops []Hop) string {
	var out []string
	for _, h := range hops {
		out = append(out, h.To.String()+"/"+h.Transport)
	}
	return fmt.Sprint(out)
}
