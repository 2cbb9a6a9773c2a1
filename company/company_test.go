package company

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatCannotWorkIsRefused(t *testing.T) {
	good := Profile{Name: "Officine Gialli", Language: "it", Trunk: Trunk{Server: "sip.carrier.example:5070", Transport: "tls", Registers: true, User: "0612345", Number: "+390612345", Prefixes: []string{"+39", "0"}}}
	for name, c := range map[string]struct {
		change func(*Profile)
		want   error
	}{
		"as it is":                    {func(*Profile) {}, nil},
		"nothing at all":              {func(h *Profile) { *h = Profile{} }, nil},
		"an address":                  {func(h *Profile) { h.Trunk.Server = "192.0.2.7" }, nil},
		"an address of IPv6":          {func(h *Profile) { h.Trunk.Server = "[2001:db8::7]:5060" }, nil},
		"no registration and no user": {func(h *Profile) { h.Trunk.Registers, h.Trunk.User = false, "" }, nil},
		"a name with a line":          {func(h *Profile) { h.Name = "a\nb" }, ErrName},
		"a long name":                 {func(h *Profile) { h.Name = strings.Repeat("à", NameMost+1) }, ErrName},
		"a spoken name with blanks":   {func(h *Profile) { h.Spoken = " a" }, ErrName},
		"a foreign language":          {func(h *Profile) { h.Language = "xx" }, ErrLanguage},
		"a whole address":             {func(h *Profile) { h.Trunk.Server = "sip:carrier.example" }, ErrServer},
		"a parameter":                 {func(h *Profile) { h.Trunk.Server = "carrier.example;maddr=192.0.2.1" }, ErrServer},
		"an address in the open":      {func(h *Profile) { h.Trunk.Server = "0.0.0.0" }, ErrServer},
		"port 0":                      {func(h *Profile) { h.Trunk.Server = "carrier.example:0" }, ErrServer},
		"IPv6 without brackets":       {func(h *Profile) { h.Trunk.Server = "2001:db8::7" }, ErrServer},
		"another transport":           {func(h *Profile) { h.Trunk.Transport = "sctp" }, ErrTransport},
		"registered as nobody":        {func(h *Profile) { h.Trunk.User = "" }, ErrUser},
		"a user with a header":        {func(h *Profile) { h.Trunk.User = "a\r\nb" }, ErrUser},
		"a domain with a path":        {func(h *Profile) { h.Trunk.Domain = "a/b" }, ErrDomain},
		"a realm with a quote":        {func(h *Profile) { h.Trunk.Realm = `a"b` }, ErrDomain},
		"a number with letters":       {func(h *Profile) { h.Trunk.Number = "06abc" }, ErrNumber},
		"a prefix with letters":       {func(h *Profile) { h.Trunk.Prefixes = []string{"+39", "x"} }, ErrPrefix},
	} {
		h := good.Clone()
		c.change(&h)
		if err := h.Check(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestAServerBecomesAnAddressOfSIP(t *testing.T) {
	for want, trunk := range map[string]Trunk{
		"":                                   {},
		"sip:carrier.example":                {Server: "carrier.example", Transport: "udp"},
		"sip:carrier.example;transport=tls":  {Server: "carrier.example", Transport: "tls"},
		"sip:[2001:db8::7]:70;transport=tcp": {Server: "[2001:db8::7]:70", Transport: "tcp"},
	} {
		if got := trunk.Address(); got != want {
			t.Errorf("%+v is %q, want %q", trunk, got, want)
		}
	}
}
