package recording

import (
	"context"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"hotline/audit"
	"hotline/ivr/console"
	"hotline/media/g711"
	"hotline/memory"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/prompts/replaced"
	"hotline/speech/upload"
	"hotline/spool"
)

// heard is a line on which nothing was replaced yet.
type heard struct{ octets int }

func (heard) Heard(prompts.Language, prompts.ID) ([]byte, int, bool) { return nil, 0, false }
func (h heard) Octets() int                                          { return h.octets }
func (heard) CatchUp(context.Context) error                          { return nil }

func line(t *testing.T) (*Line, *memory.Store, *spool.Folder) {
	t.Helper()
	folder, err := spool.Open(t.TempDir(), spool.Encryption{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	store := memory.New(1)
	return &Line{
		Is: func(dialled string) bool { return dialled == "700" }, Engineers: []string{"anna"}, Spool: folder, Log: slog.New(slog.DiscardHandler),
		Booth: upload.Booth{Store: store, Line: heard{}, Now: func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }},
		Ship:  func(prompts.Language, prompts.ID) []byte { return []byte("shipped") },
	}, store, folder
}

// spoken is what is said into a telephone: a sentence of a pack, by so many decibels softer, with silence at both ends.
func spoken(t *testing.T, id prompts.ID, softer float64, silence int) []int16 {
	t.Helper()
	alaw, err := packs.Speech(prompts.English, id)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, silence*g711.Rate)
	for _, s := range g711.ALaw.Samples(alaw) {
		pcm = append(pcm, int16(max(min(float64(s)*math.Pow(10, -softer/20), math.MaxInt16), math.MinInt16)))
	}
	return append(pcm, make([]int16, silence*g711.Rate)...)
}

// recorded lays a take into the folder as a call does, in either law.
func recorded(t *testing.T, f *spool.Folder, id string, law g711.Codec, pcm []int16) {
	t.Helper()
	w, err := f.Create(id, law)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(law.Octets(pcm)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func welcome(t *testing.T) prompts.Entry {
	t.Helper()
	e, err := upload.Entry(prompts.Italian, "welcome")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestWhatIsSpokenBecomesAPromptWithFigures(t *testing.T) {
	for name, c := range map[string]struct {
		law    g711.Codec
		softer float64
		raised int
	}{"soft": {g711.ALaw, 15, 15}, "as it should be, in the other law": {g711.MuLaw, 0, 0}, "hot": {g711.ALaw, -6, -6}} {
		t.Run(name, func(t *testing.T) {
			l, store, folder := line(t)
			recorded(t, folder, "prompt-a", c.law, spoken(t, "still-searching", c.softer, 2))
			take, why, err := l.Master(prompts.Italian, welcome(t), "prompt-a")
			if err != nil || why != "" || take.Raised != c.raised || take.Cut < 3 || take.Cut > 4 || take.Format != "telephone" {
				t.Fatalf("%q, %v: raised by %d, %d s cut, %s", why, err, take.Raised, take.Cut, take.Format)
			}
			now := time.Date(2026, 11, 23, 9, 1, 0, 0, time.UTC)
			if why, err := l.Keep(t.Context(), take.Prompt, "anna", "+390612345", now); why != "" || err != nil {
				t.Fatal(why, err)
			}
			list, err := store.PromptVersions(t.Context(), prompts.Italian, "welcome")
			if err != nil || len(list) != 1 || list[0].Version != 1 || list[0].By != "engineer:anna" || replaced.Hash(list[0].Sound) != take.SHA256 {
				t.Errorf("the versions are %+v, %v", list, err)
			}
			records, err := store.Audit(t.Context(), audit.Filter{})
			if err != nil || len(records.Items) != 1 {
				t.Fatalf("%v, %v", records.Items, err)
			}
			want := audit.Record{At: now, Who: "engineer:anna", From: "+390612345", Route: Route, What: audit.Published, Document: audit.Document{Kind: "prompt", ID: "it/welcome"}, After: 1}
			if got := records.Items[0]; got.Who != want.Who || got.From != want.From || got.Route != want.Route || got.What != want.What || got.Document != want.Document || got.After != 1 || !got.At.Equal(now) {
				t.Errorf("the record is %+v, want %+v", got, want)
			}
			l.Forget("prompt-a")
			if left, err := folder.List(); err != nil || len(left) != 0 {
				t.Errorf("%v lie on the disk, %v", left, err)
			}
		})
	}
}

func TestWhatNobodyShouldHearIsRefusedInWords(t *testing.T) {
	noise := make([]int16, 2*g711.Rate)
	for i := range noise {
		noise[i] = math.MaxInt16
		if i/8%2 == 0 {
			noise[i] = math.MinInt16
		}
	}
	long := make([]int16, 0, 60*g711.Rate)
	for len(long) < 41*g711.Rate {
		long = append(long, spoken(t, "still-searching", 0, 0)...)
	}
	for _, c := range []struct {
		want prompts.ID
		law  g711.Codec
		pcm  []int16
	}{
		{"record-quiet", g711.ALaw, make([]int16, 2*g711.Rate)}, {"no-speech", g711.MuLaw, make([]int16, 2*g711.Rate)},
		{"record-quiet", g711.ALaw, spoken(t, "still-searching", 34, 0)}, {"record-loud", g711.ALaw, noise}, {"record-loud", g711.MuLaw, noise},
		{"record-long", g711.ALaw, long}, {"record-short", g711.ALaw, spoken(t, "still-searching", 0, 0)[:700]},
	} {
		want := c.want
		l, _, folder := line(t)
		recorded(t, folder, "prompt-a", c.law, c.pcm)
		if take, why, err := l.Master(prompts.Italian, welcome(t), "prompt-a"); why != want || err != nil {
			t.Errorf("%s: %q, %v, raised by %d", want, why, err, take.Raised)
		}
		for _, lang := range prompts.Languages() {
			if _, err := upload.Entry(lang, want); err != nil {
				t.Errorf("nobody can say it in %s: %v", lang, err)
			}
		}
	}
}

func TestThereIsNoPromptOfWhatIsNotThereOrHasNoRoom(t *testing.T) {
	l, store, folder := line(t)
	if _, why, err := l.Master(prompts.Italian, welcome(t), "prompt-b"); err == nil || why != "" {
		t.Errorf("%q, %v", why, err)
	}
	recorded(t, folder, "prompt-a", g711.ALaw, spoken(t, "still-searching", 0, 0))
	take, _, err := l.Master(prompts.Italian, welcome(t), "prompt-a")
	if err != nil {
		t.Fatal(err)
	}
	l.Booth.Line = heard{replaced.LargestTotal}
	if why, err := l.Keep(t.Context(), take.Prompt, "anna", "", time.Now()); why != "record-full" || err != nil {
		t.Errorf("%q, %v", why, err)
	}
	if _, why, err := l.Master(prompts.Italian, welcome(t), "prompt-a"); why != "record-full" || err != nil {
		t.Errorf("%q, %v", why, err)
	}
	if list, err := store.PromptVersions(t.Context(), prompts.Italian, "welcome"); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestTheRecordingLineIsANumberAndThoseWhoMay(t *testing.T) {
	l, _, _ := line(t)
	var c console.Prompts = l
	if !c.Called("700") || c.Called("701") || c.Called("") || !c.May("anna") || c.May("marco") || !strings.HasPrefix(string(c.Shipped("it", "welcome")), "shipped") {
		t.Error("somebody else may")
	}
}
