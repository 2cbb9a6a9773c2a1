package attachments

import (
	"bytes"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// programs are how files begin that a machine runs (PE, ELF, Mach-O).
func programs() [][]byte {
	return [][]byte{[]byte("MZ"), []byte("\x7fELF"), {0xfe, 0xed, 0xfa, 0xcf}, {0xcf, 0xfa, 0xed, 0xfe}, {0xfe, 0xed, 0xfa, 0xce}, {0xce, 0xfa, 0xed, 0xfe}}
}

func program(content []byte) bool {
	return slices.ContainsFunc(programs(), func(p []byte) bool { return bytes.HasPrefix(content, p) })
}

// shown are the types that a browser may be told: none of them runs in it. All others are octets.
func shown() []string {
	return []string{
		"text/plain", "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "application/zip", "application/x-gzip",
		"audio/wave", "audio/mpeg", "video/mp4", "video/webm", "message/rfc822",
	}
}

// zipped are the types of office documents: a zip archive that says so.
const zipped = "application/vnd."

// typeOf is the media type of a file by its content. What its sender says of it counts only where the content agrees.
func typeOf(content []byte, claimed string) string {
	found, _, err := mime.ParseMediaType(http.DetectContentType(content))
	if err != nil {
		return unknownOctets
	}
	said, _, err := mime.ParseMediaType(claimed)
	if err == nil && found == "application/zip" && strings.HasPrefix(said, zipped) {
		return said
	}
	if err == nil && found == "text/plain" && said == "message/rfc822" {
		return said
	}
	if slices.Contains(shown(), found) {
		return found
	}
	return unknownOctets
}

// nameOf is a name under which any system keeps a file.
func nameOf(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(c rune) rune {
		switch {
		case c == unicode.ReplacementChar, unicode.Is(unicode.C, c), unicode.Is(unicode.Zl, c), unicode.Is(unicode.Zp, c):
			return -1 // control characters, and what turns the direction of writing
		case strings.ContainsRune(`<>:"|?*`, c):
			return '_'
		}
		return c
	}, strings.ToValidUTF8(name, ""))
	name = strings.Trim(name, " .")
	if letters := []rune(name); len(letters) > nameMost {
		end := []rune{}
		if dot := strings.LastIndex(name, "."); dot >= 0 && len([]rune(name[dot:])) <= 12 {
			end = []rune(name[dot:]) // programs know a file by its ending
		}
		name = string(letters[:nameMost-len(end)]) + string(end)
	}
	if name == "" {
		return nameless
	}
	return name
}
