package speech_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/prompts/studio"
	"hotline/speech"
)

// tone is a WAV file of 16 bits with so much of a tone that comes and goes.
func tone(rate int, d time.Duration) []byte {
	n := int(d * time.Duration(rate) / time.Second)
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(36+2*n))
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*rate))
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*n))
	for i := range n {
		at := float64(i) / float64(rate)
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(9000*math.Sin(2*math.Pi*440*at)*(1+math.Sin(2*math.Pi*4*at))/2)))
	}
	return b
}

// quiet is a WAV file of 16 kHz without a sound, whose head does not know its length.
func quiet(d time.Duration) []byte {
	head := tone(16000, 0)
	binary.LittleEndian.PutUint32(head[len(head)-4:], math.MaxUint32)
	return append(head, make([]byte, int(d/time.Second)*32000)...)
}

func put(t *testing.T, b []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "voice.wav")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// patience is the time of a program, which has the lowest priority. Nothing but its end is decided by it.
const patience = 5 * time.Minute

func shell(script string) speech.Command {
	return speech.Command{Argv: []string{"sh", "-c", script, "voice", "{text}", "{file}"}, Timeout: patience}
}

func TestAVoiceThatDoesNotSpeakIsToldFromOneThatDoes(t *testing.T) {
	good, long := put(t, tone(16000, time.Second)), put(t, quiet(10*time.Minute))
	minute, wide := put(t, quiet(50*time.Second)), put(t, tone(22050, time.Second))
	silence := put(t, quiet(time.Second))
	for _, c := range []struct {
		name  string
		voice speech.Command
		want  error // nil: it speaks
	}{
		{"into a file", shell(`cp ` + good + ` "$2"`), nil},
		{"at 22 kHz", shell(`cp ` + wide + ` "$2"`), nil},
		{"to its output", speech.Command{Argv: []string{"cat", good}, Timeout: patience}, nil},
		{"from its input", speech.Command{Argv: []string{"sh", "-c", `grep -qx Sirti && cat ` + good}, Timeout: patience}, nil},
		{"not installed", speech.Command{Argv: []string{"no-such-voice"}, Timeout: time.Second}, speech.ErrNoVoice},
		{"not named", speech.Command{}, speech.ErrNoVoice},
		{"writes rubbish", shell(`echo rubbish >"$2"`), speech.ErrRubbish},
		{"writes nothing", shell(`true`), speech.ErrRubbish},
		{"writes a head alone", shell(`head -c 44 ` + good + ` >"$2"`), speech.ErrRubbish},
		{"is silent", shell(`cp ` + silence + ` "$2"`), speech.ErrRubbish},
		{"writes ten minutes", shell(`cp ` + long + ` "$2"`), nil}, // an error, whichever
		{"writes without end", shell(`cat /dev/zero >"$2"`), nil},
		{"talks fifty seconds of one word", shell(`cp ` + minute + ` "$2"`), speech.ErrRubbish},
		{"fails", shell(`echo no licence >&2; exit 3`), nil},
		{"hangs with a child", speech.Command{Argv: []string{"sh", "-c", "sleep 300 & sleep 300"}, Timeout: 200 * time.Millisecond}, context.DeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			alaw, err := speech.Speak(t.Context(), c.voice, speech.Text{Language: prompts.Italian, Words: "Sirti"})
			if time.Since(began) > patience/2 {
				t.Errorf("it took %s", time.Since(began))
			}
			speaks := c.name == "into a file" || c.name == "at 22 kHz" || c.name == "to its output" || c.name == "from its input"
			switch {
			case speaks && err != nil:
				t.Fatal(err)
			case !speaks && err == nil:
				t.Fatalf("%d octets of sound were taken", len(alaw))
			case c.want != nil && !errors.Is(err, c.want):
				t.Fatalf("the error is %v, want %v", err, c.want)
			}
			if c.name == "fails" && !strings.Contains(err.Error(), "no licence") {
				t.Errorf("what the program said is lost: %v", err)
			}
			if speaks {
				mastered(t, alaw)
			}
		})
	}
}

// mastered holds a sound to the limits of the voices that ship.
func mastered(t *testing.T, alaw []byte) {
	t.Helper()
	m := studio.Measure(g711.ALaw.Samples(alaw))
	if m.Level < -23 || m.Level > -21 || m.Peak > -3 || m.Clipped > 0 || m.Lead > 150*time.Millisecond || m.Tail > 300*time.Millisecond {
		t.Errorf("level %.1f dBov, peak %.1f dBFS, %d clipped, lead %s, tail %s", m.Level, m.Peak, m.Clipped, m.Lead, m.Tail)
	}
}

func TestAVoiceGetsNoOptionNoMarkupAndNoEnvironment(t *testing.T) {
	good := put(t, tone(16000, time.Second))
	seen := filepath.Join(t.TempDir(), "seen")
	t.Setenv("HOTLINE_TOKEN", "secret")
	for words, want := range map[string]string{
		"--help":              "help",
		"a <break/> b":        "a break/ b",
		"$(id) `id`; \"id\"":  "$(id) `id`; id",
		"Rossi\nS.p.A.":       "Rossi, esse pi a",
		"Verdi, s.r.l. Roma":  "Verdi, esse erre elle Roma",
		"Aspas spa srlx Nasa": "Aspas, esse pi a srlx Nasa",
	} {
		_, err := speech.Speak(t.Context(), shell(`{ printf '%s' "$1"; env | grep -c HOTLINE; } >`+seen+`; cp `+good+` "$2"`), speech.Text{Language: prompts.Italian, Words: words})
		if err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		got, _ := os.ReadFile(seen)
		if string(got) != want+"0\n" {
			t.Errorf("%q is given to the voice as %q, want %q", words, got, want)
		}
	}
	for _, words := range []string{"", " ", "--", "\x00", "…!"} {
		if _, err := speech.Speak(t.Context(), shell("exit 1"), speech.Text{Language: prompts.Italian, Words: words}); !errors.Is(err, speech.ErrSilent) {
			t.Errorf("%q: %v", words, err)
		}
	}
	if _, err := speech.Speak(t.Context(), shell("exit 1"), speech.Text{Words: strings.Repeat("a", speech.Longest+1)}); err == nil {
		t.Error("a text without end was taken")
	}
}

// With Pico on the machine the name of a customer sounds as the voices that ship; without it, that is what is said.
func TestPicoSpeaksAsTheVoicesThatShip(t *testing.T) {
	pico := speech.Command{
		Argv: []string{"pico2wave", "--lang={voice}", "--wave={file}", "{text}"}, Timeout: patience,
		Voices: map[prompts.Language]string{prompts.Italian: "it-IT", prompts.English: "en-GB"},
	}
	for lang, id := range map[prompts.Language]prompts.ID{prompts.Italian: "name-rossi-s-p-a", prompts.English: "name-rossi-s-p-a"} {
		alaw, err := speech.Speak(t.Context(), pico, speech.Text{Language: lang, Words: "Rossi S.p.A.", Class: prompts.Infix})
		if pico.Ready() != nil {
			if !errors.Is(err, speech.ErrNoVoice) {
				t.Errorf("without Pico the error is %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		mastered(t, alaw)
		shipped, err := packs.Speech(lang, id)
		if err != nil {
			t.Fatal(err)
		}
		other, err := packs.Speech(lang, "name-verdi-s-r-l")
		if err != nil {
			t.Fatal(err)
		}
		same, different := likeness.Of(g711.ALaw.Samples(alaw), g711.ALaw.Samples(shipped)), likeness.Of(g711.ALaw.Samples(alaw), g711.ALaw.Samples(other))
		t.Logf("%s: likeness to the voice that ships %.3f, to another name %.3f", lang, same, different)
		if same < different+0.2 {
			t.Errorf("%s: it is as much like another name (%.3f) as like its own (%.3f)", lang, different, same)
		}
	}
}
