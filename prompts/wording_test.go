package prompts

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

//go:embed testdata/heard.txt
var heard string

// wording is how one language words its sentences.
type wording struct {
	keys      []string       // the names of the keys, one to nine first, then the others
	press     *regexp.Regexp // asks for one key; its group is what follows, up to the end of the sentence
	several   *regexp.Regexp // asks for several keys
	forbidden *regexp.Regexp // words that a caller is not to hear
}

func wordings() map[Language]wording {
	return map[Language]wording{
		Italian: {
			keys:      strings.Fields("uno due tre quattro cinque sei sette otto nove zero asterisco cancelletto"),
			press:     regexp.MustCompile(`(?i)\bprema (?:solo |(?:due|tre|quattro) volte )?([^.|]*)[.|]?`),
			several:   regexp.MustCompile(`(?i)\bdigiti (\w+)`),
			forbidden: regexp.MustCompile(`(?i)\b(premi|premete|digita|digitate|scegli|lascia|parla|attendi|resta in|tuo|tua|tuoi|tue|ti|tu|voi|vostro|vostra|hash)\b`),
		},
		English: {
			keys:      strings.Fields("one two three four five six seven eight nine zero star hash"),
			press:     regexp.MustCompile(`(?i)\bpress ([^.|]*?)(?: twice| three times| four times)?(?:[.|]|$)`),
			several:   regexp.MustCompile(`(?i)\bkey (one|two|three|four|five|nine|zero)\b`),
			forbidden: regexp.MustCompile(`(?i)\b(pound|square|dial|recognized|color|center)\b`),
		},
		German: {
			keys:      strings.Fields("eins zwei drei vier fünf sechs sieben acht neun null sterntaste rautetaste"),
			press:     regexp.MustCompile(`(?i)\bdrücken sie (?:nur |zweimal |dreimal |viermal )?die ([^.|]*)[.|]?`),
			several:   regexp.MustCompile(`(?i)\bgeben sie die (\p{L}+) ein`),
			forbidden: regexp.MustCompile(`(?i)\b(du|dich|dir|dein|deine|deiner|deinen|euch|eure|drück|drücke|wähle|gib|sprich|warte|hash|kreuz|raute|stern|ticket|call)\b`),
		},
		French: {
			keys:      strings.Fields("un deux trois quatre cinq six sept huit neuf zéro étoile dièse"),
			press:     regexp.MustCompile(`(?i)\btapez (?:seulement |(?:deux|trois|quatre) fois )?([^.|]*)[.|]?`),
			several:   regexp.MustCompile(`(?i)\bcomposez (\p{L}+)`),
			forbidden: regexp.MustCompile(`(?i)(?:^|[^\p{L}])(tu|toi|ton|ta|tes|tape|compose|laisse|attends|appuyez|hash|astérisque|ticket)(?:$|[^\p{L}])`),
		},
		Spanish: {
			keys:      strings.Fields("uno dos tres cuatro cinco seis siete ocho nueve cero asterisco almohadilla"),
			press:     regexp.MustCompile(`(?i)\bpulse (?:solo |(?:dos|tres|cuatro) veces )?([^.|]*)[.|]?`),
			several:   regexp.MustCompile(`(?i)\bmarque (\p{L}+)`),
			forbidden: regexp.MustCompile(`(?i)(?:^|[^\p{L}])(tú|tu|tus|te|ti|pulsa|marca|deja|habla|oprima|presione|vosotros|numeral|gato|hash|ticket)(?:$|[^\p{L}])`),
		},
	}
}

// TestEverySentenceKeepsTheRulesOfWording reads every sentence of every language by the rules: words and no figures; one
// polite form; the option before its key, and the key last; one key after "press", as many as it takes after "key";
// options in rising order without holes, at most five; no key twice in a sentence; a full stop behind whatever stands
// by itself, none behind what goes on.
func TestEverySentenceKeepsTheRulesOfWording(t *testing.T) {
	for _, lang := range Languages() {
		w, ok := wordings()[lang]
		if !ok {
			t.Errorf("nobody has said how %s words its sentences", lang)
			continue
		}
		entries, err := Catalogue(lang)
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for _, e := range entries {
			if e.Class == Sound {
				continue
			}
			for _, fault := range w.faults(e) {
				t.Errorf("%s %s, %q: %s", lang, e.ID, e.Text, fault)
			}
			read++
		}
		if read < 350 {
			t.Errorf("%s: only %d sentences were read", lang, read)
		}
	}
}

func (w wording) faults(e Entry) []string {
	var list []string
	if regexp.MustCompile(`[0-9:;()/]`).MatchString(e.Text) {
		list = append(list, "figures and signs are not spoken")
	}
	if bad := w.forbidden.FindString(e.Text); bad != "" {
		list = append(list, "it says "+bad)
	}
	goesOn := regexp.MustCompile(`^\p{Lu}`).MatchString(e.Text) // an infix that ends a sentence begins inside it
	if end := strings.HasSuffix(e.Text, "."); e.Class == Whole && !end || e.Class == Infix && end && goesOn {
		list = append(list, "its end does not fit its place in a sentence")
	}
	for sentence := range strings.SplitSeq(strings.ReplaceAll(e.Text, "|", "."), ".") {
		list = append(list, w.inSentence(strings.TrimSpace(sentence))...)
	}
	return append(list, w.menu(e)...)
}

// inSentence reads one sentence that may ask for a key.
func (w wording) inSentence(text string) []string {
	var list []string
	if m := w.several.FindStringSubmatch(text); m != nil && slices.Contains(w.keys, strings.ToLower(m[1])) {
		list = append(list, "one key is pressed, several are keyed")
	}
	m := w.press.FindStringSubmatch(text)
	if m == nil {
		return list
	}
	key := strings.ToLower(m[1])
	if !slices.Contains(w.keys, key) {
		list = append(list, "what is to be pressed is not one key, named last: "+key)
	}
	if strings.Count(" "+strings.ToLower(strings.ReplaceAll(text, ",", ""))+" ", " "+key+" ") > 1 {
		list = append(list, "it names "+key+" twice")
	}
	return list
}

// menu reads the keys of a text with options: they rise from one on without a hole.
func (w wording) menu(e Entry) []string {
	var places []int
	for _, m := range w.press.FindAllStringSubmatch(e.Text, -1) {
		if n := slices.Index(w.keys[:5], strings.ToLower(m[1])); n >= 0 {
			places = append(places, n)
		}
	}
	for n, place := range places {
		if n != place && len(places) > 1 {
			return []string{"its keys do not rise from one on without a hole"}
		}
	}
	if len(places) > 5 {
		return []string{"more than five options"}
	}
	return nil
}

func TestTheRulesOfWordingFindWhatBreaksThem(t *testing.T) {
	for lang, bad := range map[Language][]string{
		Italian: {
			"Premi uno.", "Prema uno per un guasto.", "Il tuo codice.", "Digiti uno.", "Per A, prema due. | Per B, prema uno.", "Alle 15:30.",
			"Per A, prema uno. | Per B, prema tre.", "Senza punto", "Per uno, prema uno.",
		},
		English: {"For A, press pound.", "Press one for A.", "To go on, key one.", "For A, press one. | For B, press three.", "At 15:30.", "No stop"},
		German: {
			"Drück die Eins.", "Drücken Sie die Eins für eine Störung.", "Deine Nachricht.", "Geben Sie die Eins ein.", "Um 15:30.", "Ohne Punkt",
			"Für A drücken Sie die Zwei. | Für B drücken Sie die Eins.", "Für A drücken Sie die Eins. | Für B drücken Sie die Drei.", "Für eins drücken Sie die Eins.",
		},
		French: {
			"Tape un.", "Tapez un pour une panne.", "Ton message.", "Composez un.", "À 15:30.", "Sans point", "Pour un incident, tapez un.",
			"Pour A, tapez deux. | Pour B, tapez un.", "Pour A, tapez un. | Pour B, tapez trois.",
		},
		Spanish: {
			"Pulsa uno.", "Pulse uno para una avería.", "Tu mensaje.", "Marque uno.", "A las 15:30.", "Sin punto", "Para uno, pulse uno.",
			"Para A, pulse dos. | Para B, pulse uno.", "Para A, pulse uno. | Para B, pulse tres.",
		},
	} {
		for _, text := range bad {
			if len(wordings()[lang].faults(Entry{ID: "x", Text: text, Class: Whole})) == 0 {
				t.Errorf("%q passes", text)
			}
		}
	}
}

// phrases are the sentences that are put together while somebody listens, with every kind of instant behind them.
func phrases(t *testing.T) []Phrase {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.October, 24, 20, 0, 0, 0, rome)
	var list []Phrase
	for _, id := range []ID{"announce-due", "announce-restore", "announce-overdue", "announce-restore-overdue", "readout-intervention", "call-back-by", "out-of-hours", "readout-closed"} {
		for _, at := range []time.Time{
			time.Date(2026, 10, 24, 22, 15, 0, 0, rome), time.Date(2026, 10, 25, 0, 0, 0, 0, rome), time.Date(2026, 10, 25, 0, 30, 0, 0, rome),
			time.Date(2026, 10, 25, 1, 0, 0, 0, rome), time.Unix(1792888200, 0).In(rome), time.Unix(1792891800, 0).In(rome), // half past two, twice
			time.Date(2026, 10, 25, 12, 0, 0, 0, rome), time.Date(2026, 10, 26, 0, 0, 0, 0, rome), time.Date(2026, 11, 1, 9, 1, 0, 0, rome),
			time.Date(2026, 11, 11, 15, 0, 0, 0, rome), time.Date(2026, 11, 9, 0, 0, 0, 0, rome),
		} {
			list = append(list, Join(P(id), When(at, now)))
		}
	}
	for _, id := range []ID{"announce-open", "announce-assigned", "announce-in_progress", "announce-waiting"} {
		list = append(list, Join(P("announce-ticket"), DigitsInside("417"), P(id)))
	}
	for _, id := range []ID{"readout-ticket", "readout-again", "readout-added", "after-talk"} {
		list = append(list, Join(P(id), Digits("4127")))
	}
	for _, id := range []ID{"callback-offer", "callback-read", "customer-number"} {
		list = append(list, Join(P(id), Digits("0612345")))
	}
	for _, day := range []int{1, 8, 11, 21} {
		list = append(list, append(P("announce-received"), Item{Kind: Calendar, At: time.Date(2026, time.November, day, 9, 0, 0, 0, rome)}))
	}
	for _, name := range []string{"Rossi S.p.A.", "Neri"} {
		for _, category := range []ID{"blocking", "non_blocking", "question", "change", "feature"} {
			list = append(list, Join(Phrase{{Kind: Name, Text: name}}, P("level-extended", "category-"+category, "ticket"), Digits("417")))
		}
	}
	return list
}

// TestSentencesThatArePutTogetherAreRead: the table in testdata/heard.txt was read by people; whoever changes a piece reads
// the sentences again that it is part of.
func TestSentencesThatArePutTogetherAreRead(t *testing.T) {
	var got strings.Builder
	for _, lang := range Languages() {
		b := open(t, lang)
		for _, p := range phrases(t) {
			got.WriteString(string(lang) + "\t" + b.Spoken(p) + "\n")
		}
	}
	if got.String() == heard {
		return
	}
	want := strings.Split(heard, "\n")
	for n, line := range strings.Split(got.String(), "\n") {
		if n >= len(want) || line != want[n] {
			t.Errorf("line %d is now heard as %q", n+1, line)
		}
	}
}
