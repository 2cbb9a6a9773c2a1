package sip

import (
	"cmp"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// OnBehalf is the caller for whom we call somebody.
type OnBehalf struct {
	// Caller is the customer; zero when nobody is.
	Caller Party
	// Called is the number that he dialled, for Diversion and History-Info.
	Called string
}

// showsCaller tells whether a call through a trunk is introduced as the customer's.
func (r DialRequest) showsCaller(t *trunk) bool {
	return t != nil && t.ShowCaller && isNumber(r.OnBehalf.Caller.User)
}

// isNumber tells whether a user part is a telephone number and nothing that could steer a trunk: digits, after a + if
// need be.
func isNumber(user string) bool {
	digits := strings.TrimPrefix(user, "+")
	return len(digits) > 1 && len(digits) <= 20 && consistsOf(digits, "0123456789")
}

// shown is who a call introduces itself as.
func (r DialRequest) shown(t *trunk) Party {
	from := r.From
	switch {
	case t == nil:
		return from
	case t.namesAccount():
		return Party{Display: cmp.Or(r.preferred(t), from.Display), User: t.Account.User, Host: t.Domain}
	case r.showsCaller(t):
		return Party{Display: r.OnBehalf.Caller.Display, User: r.OnBehalf.Caller.User, Host: t.Domain}
	}
	from.User = cmp.Or(t.CallerID, t.Account.User, from.User)
	from.Host = cmp.Or(from.Host, t.Domain)
	return from
}

// preferred is the number that a trunk which finds us by the user in our From is asked to show.
func (r DialRequest) preferred(t *trunk) string {
	if r.showsCaller(t) {
		return r.OnBehalf.Caller.User
	}
	return t.CallerID
}

// introduce adds to an INVITE who we are and for whom we call: P-Asserted-Identity for the trunk that knows us
// (RFC 3325), and that the call was diverted here (RFC 5806, RFC 7044). Of a caller who shows no number none is known
// here, and the call is our own.
func (r DialRequest) introduce(req *gosip.Request, t *trunk) {
	if t == nil {
		return
	}
	own := cmp.Or(t.CallerID, t.Account.User)
	if own != "" {
		req.AppendHeader(header("P-Asserted-Identity", "<sip:"+printable(own)+"@"+t.Domain+">"))
	}
	if number := r.preferred(t); number != "" && t.namesAccount() { // (RFC 3325 section 9.2)
		req.AppendHeader(header("P-Preferred-Identity", "<sip:"+printable(number)+"@"+t.Domain+">"))
	}
	if !r.showsCaller(t) {
		return
	}
	called := printable(cmp.Or(r.OnBehalf.Called, own))
	if called == "" {
		return
	}
	here := "<sip:" + called + "@" + t.Domain + ">"
	req.AppendHeader(header("Diversion", here+";reason=unconditional;counter=1"))
	target := req.Recipient.String()
	req.AppendHeader(header("History-Info", here+";index=1, <"+target+">;index=1.1;mp=1"))
}

// dialled is the number that a trunk's INVITE was dialled for. A place that is empty gives way to the next one.
func (t *trunk) dialled(req *gosip.Request) string {
	request, to := partyOf("", req.Recipient).User, partyOf("", req.To().Address).User
	called := addressIn(req, "P-Called-Party-ID").User
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
func (t *trunk) isUs(user string) bool {
	own := printable(t.Account.User)
	if !t.Register || own == "" {
		return false
	}
	tag, ours := strings.CutPrefix(user, own+contactMark)
	return user == own || ours && !isNumber(tag)
}

// private tells whether the caller asks that his number be shown to nobody (RFC 3323 section 4.2).
func private(req *gosip.Request) bool {
	for _, h := range req.GetHeaders("privacy") {
		for p := range strings.FieldsFuncSeq(strings.ToLower(h.Value()), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			if p == "id" || p == "user" || p == "header" {
				return true
			}
		}
	}
	return false
}
