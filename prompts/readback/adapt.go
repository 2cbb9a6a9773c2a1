package readback

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hotline/prompts"
)

// adaptation is how a model comes nearer: changed, there is another one.
//
//go:embed adapt.go
var adaptation string

// told is a sound that an ear is told the words of: the name of its features' file in a folder, and its words with the pauses between them.
type told struct{ name, words string }

// course is how a model comes nearer to one voice. First all its Gaussians are moved together, by the linear map that makes the voice likeliest
// (MLLR: Leggetter and Woodland, 1995). Then each is moved by itself, the more the more of it was heard (MAP: Gauvain and Lee, 1994).
type course struct {
	times  int    // that each Gaussian is moved by itself
	weight string // how many frames of the voice count as much as what a Gaussian has learnt from the teachers
	alpha  string // beams of the forward and the backward pass
	beta   string
}

// courseOf is a language's. Pico's French is the farthest from its teachers: it is followed with wide beams, and weighs more.
func courseOf(lang prompts.Language) course {
	if lang == prompts.French {
		return course{4, "5", "1e-200", "1e-100"}
	}
	return course{6, "10", "1e-60", "1e-20"}
}

// adapted gives an ear that was also told some sounds of a folder. It lies beside the model that it comes from, by a hash of what it was told.
func (r *Recogniser) adapted(dir string, list []told) (*Recogniser, error) {
	h := sha256.New()
	var names, said strings.Builder
	for _, t := range list {
		fmt.Fprintln(&names, t.name)
		fmt.Fprintf(&said, "<s> %s </s> (%s)\n", t.words, t.name)
		b, err := os.ReadFile(filepath.Join(dir, t.name+".mfc"))
		if err != nil {
			return nil, err
		}
		h.Write(b)
	}
	fmt.Fprint(h, adaptation, said.String())
	ear := &Recogniser{filepath.Join(r.dir, "adapted-"+hex.EncodeToString(h.Sum(nil))[:16]), r.lang}
	if _, err := os.Stat(ear.dir); err == nil {
		return ear, nil
	}
	work, err := os.MkdirTemp(r.dir, "adapting-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	if err := r.copyTo(work, dir); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"lessons": names.String(), "said": said.String()} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	if err := (student{r.lang, work}).adapt(courseOf(r.lang)); err != nil {
		return nil, err
	}
	for _, scrap := range []string{"features", "learnt", "lessons", "said", "dictionary"} {
		if err := os.RemoveAll(filepath.Join(work, scrap)); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(work, ear.dir); err != nil {
		if _, there := os.Stat(ear.dir); there != nil { // another process made the same one meanwhile
			return nil, err
		}
	}
	return ear, nil
}

// copyTo lays down what an adaptation begins with: the model, and the features and the dictionary of a folder.
func (r *Recogniser) copyTo(work, dir string) error {
	if err := os.CopyFS(filepath.Join(work, "model"), os.DirFS(filepath.Join(r.dir, "model"))); err != nil {
		return err
	}
	for to, from := range map[string]string{"features": dir, "dictionary": filepath.Join(dir, "dictionary")} {
		if err := os.Symlink(from, filepath.Join(work, to)); err != nil {
			return err
		}
	}
	fillers, err := os.ReadFile(filepath.Join(r.dir, "fillers"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(work, "fillers"), fillers, 0o600)
}

// adapt brings the model of a folder nearer to the voice of its lessons. A strange voice is hard to follow at first.
func (s student) adapt(by course) error {
	if err := s.follow("1e-200", "1e-100"); err != nil {
		return err
	}
	if err := s.moveTogether(); err != nil {
		return err
	}
	for range by.times {
		if err := s.follow(by.alpha, by.beta); err != nil {
			return err
		}
		if err := s.moveEach(by.weight); err != nil {
			return err
		}
	}
	return nil
}

// follow gathers anew what is heard in the lessons.
func (s student) follow(alpha, beta string) error {
	learnt := filepath.Join(s.dir, "learnt")
	if err := os.RemoveAll(learnt); err != nil {
		return err
	}
	if err := os.Mkdir(learnt, 0o700); err != nil {
		return err
	}
	_, err := s.hears(1<<(len(rounds())-1), alpha, beta)
	return err
}

// moveTogether moves all means by one linear map.
func (s student) moveTogether() error {
	if err := s.do("mllr_solve", "-meanfn", "model/means", "-varfn", "model/variances", "-outmllrfn", "map", "-accumdir", "learnt"); err != nil {
		return err
	}
	if err := s.do("mllr_transform", "-inmeanfn", "model/means", "-outmeanfn", "moved", "-mllrmat", "map"); err != nil {
		return err
	}
	return os.Rename(filepath.Join(s.dir, "moved"), filepath.Join(s.dir, "model", "means"))
}

// moveEach moves means, spreads, weights and transitions, each by what was heard of it.
func (s student) moveEach(weight string) error {
	args := append(s.model(), "-moddeffn", "model/mdef", "-ts2cbfn", ".cont.", "-accumdir", "learnt", "-fixedtau", "yes", "-tau", weight, "-varfloor", s.smallest(), "-mwfloor", "1e-8")
	files := map[string]string{"-mapmeanfn": "means", "-mapvarfn": "variances", "-mapmixwfn": "mixture_weights", "-maptmatfn": "transition_matrices"}
	if s.lang == prompts.Italian { // it has sounds of one word alone, and map_adapt makes nothing of transitions that were not heard
		delete(files, "-maptmatfn")
	}
	for flag, file := range files {
		args = append(args, flag, file+".moved")
	}
	if err := s.do("map_adapt", args...); err != nil {
		return err
	}
	for _, file := range files {
		if err := os.Rename(filepath.Join(s.dir, file+".moved"), filepath.Join(s.dir, "model", file)); err != nil {
			return err
		}
	}
	return nil
}
