package header

import (
	"net/netip"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/body"
)

// New makes a header that is written as it stands.
func New(name, value string) gosip.Header { return gosip.NewHeader(name, value) }

// Value is the value of a header under its long or its compact name; empty when it is missing.
func Value(msg gosip.Message, names ...string) string {
	for _, n := range names {
		if h := msg.GetHeaders(n); len(h) > 0 {
			return h[0].Value()
		}
	}
	return ""
}

// Lists tells whether a header of tokens, in any number of lines, holds one.
func Lists(msg gosip.Message, token string, names ...string) bool {
	for _, n := range names {
		for _, h := range msg.GetHeaders(n) {
			for t := range strings.SplitSeq(h.Value(), ",") {
				if strings.EqualFold(strings.TrimSpace(t), token) {
					return true
				}
			}
		}
	}
	return false
}

// Tag is the tag parameter of From or To; empty when it is missing.
func Tag(p gosip.HeaderParams) string {
	t, _ := p.Get("tag")
	return t
}

// Branch is the branch of a request's top Via.
func Branch(req *gosip.Request) string {
	b, _ := req.Via().Params.Get("branch")
	return b
}

// Contact is where requests inside a dialog reach us (RFC 3261 8.1.1.8). The user is a text of whoever; it may be empty.
func Contact(user string, at netip.AddrPort, transport string) gosip.Header {
	if user = UserPart(user); user != "" {
		user += "@"
	}
	tail := ""
	if transport != "UDP" {
		tail = ";transport=" + strings.ToLower(transport)
	}
	return New("Contact", "<sip:"+user+at.String()+tail+">")
}

// Private tells whether the caller asks that his number be shown to nobody (RFC 3323 section 4.2).
func Private(req *gosip.Request) bool {
	for _, h := range req.GetHeaders("privacy") {
		for p := range strings.FieldsFuncSeq(strings.ToLower(h.Value()), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			if p == "id" || p == "user" || p == "header" {
				return true
			}
		}
	}
	return false
}

// Routes copies a Record-Route set in the order that our requests need: as it stands for who was called, reversed for who
// called (RFC 3261 12.1).
func Routes(msg gosip.Message, reversed bool) []gosip.Uri {
	var out []gosip.Uri
	for _, h := range msg.GetHeaders("record-route") {
		r, ok := h.(*gosip.RecordRouteHeader)
		if !ok {
			continue
		}
		out = append(out, *r.Address.Clone())
	}
	if reversed {
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}

// Description is the session description of a message; one that cannot be read counts as none.
func Description(msg gosip.Message) []byte {
	sdp, err := body.Description(Value(msg, "Content-Type", "c"), Value(msg, "Content-Disposition"), msg.Body())
	if err != nil {
		return nil
	}
	return sdp
}

// MarkSDP says in a message that its body is a session description, where it has a body.
func MarkSDP(res *gosip.Response, sdp []byte) {
	if len(sdp) > 0 {
		res.AppendHeader(New("Content-Type", "application/sdp"))
	}
}
