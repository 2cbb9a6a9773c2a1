// Package body finds the session description in the body of a message of SIP.
package body

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// Acceptable is which bodies are read (RFC 3261 20.1).
const Acceptable = "application/sdp, multipart/mixed"

// Bounds of a body in parts.
const (
	maxParts  = 16
	maxNested = 3 // multiparts within multiparts
)

// Refusals of a body.
var (
	ErrKind   = errors.New("a body that must be understood and is not") // 415
	ErrBroken = errors.New("a body whose parts cannot be read")         // 400
)

// Description finds the session description in a body: the body itself, or a part of it (RFC 5621 section 3). It is nil,
// without an error, where there is none and nothing that must be understood. A part that is unknown is passed over,
// unless its sender says handling=required; a whole body that is unknown is passed over only where it says
// handling=optional (RFC 3261 20.11).
func Description(contentType, disposition string, body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	sdp, known, err := part(contentType, disposition, body, 0)
	switch {
	case err != nil:
		return nil, err
	case !known && !says(disposition, "optional"):
		return nil, ErrKind
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
			return nil, false, ErrBroken
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
			return nil, ErrBroken
		}
		text, err := io.ReadAll(p)
		if err != nil {
			return nil, ErrBroken
		}
		disposition := p.Header.Get("Content-Disposition")
		found, known, err := part(p.Header.Get("Content-Type"), disposition, text, depth)
		switch {
		case err != nil:
			return nil, err
		case !known && kind != "multipart/alternative" && says(disposition, "required"):
			return nil, ErrKind
		case found != nil && (sdp == nil || kind == "multipart/alternative"):
			sdp = found
		}
	}
	return nil, ErrBroken
}

// says tells whether a Content-Disposition says so of its handling.
func says(disposition, handling string) bool {
	_, parameters, err := mime.ParseMediaType(disposition)
	return err == nil && strings.EqualFold(parameters["handling"], handling)
}
