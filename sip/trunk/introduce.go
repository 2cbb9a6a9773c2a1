package trunk

import (
	"cmp"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/header"
	"hotline/sip/syntax"
)

// How a call of ours is introduced to a trunk. Dial asks it for each call through one.

// OnBehalf is the caller for whom we call somebody.
type OnBehalf struct {
	// Caller is the customer; zero when nobody is.
	Caller header.Party
	// Called is the number that he dialled, for Diversion and History-Info.
	Called string
}

// showsCaller tells whether a call is introduced as the customer's.
func (t *Trunk) showsCaller(o OnBehalf) bool {
	return t.ShowCaller && syntax.IsNumber(o.Caller.User)
}

// Shown is who a call of ours through the trunk introduces itself as; from is what the one who calls asks for.
func (t *Trunk) Shown(from header.Party, o OnBehalf) header.Party {
	switch {
	case t.NamesAccount():
		return header.Party{Display: cmp.Or(t.preferred(o), from.Display), User: t.Account.User, Host: t.Domain}
	case t.showsCaller(o):
		return header.Party{Display: o.Caller.Display, User: o.Caller.User, Host: t.Domain}
	}
	from.User = cmp.Or(t.CallerID, t.Account.User, from.User)
	from.Host = cmp.Or(from.Host, t.Domain)
	return from
}

// preferred is the number that a trunk which finds us by the user in our From is asked to show.
func (t *Trunk) preferred(o OnBehalf) string {
	if t.showsCaller(o) {
		return o.Caller.User
	}
	return t.CallerID
}

// Introduce adds to an INVITE who we are and for whom we call: P-Asserted-Identity for the trunk that knows us (RFC 3325), and
// that the call was diverted here (RFC 5806, RFC 7044). Where the caller shows no number, the call is our own.
func (t *Trunk) Introduce(req *gosip.Request, o OnBehalf) {
	own := cmp.Or(t.CallerID, t.Account.User)
	if own != "" {
		req.AppendHeader(header.New("P-Asserted-Identity", "<sip:"+header.UserPart(own)+"@"+t.Domain+">"))
	}
	if number := t.preferred(o); number != "" && t.NamesAccount() { // (RFC 3325 section 9.2)
		req.AppendHeader(header.New("P-Preferred-Identity", "<sip:"+header.UserPart(number)+"@"+t.Domain+">"))
	}
	if !t.showsCaller(o) {
		return
	}
	called := header.UserPart(cmp.Or(o.Called, own))
	if called == "" {
		return
	}
	here := "<sip:" + called + "@" + t.Domain + ">"
	req.AppendHeader(header.New("Diversion", here+";reason=unconditional;counter=1"))
	target := req.Recipient.String()
	req.AppendHeader(header.New("History-Info", here+";index=1, <"+target+">;index=1.1;mp=1"))
}
