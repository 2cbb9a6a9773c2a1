package format

import (
	"context"
	"time"

	"hotline/intake"
)

// turnWait is how long a message waits while others are read by mappings.
const turnWait = 5 * time.Second

// Mapper reads messages by mappings, one message after the other. So an expression that loops takes one core at most, however
// many messages come, and the calls have the others. Safe for concurrent use.
type Mapper struct{ turn chan struct{} }

// NewMapper makes a mapper.
func NewMapper() *Mapper { return &Mapper{make(chan struct{}, 1)} }

// Read reads a message by a mapping. broken is why the mapping does not work; err is an *Error, or intake.ErrBusy where others took too long.
func (m *Mapper) Read(ctx context.Context, by intake.Mapping, body []byte) (b intake.Batch, broken, err error) {
	wait, cancel := context.WithTimeout(ctx, turnWait)
	defer cancel()
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-wait.Done():
		return b, nil, intake.ErrBusy
	}
	compiled, broken := Compile(by)
	if broken != nil {
		return b, broken, nil
	}
	b, err = compiled.Read(ctx, body)
	return b, nil, err
}
