package entry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotline/directory"
	"hotline/limits"
	"hotline/storage"
	"hotline/validation"
)

// Fault is what somebody writes of a known fault, or of another announcement.
type Fault struct {
	ID, Note  string
	Kind      directory.AnnouncementKind
	Words     map[string]string // by language
	Contracts []string          // empty: all
	Until     time.Time         // zero: until it is removed
}

const (
	noteMost      = 500 // characters
	contractsMost = 500 // of one fault
)

// Contracts knows contracts. storage.ErrNotFound for one that does not exist.
type Contracts interface {
	Contract(ctx context.Context, id directory.ContractID) (directory.Contract, error)
}

// Check gives the fault, or a *Refusal: there is a note for staff, what is announced can be said, and the contracts exist. Other errors are
// those of contracts.
func (f Fault) Check(ctx context.Context, contracts Contracts) (directory.KnownFault, error) {
	if err := checkID(f.ID); err != nil {
		return directory.KnownFault{}, err
	}
	if strings.TrimSpace(f.Note) == "" || utf8.RuneCountInString(f.Note) > noteMost {
		return directory.KnownFault{}, refused("note", fmt.Sprintf("say what is known, for the other staff, in at most %d characters", noteMost))
	}
	if f.Kind != directory.OfFault && len(f.Words) == 0 {
		return directory.KnownFault{}, refused("words", "write what callers are to hear, in one language at least")
	}
	for _, lang := range slices.Sorted(maps.Keys(f.Words)) {
		text := f.Words[lang]
		if limits.OneLine(text, limits.Line) != text {
			return directory.KnownFault{}, refused("words."+lang, "write one line without control characters")
		}
		if !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			return directory.KnownFault{}, refused("words."+lang, fmt.Sprintf("%q has nothing that can be said; leave the language out", text))
		}
	}
	if len(f.Contracts) > contractsMost {
		return directory.KnownFault{}, refused("contracts", fmt.Sprintf("at most %d contracts; leave them out for all", contractsMost))
	}
	made := directory.KnownFault{ID: f.ID, Note: f.Note, Kind: f.Kind, Words: directory.Words(f.Words), Until: f.Until.UTC()}
	for i, id := range f.Contracts {
		_, err := contracts.Contract(ctx, directory.ContractID(id))
		switch {
		case errors.Is(err, storage.ErrNotFound):
			return directory.KnownFault{}, fmt.Errorf("%w: %w", validation.Field(fmt.Sprintf("contracts[%d]", i), fmt.Errorf("there is no contract %s", id)), err)
		case err != nil:
			return directory.KnownFault{}, fmt.Errorf("contract %s: %w", id, err)
		}
		made.Contracts = append(made.Contracts, directory.ContractID(id))
	}
	return made, nil
}
