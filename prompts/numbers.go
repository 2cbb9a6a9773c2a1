package prompts

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed numbers.txt
var numbersFile string

// register has both ways between the prompts and their numbers. Immutable.
type register struct {
	numbers map[ID]int
	ids     map[int]ID
	highest int
}

var registered = sync.OnceValue(func() register { return readNumbers(numbersFile) })

// readNumbers reads lines of "number id"; "#" begins a comment. Tests hold the file to its form.
func readNumbers(text string) register {
	r := register{map[ID]int{}, map[int]ID{}, 0}
	for line := range strings.Lines(text) {
		number, id, found := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(number)
		if !found || err != nil {
			continue
		}
		r.numbers[ID(id)], r.ids[n], r.highest = n, ID(id), max(r.highest, n)
	}
	return r
}

// NumberOf is the short number of a prompt, which the script sheet prints and a telephone can key; 0: it has none, as signals and
// music. It is the same in every language, and is never given to another prompt.
func NumberOf(id ID) int { return registered().numbers[id] }

// Numbered finds the prompt of a number; false where there is none of this number in the book's language.
func (b *Book) Numbered(n int) (Entry, bool) {
	id, ok := registered().ids[n]
	if !ok {
		return Entry{}, false
	}
	return b.Entry(id)
}

// NextNumber is the lowest number above n of a prompt of the book's language; behind the last one it is that of the first.
func (b *Book) NextNumber(n int) int {
	r := registered()
	for range 2 {
		for n++; n <= r.highest; n++ {
			if id, ok := r.ids[n]; ok && b.Has(id) {
				return n
			}
		}
		n = 0
	}
	return 0
}
