package config

import "path/filepath"

// Written is where a configuration was read, and on which line of it each field stands. Its zero value is one that was read nowhere.
type Written struct {
	File  string
	lines map[string]int // by field, such as sip.trunks
}

// Line is a field's line, from 1; false where the file does not say it.
func (w Written) Line(field string) (int, bool) {
	n, ok := w.lines[field]
	return n, ok
}

// written notes the lines of a file's fields. The fields of lists are left out: nobody asks for them.
func (f *fields) written(file string) Written {
	w := Written{File: filepath.Clean(file), lines: map[string]int{}}
	for _, x := range f.list {
		if _, twice := w.lines[x.path]; !twice {
			w.lines[x.path] = x.line
		}
	}
	return w
}
