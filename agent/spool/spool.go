// Package spool keeps what an agent has found until the server has it: a file for each fact, so that a crash loses none. It is bounded:
// when it is full, the oldest goes, and is counted. While the disk takes nothing, facts wait in memory and are written when it does again.
//
// Package agent owns it. It starts no goroutine.
package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"hotline/agent/protocol"
	"hotline/atomicfile"
)

// Bounds of what waits.
const (
	FactsMost  = 10_000
	OctetsMost = 32 << 20
)

// Memory is what an agent remembers beside its facts.
type Memory struct {
	Spool    string             `json:"spool"`              // drawn by chance with the folder
	Sequence int64              `json:"sequence"`           // of the last message that was sent
	Dropped  int64              `json:"dropped"`            // facts that had no room since the folder was made
	Restated int64              `json:"restated,omitempty"` // of Dropped, after which all that stands was told anew
	Told     map[string]Problem `json:"told,omitempty"`
}

// Problem is a problem that the server was told of.
type Problem struct {
	Since time.Time `json:"since"`
	Told  time.Time `json:"told"` // last
	Title string    `json:"title"`
}

// Config is what a spool needs. Everything is required but Write and Most.
type Config struct {
	Dir   string
	NewID func() string
	Write func(file string, text []byte) error // nil: atomicfile.Replace
	Most  int                                  // facts that wait; 0: FactsMost
}

// Spool is an open spool. Safe for concurrent use.
type Spool struct {
	cfg  Config
	lock *os.File

	mu      sync.Mutex
	memory  Memory
	waiting []waiting // in the order of their numbers
	octets  int64
	fresh   bool
	last    int64 // number of the last fact
}

// waiting is a fact that waits.
type waiting struct {
	number int64
	size   int64
	fact   *protocol.Fact // the disk did not take it; nil: its file has it
}

const remembered = "agent.json"

// Open opens a folder, and makes it where there is none. What cannot be read in it is counted as dropped.
func Open(c Config) (*Spool, error) {
	if c.Write == nil {
		c.Write = atomicfile.Replace
	}
	if c.Most == 0 {
		c.Most = FactsMost
	}
	s := &Spool{cfg: c}
	if err := os.MkdirAll(s.facts(), 0o700); err != nil {
		return nil, fmt.Errorf("making the agent's folder: %w; make it writable, or name another one (state)", err)
	}
	if err := s.lockFolder(); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the agent's folder: %w", err), s.Close())
	}
	return s, nil
}

// lockFolder keeps the folder for this program until it ends: two of them would take each other's facts away.
func (s *Spool) lockFolder() (err error) {
	if s.lock, err = os.OpenFile(filepath.Join(s.cfg.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return fmt.Errorf("locking the agent's folder: %w", err)
	}
	err = syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.Join(fmt.Errorf("another agent runs with the folder %s: stop it, or name another folder (state)", s.cfg.Dir), s.lock.Close())
	}
	return nil // a file system that does not lock is taken as it is
}

// Close gives the folder free. Nothing may be put into it any more.
func (s *Spool) Close() error { return s.lock.Close() }

// load reads what the folder holds.
func (s *Spool) load() error {
	text, err := os.ReadFile(filepath.Join(s.cfg.Dir, remembered))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err != nil || json.Unmarshal(text, &s.memory) != nil || s.memory.Spool == "" {
		s.fresh, s.memory = true, Memory{Spool: s.cfg.NewID()} // the server takes its facts for new ones
	}
	files, err := os.ReadDir(s.facts())
	if err != nil {
		return err
	}
	for _, f := range files {
		digits, whole := strings.CutSuffix(f.Name(), ".json")
		n, err := strconv.ParseInt(digits, 10, 64)
		info, failed := f.Info()
		if !whole || err != nil || failed != nil { // a file that was being written
			_ = os.Remove(filepath.Join(s.facts(), f.Name())) // it is in nobody's way
			continue
		}
		s.waiting = append(s.waiting, waiting{number: n, size: info.Size()})
		s.octets += info.Size()
	}
	slices.SortFunc(s.waiting, func(a, b waiting) int { return int(max(-1, min(1, a.number-b.number))) })
	if n := len(s.waiting); n > 0 {
		s.last = s.waiting[n-1].number
	}
	return nil
}

func (s *Spool) facts() string { return filepath.Join(s.cfg.Dir, "facts") }

func (s *Spool) file(n int64) string { return filepath.Join(s.facts(), fmt.Sprintf("%019d.json", n)) }

// Put keeps a fact behind the others, and gives it its number: above every one before, also when the folder was lost in part. The
// error says that the disk did not take it; it waits in memory then.
func (s *Spool) Put(f protocol.Fact, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last+1, now.UnixMilli())
	f = f.Bounded()
	f.Number = s.last
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	w := waiting{number: f.Number, size: int64(len(text))}
	if err = s.cfg.Write(s.file(f.Number), text); err != nil {
		w.fact = &f
		err = fmt.Errorf("keeping a fact on the disk: %w; it waits in memory, and is lost when the agent stops before it is sent", err)
	}
	s.waiting = append(s.waiting, w)
	s.octets += w.size
	for len(s.waiting) > s.cfg.Most || s.octets > OctetsMost {
		s.remove(0)
		s.memory.Dropped++
	}
	return err
}

// remove forgets the fact at a place.
func (s *Spool) remove(at int) {
	w := s.waiting[at]
	s.waiting = slices.Delete(s.waiting, at, at+1)
	s.octets -= w.size
	if w.fact == nil {
		_ = os.Remove(s.file(w.number)) // one that stays is sent again, and the server knows its number
	}
}

// First are the oldest facts, with no more than so many octets together.
func (s *Spool) First(most int, octets int64) (facts []protocol.Fact) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := 0; at < len(s.waiting) && len(facts) < most; {
		w := s.waiting[at]
		if octets -= w.size; octets < 0 && len(facts) > 0 {
			break
		}
		f, ok := s.read(w)
		if !ok {
			s.remove(at)
			s.memory.Dropped++
			continue
		}
		facts = append(facts, f)
		at++
	}
	return facts
}

func (s *Spool) read(w waiting) (f protocol.Fact, ok bool) {
	if w.fact != nil {
		return *w.fact, true
	}
	text, err := os.ReadFile(s.file(w.number))
	return f, err == nil && json.Unmarshal(text, &f) == nil && f.Number == w.number && f.Check != ""
}

// Done forgets facts up to a number: the server has them.
func (s *Spool) Done(upTo int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 && s.waiting[0].number <= upTo {
		s.remove(0)
	}
}

// Drop forgets facts up to a number that the server cannot take, and counts them.
func (s *Spool) Drop(upTo int64) {
	before := s.Waiting()
	s.Done(upTo)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory.Dropped += int64(before - len(s.waiting))
}

// Waiting is how many facts wait.
func (s *Spool) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// Settle writes what waits in memory, once the disk takes it again.
func (s *Spool) Settle() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, w := range s.waiting {
		if w.fact == nil {
			continue
		}
		text, err := json.Marshal(w.fact)
		if err == nil {
			err = s.cfg.Write(s.file(w.number), text)
		}
		if err != nil {
			return err
		}
		s.waiting[n].fact = nil
	}
	return nil
}

// Fresh tells whether nothing was remembered when the folder was opened: it is new, or was lost.
func (s *Spool) Fresh() bool { return s.fresh }

// Memory is what is remembered.
func (s *Spool) Memory() Memory {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.memory
	m.Told = map[string]Problem{}
	for id, p := range s.memory.Told {
		m.Told[id] = p
	}
	return m
}

// Remember changes what is remembered, and writes it. What the disk does not take holds until the agent stops.
func (s *Spool) Remember(change func(m *Memory)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory.Told == nil {
		s.memory.Told = map[string]Problem{}
	}
	change(&s.memory)
	text, err := json.Marshal(s.memory)
	if err == nil {
		err = s.cfg.Write(filepath.Join(s.cfg.Dir, remembered), text)
	}
	if err != nil {
		return fmt.Errorf("writing into the agent's folder: %w", err)
	}
	return nil
}
