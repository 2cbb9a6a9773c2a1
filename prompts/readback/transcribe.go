package readback

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Word is a word that was heard.
type Word struct {
	Text       string
	From, To   time.Duration
	Confidence float64 // of PocketSphinx's lattice, 0 to 1
}

// Transcribe writes down what somebody says in any order, out of some words.
func (r *Recogniser) Transcribe(pcm []int16, words []string) (list []Word, err error) {
	dir, err := os.MkdirTemp("", "readback-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	q := Question{PCM: pcm, Grammar: Grammar{words}}
	if err := r.prepare(dir, []Question{q}); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "words.lm"), []byte(unigrams(words)), 0o600); err != nil {
		return nil, err
	}
	args := append([]string{"-ctl", "list", "-cepdir", ".", "-cepext", ".mfc", "-dict", "dictionary", "-lm", "words.lm", "-lw", "4", "-ctm", "heard", "-bestpath", "yes"}, r.arguments(narrow)...)
	if err := run(dir, "pocketsphinx_batch", args...); err != nil {
		return nil, err
	}
	heard, err := os.ReadFile(filepath.Join(dir, "heard"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(heard)) {
		f := strings.Fields(line)
		var from, lasts, sure float64
		if len(f) != 6 {
			return nil, fmt.Errorf("pocketsphinx_batch says %q", line)
		}
		if _, err := fmt.Sscan(f[2]+" "+f[3]+" "+f[5], &from, &lasts, &sure); err != nil {
			return nil, fmt.Errorf("pocketsphinx_batch says %q: %w", line, err)
		}
		second := float64(time.Second)
		list = append(list, Word{f[4], time.Duration(from * second), time.Duration((from + lasts) * second), sure})
	}
	return list, nil
}

// unigrams is a language model (ARPA) in which every word is as likely as the others, wherever it stands.
func unigrams(words []string) string {
	p := -math.Log10(float64(len(words) + 1))
	var b strings.Builder
	fmt.Fprintf(&b, "\\data\\\nngram 1=%d\n\n\\1-grams:\n-99 <s> 0\n%f </s> 0\n", len(words)+2, p)
	for _, w := range words {
		fmt.Fprintf(&b, "%f %s 0\n", p, w)
	}
	return b.String() + "\n\\end\\\n"
}
