package sip

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// acceptable is which bodies are read (RFC 3261 20.1).
const acceptable = "application/sdp, multipart/mixed"

// Bounds of a body in parts.
const (
	maxParts  = 16
	maxNested = 3 // multiparts within multiparts
)

var (
	errBodyKind   = errors.New("a body that must be understood and is not") // 415
	errBodyBroken = errors.New("a body whose parts cannot be read")         // 400
)

// description finds the session description in a body: the body itself, or a part of it (RFC 5621 section 3). It is nil,
// without an error, where there is none and nothing that must be understood. A part that is unknown is passed over,
// unless its sender says handling=required; a whole body that is unknown is passed over only where it says
// handling=optional (RFC 3261 20.11).
func description(contentType, disposition string, body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	sdp, known, err := part(contentType, disposition, body, 0)
	switch {
	case err != nil:
		return nil, err
	case !known && !says(disposition, "optional"):
		return nil, errBodyKind
	}
	return sdp, nil
}

// part reads one part; known tells whether it was understood, also where it holds no description.
func part(contentType, disposition string, body []byte, depth int) (sdp []byte, known bool, err error) {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	use, _, _ := strings.Cut(disposition, ";")
	switch use = strings.ToLower(strings.TrimSpace(use)); {
	case strings.HasPrefix(kind, "multipart/") && depth < maxNested:
		_, parameters, err := mime.ParseMediaType(contentType)
		if err != nil || parameters["boundary"] == "" {
			return nil, false, errBodyBroken
		}
		sdp, err = parts(kind, parameters["boundary"], body, depth+1)
		return sdp, err == nil, err
	case kind == "application/sdp" && (use == "" || use == "session"): // not early-session (RFC 3959), not a preview
		return body, true, nil
	}
	return nil, false, nil
}

// parts reads a body of several: the first description counts, of alternatives the last (RFC 2046 section 5.1.4).
func parts(kind, boundary string, body []byte, depth int) (sdp []byte, err error) {
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxParts {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return sdp, nil
		}
		if err != nil {
			return nil, errBodyBroken
		}
		text, err := io.ReadAll(p)
		if err != nil {
			return nil, errBodyBroken
		}
		disposition := p.Header.Get("Content-Disposition")
		found, known, err := part(p.Header.Get("Content-Type"), disposition, text, depth)
		switch {
		case err != nil:
			return nil, err
		case !known && kind != "multipart/alternative" && says(disposition, "required"):
			return nil, errBodyKind
		case found != nil && (sdp == nil || kind == "multipart/alternative"):
			sdp = found
		}
	}
	return nil, errBodyBroken
}

// says tells whether a Content-Disposition says so of its handling.
func says(disposition, handling string) bool {
	return strings.EqualFold(strings.Trim(parameter(disposition, "handling"), `"`), handling)
}

// descriptionOf is the session description of a message; one that cannot be read counts as none.
func descriptionOf(msg gosip.Message) []byte {
	sdp, err := description(headerOf(msg, "Content-Type", "c"), headerOf(msg, "Content-Disposition"), msg.Body())
	if err != nil {
		return nil
	}
	return sdp
}

// checkBody judges the body of a request that may carry a description.
func (e *envelope) checkBody() verdict {
	switch _, err := e.description(); {
	case errors.Is(err, errBodyKind):
		return refuse(415, "Unsupported Media Type", "Accept: "+acceptable) // RFC 3261 8.2.3
	case err != nil:
		return refuse(400, "Bad Multipart")
	}
	return verdict{pass: true}
}

func (e *envelope) description() ([]byte, error) {
	body := e.body
	if e.length >= 0 && e.length < len(body) {
		body = body[:e.length] // what follows it in a datagram belongs to nothing (RFC 3261 18.3)
	}
	return description(e.content, e.disposition, body)
}
