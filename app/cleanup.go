package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// stack is what must be undone, last thing first. One goroutine uses it.
type stack []undo

type undo struct {
	what string
	do   func(ctx context.Context) error
}

// add remembers how to undo what was just done.
func (s *stack) add(what string, do func(ctx context.Context) error) {
	*s = append(*s, undo{what, do})
}

// run undoes everything, also after an error, and forgets it.
func (s *stack) run(ctx context.Context) error {
	var all []error
	for _, u := range slices.Backward(*s) {
		if err := u.do(ctx); err != nil {
			all = append(all, fmt.Errorf("stopping %s: %w", u.what, err))
		}
	}
	*s = nil
	return errors.Join(all...)
}
