package trunk

import (
	"cmp"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/header"
	"hotline/sip/syntax"
)

// Which number was dialled. The agent asks it for each INVITE of a trunk.

// DialledNumber is the number that was dialled, by the trunk's INVITE. An empty place gives way to the next one.
func (t *Trunk) DialledNumber(req *gosip.Request) string {
	request, to := header.PartyOf("", req.Recipient).User, header.PartyOf("", req.To().Address).User
	called := header.AddressIn(req, "P-Called-Party-ID").User
	switch t.Dialled {
	case DialledRequest:
		return cmp.Or(request, to, called)
	case DialledTo:
		return cmp.Or(to, request, called)
	case DialledCalledParty:
		return cmp.Or(called, request, to)
	}
	for _, number := range []string{request, to, called} {
		if number != "" && !t.isUs(number) {
			return number
		}
	}
	return cmp.Or(to, request)
}

// isUs tells whether a user is that of our account, or of the Contact that we register.
func (t *Trunk) isUs(user string) bool {
	own := header.Printable(t.Account.User)
	if !t.Register || own == "" {
		return false
	}
	tag, ours := strings.CutPrefix(user, own+contactMark)
	return user == own || ours && !syntax.IsNumber(tag)
}
