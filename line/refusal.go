package line

import (
	"errors"
	"fmt"

	"hotline/media"
	"hotline/media/sdp"
	"hotline/sip"
)

// refusal is the final answer to an offer that we cannot take (RFC 3261 section 21).
func refusal(err error) (code int, reason string) {
	switch {
	case warning(err) != "":
		return 488, "Not Acceptable Here"
	case errors.Is(err, sdp.ErrMalformed):
		return 400, "Bad Session Description"
	case errors.Is(err, media.ErrNoPorts):
		return 503, "No Ports Left"
	}
	return 500, "Server Internal Error"
}

// warning says in a 488 what would be taken (RFC 3261 section 20.43); empty where the offer is not at fault.
func warning(err error) string {
	for _, w := range []struct {
		of   error
		code int
		text string
	}{
		{sdp.ErrNotSecure, 302, "Incompatible transport protocol: RTP/SAVP with a=crypto is required"},
		{sdp.ErrNoAudio, 304, "Media type not available: only audio is taken"},
		{sdp.ErrOtherTransport, 302, "Incompatible transport protocol: RTP/AVP and RTP/SAVP with a=crypto are taken"},
		{sdp.ErrNoCommonCodec, 305, "Incompatible media format: PCMA and PCMU are taken"},
		{sdp.ErrBadAddress, 301, "Incompatible network address formats: this address of sound cannot be reached"},
	} {
		if errors.Is(err, w.of) {
			return fmt.Sprintf("%d hotline %q", w.code, w.text)
		}
	}
	return ""
}

// refused tells of a call that is not answered: by which trunk it came and what it offered.
func (s *Switchboard) refused(in *sip.Invite, err error) {
	s.cfg.Refused()
	s.cfg.Log.Info("call not answered", "call", in.ID, "trunk", in.Trunk, "from", in.Source.String(), "offered", offered(in.Offer), "error", err)
	code, reason := refusal(err)
	var headers []string
	if w := warning(err); w != "" {
		headers = append(headers, "Warning: "+w)
	}
	_ = in.Refuse(code, reason, headers...)
}

func offered(description []byte) string {
	if len(description) == 0 {
		return "nothing"
	}
	return sdp.Summary(description)
}

// reoffer answers later offers of a call; a refusal says which trunk's call it is, what was offered and why.
func reoffer(sound *media.Leg, trunk string) func(offer []byte) ([]byte, error) {
	return func(offer []byte) ([]byte, error) {
		answer, err := sound.Reoffer(offer)
		if err != nil {
			err = &sip.Unacceptable{Err: fmt.Errorf("trunk %q, offered: %s: %w", trunk, offered(offer), err), Warning: warning(err)}
		}
		return answer, err
	}
}
