package strictyaml_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"hotline/strictyaml"
)

type settings struct {
	Listen string        `yaml:"listen"`
	Calls  int           `yaml:"calls"`
	Wait   time.Duration `yaml:"wait"`
}

// TestTheLibrarysWordsAreStillThoseThatAreRead holds the patterns to the library's version.
func TestTheLibrarysWordsAreStillThoseThatAreRead(t *testing.T) {
	for text, want := range map[string]strictyaml.Fault{
		"listen: [":                {Kind: strictyaml.Malformed},
		"calls: 1\nlisted: x\n":    {Kind: strictyaml.UnknownField, Line: 2, Name: "listed"},
		"calls: 1\ncalls: 2\n":     {Kind: strictyaml.Twice, Line: 2, Name: `"calls"`, First: "line 1"},
		"listen: x\ncalls: many":   {Kind: strictyaml.WrongType, Line: 2, Value: "many", Plain: true, Wanted: "int"},
		"wait: soon":               {Kind: strictyaml.WrongType, Line: 1, Value: "soon", Plain: true, Wanted: "time.Duration"},
		"calls: [1, 2]":            {Kind: strictyaml.WrongType, Line: 1, Wanted: "int"},
		"# a remark\nwait: {a: b}": {Kind: strictyaml.WrongType, Line: 2, Wanted: "time.Duration"},
	} {
		faults := strictyaml.Faults(strictyaml.Decode([]byte(text), &settings{}))
		if len(faults) != 1 {
			t.Errorf("%q: %+v", text, faults)
			continue
		}
		got := faults[0]
		if got.Text == "" {
			t.Errorf("%q: the library's words are lost", text)
		}
		if want.Kind == strictyaml.Malformed {
			want.Line = got.Line
		}
		want.Text, want.Column = got.Text, got.Column
		if got != want {
			t.Errorf("%q:\n got %+v\nwant %+v", text, got, want)
		}
	}
}

func TestATextIsOneDocument(t *testing.T) {
	for text, want := range map[string]error{
		"": strictyaml.ErrEmpty, "# nothing\n": strictyaml.ErrEmpty, "calls: 1\n---\ncalls: 2\n": strictyaml.ErrSecond, "calls: 1\n": nil, "--- # one\ncalls: 1\n": nil,
	} {
		if err := strictyaml.Decode([]byte(text), &settings{}); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	if strictyaml.Faults(errors.New("the disk is full")) != nil {
		t.Error("an error of somebody else's is taken for the library's")
	}
}

func TestComplaintsStandInTheOrderOfTheirLines(t *testing.T) {
	c := strictyaml.Complaints{{Line: 7, Problem: "b"}, {Line: 2, Problem: "a"}, {Line: 7, Problem: "c"}, {Problem: "whole"}}
	c.Sort()
	if got := c.Error(); got != "whole\nline 2: a\nline 7: b\nline 7: c" {
		t.Error(got)
	}
}

func ExampleComplaint() {
	fmt.Println(strictyaml.Complaint{File: "hotline.yaml", Line: 7, Field: "sip.listen[0]", Problem: "this is no address", Remedy: "write an address and a port, such as 0.0.0.0:5060"})
	fmt.Println(strictyaml.Complaint{Line: 18, Step: "pin", Field: "tries", Problem: "30 is out of range", Remedy: "write 1 to 3"})
	// Output:
	// hotline.yaml:7: sip.listen[0]: this is no address; write an address and a port, such as 0.0.0.0:5060
	// line 18: step pin: tries: 30 is out of range; write 1 to 3
}

func ExampleFaults() {
	err := strictyaml.Decode([]byte("listen: 0.0.0.0:5060\ncals: 12\n"), &settings{})
	for _, f := range strictyaml.Faults(err) {
		if f.Kind == strictyaml.UnknownField {
			fmt.Printf("line %d: there is no field %s\n", f.Line, f.Name)
		}
	}
	// Output: line 2: there is no field cals
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("listen: x\ncalls: [1"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		err := strictyaml.Decode(text, &settings{})
		for _, fault := range strictyaml.Faults(err) {
			if fault.Text == "" {
				t.Errorf("%q: a fault without words", text)
			}
		}
	})
}
