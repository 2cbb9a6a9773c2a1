// Package paging is lists page by page: a page, and the cursor that says where the next one begins.
//
// A cursor is the place of the last item that was read (keyset paging). So an item that is added or removed meanwhile
// moves no other item out of a page or into it twice.
package paging

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

const (
	// CountedAtMost is where a list's total ends: to count hundreds of thousands costs more than anybody reads from it.
	CountedAtMost = 10_000

	defaultSize   = 50
	largestSize   = 500
	longestCursor = 400 // octets
)

// ErrCursor is a cursor that no list gave, or that was given for another order of the list.
var ErrCursor = errors.New("this is no place in the list: take the one that the page before gave as next, with the same sort")

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Next  string // cursor of the next page; empty: this is the last one
	Total int    // of all pages, counted up to CountedAtMost
	More  bool   // there are more than Total
}

// Size is how many items a page has for the limit that was asked for: 50 for 0, never more than 500.
func Size(limit int) int { return min(cmp.Or(max(limit, 0), defaultSize), largestSize) }

// Position is one item's place in the order of a list. Two items of one list differ in Number or in ID.
type Position struct {
	Sort   string
	Rank   int       // of the priority; an item without one comes last
	At     time.Time // the instant that the list is sorted by
	Number int64
	ID     string
}

// cursor is a Position as a client carries it.
type cursor struct {
	Sort   string    `json:"s"`
	Rank   int       `json:"r,omitempty"`
	At     time.Time `json:"t,omitzero"`
	Number int64     `json:"n,omitempty"`
	ID     string    `json:"c,omitempty"`
}

// Compare orders positions as their lists do when they are not turned round.
func (p Position) Compare(o Position) int {
	return cmp.Or(p.Rank-o.Rank, p.At.Compare(o.At), cmp.Compare(p.Number, o.Number), cmp.Compare(p.ID, o.ID))
}

// Cursor writes a position as a client carries it: opaque, and safe in a URL.
func (p Position) Cursor() string {
	text, _ := json.Marshal(cursor(p)) // numbers, texts and an instant always marshal
	return base64.RawURLEncoding.EncodeToString(text)
}

// Place reads a cursor of a list in the order sort. given is false for the empty cursor, which stands for the first page;
// ErrCursor when no list of this order gave the cursor.
func Place(after, sort string) (p Position, given bool, err error) {
	if after == "" {
		return p, false, nil
	}
	var c cursor
	text, err := base64.RawURLEncoding.Strict().DecodeString(after)
	if err != nil || len(after) > longestCursor || json.Unmarshal(text, &c) != nil {
		return Position{}, false, ErrCursor
	}
	if p = Position(c); p.Sort != sort || p.Cursor() != after || strings.ContainsRune(p.ID, 0) {
		return Position{}, false, ErrCursor
	}
	return p, true, nil
}

// Paged makes a page of the items found behind its beginning, of which there may be one more than the page holds.
func Paged[T any](found []T, limit int, at func(T) Position) Page[T] {
	p := Page[T]{Items: found}
	if size := Size(limit); len(found) > size {
		p.Items = found[:size]
		p.Next = at(found[size-1]).Cursor()
	}
	return p
}

// Counted writes how many items there are, of a count that ends one above CountedAtMost.
func (p Page[T]) Counted(n int) Page[T] {
	p.Total, p.More = min(n, CountedAtMost), n > CountedAtMost
	return p
}
