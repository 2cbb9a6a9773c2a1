package speech

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"hotline/prompts"
)

// State says where the sound of a text stands.
type State int

// The states of a sound.
const (
	Ready     State = iota // it lies on the disk
	Rendering              // it is waiting for its turn, or being spoken
	Failed                 // the voice could not speak it; it is tried again after a while
	NoVoice                // there is no voice, or nothing that can be said
)

const (
	// firstAgain and longestAgain are after how long a text that failed may be tried once more: it doubles with each failure of that text.
	firstAgain, longestAgain = time.Minute, 10 * time.Minute
	// troubled is after how many failures in a row the voice itself is taken to be the fault.
	troubled = 3
	// longestPause bounds the pause after failures, which doubles from a second.
	longestPause = time.Minute
	// idleRest and busyRest are how many times as long as a text took the speaker rests after it: half a core while nobody is
	// on the telephone, a tenth of one while somebody is.
	idleRest, busyRest = 1, 9
	// longestRest bounds such a rest.
	longestRest = 10 * time.Second
)

// Config is what a speaker needs. All of it is required.
type Config struct {
	Driver Driver
	Dir    string // where sounds are kept; made when it is missing
	// Busy tells whether somebody is on the telephone.
	Busy func() bool
	Log  *slog.Logger
}

// Speaker speaks texts in the background, one after the other, each once; the newest first, because somebody has just saved it,
// and may sit behind ten thousand of an import. Safe for concurrent use.
type Speaker struct {
	driver Driver
	cache  cache
	busy   func() bool
	log    *slog.Logger
	wake   chan struct{}

	mu       sync.Mutex
	queue    []job
	underway map[string]bool // by key: in the queue or being spoken
	failed   map[string]failure
	failures int   // one after the other
	last     error // of them
}

type job struct {
	key  string
	text Text // cleaned
}

// failure is how a text failed the last time. It may be tried once more after again.
type failure struct {
	err   error
	at    time.Time
	again time.Duration
}

// New makes a speaker; [Speaker.Run] lets it work.
func New(c Config) *Speaker {
	return &Speaker{driver: c.Driver, cache: cache{c.Dir}, busy: c.Busy, log: c.Log, wake: make(chan struct{}, 1), underway: map[string]bool{}, failed: map[string]failure{}}
}

// Want has a text spoken in the background, unless it is already, and tells where it stands. It never waits for the voice.
// The error says why, for Failed and NoVoice.
func (s *Speaker) Want(t Text) (State, error) {
	t, err := clean(t)
	if err != nil {
		return NoVoice, err
	}
	k := key(s.driver, t)
	if s.cache.has(k) {
		return Ready, nil
	}
	if err := s.driver.Ready(); err != nil {
		return NoVoice, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.underway[k] {
		return Rendering, nil
	}
	if f, ok := s.failed[k]; ok && time.Since(f.at) < f.again {
		return Failed, f.err
	}
	s.underway[k] = true
	s.queue = append(s.queue, job{k, t})
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return Rendering, nil
}

// Sound is a text in A-law, 8 kHz, where it has been spoken. It reads a file of some ten thousand octets.
func (s *Speaker) Sound(t Text) (alaw []byte, ok bool) {
	t, err := clean(t)
	if err != nil {
		return nil, false
	}
	return s.cache.get(key(s.driver, t))
}

// Maker is who speaks a language.
func (s *Speaker) Maker(lang prompts.Language) Maker { return MakerOf(s.driver, lang) }

// Prune removes the sounds of all texts but these.
func (s *Speaker) Prune(texts []Text) (removed int) {
	wanted := map[string]bool{}
	for _, t := range texts {
		if t, err := clean(t); err == nil {
			wanted[key(s.driver, t)] = true
		}
	}
	return s.cache.sweep(wanted)
}

// Trouble tells why nothing can be spoken; nil while the voice works.
func (s *Speaker) Trouble() error {
	if err := s.driver.Ready(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures >= troubled {
		return s.last
	}
	return nil
}

// Run speaks what is wanted until ctx ends. One goroutine runs it. After each text it rests as long as the text took, and nine
// times as long while somebody is on the telephone. So ten thousand of them never keep a core from the calls.
func (s *Speaker) Run(ctx context.Context) {
	s.cache.tidy()
	for {
		j, ok := s.next()
		if !ok {
			select {
			case <-s.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		began := time.Now()
		err := s.render(ctx, j)
		if ctx.Err() != nil {
			return // it is wanted again after the next start
		}
		if !pause(ctx, s.note(j, err, time.Since(began))) {
			return
		}
	}
}

func (s *Speaker) next() (job, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		s.queue = nil // of an array that has become long
		return job{}, false
	}
	last := len(s.queue) - 1
	j := s.queue[last]
	s.queue = s.queue[:last]
	return j, true
}

func (s *Speaker) render(ctx context.Context, j job) error {
	alaw, err := speak(ctx, s.driver, j.text)
	if err != nil {
		return err
	}
	return s.cache.put(j.key, alaw, MakerOf(s.driver, j.text.Language))
}

// note writes down how a text went, and gives the pause before the next one.
func (s *Speaker) note(j job, err error, took time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.underway, j.key)
	if err == nil {
		if s.failures >= troubled {
			s.log.Info("the voice speaks again")
		}
		s.failures, s.last = 0, nil
		delete(s.failed, j.key)
		if s.busy() {
			return min(busyRest*took, longestRest)
		}
		return min(idleRest*took, longestRest)
	}
	s.failed[j.key] = failure{err, time.Now(), min(max(firstAgain, 2*s.failed[j.key].again), longestAgain)}
	s.failures, s.last = s.failures+1, err
	if s.failures == troubled {
		s.log.Warn("the voice does not speak: names are not said", "error", err)
	} else {
		s.log.Info("a text was not spoken", "text", j.text.Words, "error", err, "no_voice", errors.Is(err, ErrNoVoice))
	}
	return min(time.Second<<min(s.failures-1, 6), longestPause)
}

// pause waits; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
