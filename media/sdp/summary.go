package sdp

import "strings"

const maxSummary = 200 // octets

// Summary is a description in one line for the log: "audio RTP/AVP G729/8000 101, video RTP/AVP 34". It has at most 200
// printable characters, whatever the description is.
func Summary(text []byte) string {
	d, err := Read(text)
	if err != nil {
		return "nothing that can be read"
	}
	var media []string
	for i := range d.sections {
		s := &d.sections[i]
		words := []string{s.kind, s.proto}
		for _, f := range s.formats {
			if c := s.codec(f); c != "" {
				f = strings.ToUpper(c)
			}
			words = append(words, f)
		}
		if s.port == 0 {
			words = append(words, "(refused)")
		}
		media = append(media, strings.Join(words, " "))
	}
	line := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.Join(media, ", "))
	return line[:min(len(line), maxSummary)]
}
