package readback

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"hotline/prompts"
)

// tools is where Debian's package sphinxtrain has its programs.
const tools = "/usr/lib/sphinxtrain"

// rounds are how often the lessons are gone through with 1, 2, 4 and 8 Gaussians a state.
func rounds() []int { return []int{5, 2, 2, 2} }

// student is a model that learns: a hidden Markov model of three states for each sound, whatever stands beside it.
type student struct {
	lang prompts.Language
	dir  string // with lessons, said, dictionary, fillers and the features; the model is made there
}

// model are the four files of a model.
func (s student) model() (args []string) {
	for flag, file := range map[string]string{"-meanfn": "means", "-varfn": "variances", "-mixwfn": "mixture_weights", "-tmatfn": "transition_matrices"} {
		args = append(args, flag, filepath.Join(s.dir, "model", file))
	}
	return args
}

// do runs a program of sphinxtrain.
func (s student) do(tool string, args ...string) error {
	return run(s.dir, filepath.Join(tools, tool), args...)
}

// reads are the arguments of who reads features.
func reads() []string {
	return []string{"-ctlfn", "lessons", "-cepdir", "features", "-cepext", "mfc", "-accumdir", "learnt", "-agc", "none", "-cmn", "none", "-varnorm", "no", "-feat", "1s_c_d_dd", "-ceplen", "13"}
}

// study has a model learn from the lessons of a folder.
func study(lang prompts.Language, dir string, phones []string) error {
	s := student{lang, dir}
	if err := s.begin(phones); err != nil {
		return err
	}
	for i, n := range rounds() {
		if i > 0 {
			if err := s.split(1 << (i - 1)); err != nil {
				return err
			}
		}
		for range n {
			if err := s.round(1 << i); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "model", "feat.params"), []byte(strings.Join(append(features(), "-feat", "1s_c_d_dd", "-agc", "none", "-cmn", "none", "-varnorm", "no"), " ")+"\n"), 0o600)
}

// begin makes every sound the same: the mean of all that was heard.
func (s student) begin(phones []string) error {
	topology := "0.1\n4\n3.0 1.0 0.0 0.0\n0.0 3.0 1.0 0.0\n0.0 0.0 3.0 1.0\n"
	list := strings.Join(phones, " - - -\n") + " - - -\n"
	for name, text := range map[string]string{"topology": topology, "phones": list} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	for _, step := range [][]string{
		{"mk_mdef_gen", "-phnlstfn", "phones", "-ocimdef", "model/mdef", "-n_state_pm", "3"},
		{"mk_flat", "-moddeffn", "model/mdef", "-topo", "topology", "-mixwfn", "model/mixture_weights", "-tmatfn", "model/transition_matrices", "-nstream", "1", "-ndensity", "1"},
		append([]string{"init_gau"}, reads()...),
		{"norm", "-accumdir", "learnt", "-meanfn", "globalmean"},
		append([]string{"init_gau", "-meanfn", "globalmean"}, reads()...),
		{"norm", "-accumdir", "learnt", "-varfn", "globalvar"},
	} {
		if err := s.do(step[0], step[1:]...); err != nil {
			return err
		}
	}
	var copies strings.Builder
	for i := range 3 * len(phones) {
		fmt.Fprintf(&copies, "%d 0\n", i)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "copies"), []byte(copies.String()), 0o600); err != nil {
		return err
	}
	for from, to := range map[string]string{"globalmean": "model/means", "globalvar": "model/variances"} {
		if err := s.do("cp_parm", "-cpopsfn", "copies", "-igaufn", from, "-ncbout", fmt.Sprint(3*len(phones)), "-ogaufn", to); err != nil {
			return err
		}
	}
	return nil
}

// smallest is the least spread that a Gaussian may have, of features whose spread is one. Where all teachers are computed, they are too
// much alike, and it is held larger.
func (s student) smallest() string {
	if s.lang == prompts.Italian {
		return "1e-4"
	}
	return "1e-2"
}

// round goes once through all lessons (Baum and Welch).
func (s student) round(gaussians int) error {
	said, err := s.hears(gaussians, "1e-60", "1e-10")
	if err != nil {
		return err
	}
	if s.lang != prompts.Italian && strings.Contains(said, "never occur in the input data") {
		return fmt.Errorf("bw: a sound was in no lesson that it could follow: %s", tail(said))
	}
	if lost := strings.Count(said, " ignored\n"); lost > 20 && s.lang != prompts.Italian {
		return fmt.Errorf("bw could not follow %d lessons: %s", lost, tail(said))
	}
	return s.do("norm", append(s.model(), "-accumdir", "learnt")...)
}

// hears has bw gather what is heard in the lessons, and gives what it says of it. bw tells what it passes over, and does not fail: a word
// that is not in the dictionary, a sound that was in no lesson it could follow. One sound without any measure would then spoil a whole
// model that is made from nothing, for to PocketSphinx it is likelier than all others.
func (s student) hears(gaussians int, alpha, beta string) (said string, err error) {
	args := append(reads(), s.model()...)
	args = append(args, "-moddeffn", "model/mdef", "-ts2cbfn", ".cont.", "-mwfloor", "1e-8", "-dictfn", "dictionary", "-fdictfn", "fillers", "-lsnfn", "said",
		"-varfloor", s.smallest(), "-topn", fmt.Sprint(gaussians), "-abeam", alpha, "-bbeam", beta, "-meanreest", "yes", "-varreest", "yes", "-2passvar", "no",
		"-tmatreest", "yes", "-timing", "no")
	c := exec.Command(filepath.Join(tools, "bw"), args...)
	c.Dir = s.dir
	all, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("bw: %w: %s", err, tail(string(all)))
	}
	for line := range strings.Lines(string(all)) {
		if s.lang != prompts.Italian && strings.Contains(line, "Unable to lookup word") { // Italian passes over its letters among words
			return "", fmt.Errorf("bw: %s", strings.TrimSpace(line))
		}
	}
	return string(all), nil
}

// split doubles the Gaussians of each state.
func (s student) split(now int) error {
	return s.do("inc_comp", "-ninc", fmt.Sprint(now), "-dcountfn", "model/mixture_weights", "-inmixwfn", "model/mixture_weights", "-outmixwfn", "model/mixture_weights",
		"-inmeanfn", "model/means", "-outmeanfn", "model/means", "-invarfn", "model/variances", "-outvarfn", "model/variances")
}
