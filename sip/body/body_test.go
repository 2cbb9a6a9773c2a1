package body_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"hotline/sip/body"
)

const sdp = "v=0\r\n"

// RFC 5621, RFC 3261 20.11: which body holds a session, and which one must not be passed over.
func TestTheSessionDescriptionOfABody(t *testing.T) {
	mixed := func(parts ...string) string { return "--b\r\n" + strings.Join(parts, "\r\n--b\r\n") + "\r\n--b--\r\n" }
	session, other := "Content-Type: application/sdp\r\n\r\n"+sdp, "Content-Type: text/xml\r\n\r\n<x/>"
	needed := "Content-Type: text/xml\r\nContent-Disposition: render;handling=required\r\n\r\n<x/>"
	early := "Content-Type: application/sdp\r\nContent-Disposition: early-session\r\n\r\nv=1\r\n"
	for _, c := range []struct {
		name, kind, use, body string
		want                  string
		err                   error
	}{
		{"nothing", "", "", "", "", nil},
		{"a session", "application/sdp", "", sdp, sdp, nil},
		{"in capitals, with a parameter", "Application/SDP ; charset=utf-8", "Session", sdp, sdp, nil},
		{"unknown", "text/xml", "", "<x/>", "", body.ErrKind},
		{"unknown and optional", "text/xml", "render;handling=optional", "<x/>", "", nil},
		{"an early session alone", "application/sdp", "early-session", sdp, "", body.ErrKind},
		{"among others", "multipart/mixed;boundary=b", "", mixed(other, session), sdp, nil},
		{"the first of two", "multipart/mixed;boundary=b", "", mixed(session, "Content-Type: application/sdp\r\n\r\nv=2"), sdp, nil},
		{"the last of alternatives", "multipart/alternative;boundary=b", "", mixed("Content-Type: application/sdp\r\n\r\nv=2", session), sdp, nil},
		{"an early session beside", "multipart/mixed;boundary=b", "", mixed(early, session), sdp, nil},
		{"none among others", "multipart/mixed;boundary=b", "", mixed(other), "", nil},
		{"one that must be understood", "multipart/mixed;boundary=b", "", mixed(session, needed), "", body.ErrKind},
		{"no boundary", "multipart/mixed", "", mixed(session), "", body.ErrBroken},
		{"cut short", "multipart/mixed;boundary=b", "", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0", "", body.ErrBroken},
		{"too many parts", "multipart/mixed;boundary=b", "", mixed(make([]string, 40)...), "", body.ErrBroken},
	} {
		got, err := body.Description(c.kind, c.use, []byte(c.body))
		if !errors.Is(err, c.err) || strings.TrimSpace(string(got)) != strings.TrimSpace(c.want) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

func FuzzDescription(f *testing.F) {
	f.Add("multipart/mixed;boundary=b", "", []byte("--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n"))
	f.Add("application/sdp", "session;handling=required", []byte(sdp))
	f.Fuzz(func(t *testing.T, kind, use string, octets []byte) {
		got, err := body.Description(kind, use, octets)
		if err == nil && !bytes.Contains(octets, got) {
			t.Errorf("%q is not of the body", got)
		}
	})
}
