package readback

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tools is where Debian's package sphinxtrain has its programs.
const tools = "/usr/lib/sphinxtrain"

// rounds are how often the lessons are gone through with 1, 2, 4 and 8 Gaussians a state.
func rounds() []int { return []int{5, 2, 2, 2} }

// student is a model that learns: a hidden Markov model of three states for each sound, whatever stands beside it.
type student struct {
	dir string // with lessons, said, dictionary, fillers and the features; the model is made there
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
func study(dir string, phones []string) error {
	s := student{dir}
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

// round goes once through all lessons (Baum and Welch).
func (s student) round(gaussians int) error {
	args := append(reads(), s.model()...)
	args = append(args, "-moddeffn", "model/mdef", "-ts2cbfn", ".cont.", "-mwfloor", "1e-8", "-dictfn", "dictionary", "-fdictfn", "fillers", "-lsnfn", "said",
		"-varfloor", "1e-4", "-topn", fmt.Sprint(gaussians), "-abeam", "1e-60", "-bbeam", "1e-10", "-meanreest", "yes", "-varreest", "yes", "-2passvar", "no",
		"-tmatreest", "yes", "-timing", "no")
	if err := s.do("bw", args...); err != nil {
		return err
	}
	return s.do("norm", append(s.model(), "-accumdir", "learnt")...)
}

// split doubles the Gaussians of each state.
func (s student) split(now int) error {
	return s.do("inc_comp", "-ninc", fmt.Sprint(now), "-dcountfn", "model/mixture_weights", "-inmixwfn", "model/mixture_weights", "-outmixwfn", "model/mixture_weights",
		"-inmeanfn", "model/means", "-outmeanfn", "model/means", "-invarfn", "model/variances", "-outvarfn", "model/variances")
}
