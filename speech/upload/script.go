package upload

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"path"
	"strconv"
	"strings"

	"hotline/prompts"
	"hotline/speech"
)

// Digits is Asterisk's folder of spoken numbers: digits/7.wav.
const Digits = "digits"

// FileOf is the name of a prompt's file in a pack, below its language's folder as Asterisk lays sounds out.
func FileOf(lang prompts.Language, key prompts.ID) string {
	if n, ok := strings.CutPrefix(string(key), "n-"); ok {
		return path.Join(string(lang), Digits, n+".wav")
	}
	return path.Join(string(lang), string(key)+".wav")
}

// Script is the sheet from which a studio records, as CSV or as lines to read from, with its media type and the name of its file. A
// bar in a text becomes a pause that is marked. The number is what the recording line takes.
func Script(lang prompts.Language, entries []prompts.Entry, plain bool) (kind, name string, octets []byte) {
	var sheet bytes.Buffer
	table := csv.NewWriter(&sheet)
	if !plain {
		_ = table.Write([]string{"number", "key", "file", "kind", "text"}) // to memory
	}
	for _, e := range entries {
		if e.Class == prompts.Sound {
			continue
		}
		row := []string{strconv.Itoa(prompts.NumberOf(e.ID)), string(e.ID), FileOf(lang, e.ID), string(e.Class), strings.ReplaceAll(e.Text, " |", " […]")}
		if plain {
			fmt.Fprintf(&sheet, "%s  %s (%s)\n    %s\n\n", row[0], row[2], row[3], row[4])
			continue
		}
		_ = table.Write(row)
	}
	table.Flush()
	if plain {
		return "text/plain; charset=utf-8", "script-" + string(lang) + ".txt", sheet.Bytes()
	}
	return "text/csv; charset=utf-8", "script-" + string(lang) + ".csv", sheet.Bytes()
}

// Maker is who has made what is heard of a prompt: a person, where it is a version of the owner's.
func Maker(lang prompts.Language, e prompts.Entry, version int) speech.Maker {
	if version > 0 {
		return speech.Maker{}
	}
	return speech.Shipped(lang, e.Class)
}
