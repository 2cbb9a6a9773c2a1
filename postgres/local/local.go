// Package local runs a private PostgreSQL server: a cluster in a folder of ours, reached by a Unix socket only, started as a
// child and stopped last. The program uses it when nobody gave it a database.
//
// One goroutine, locked to its thread, starts the server and waits for it, so that the kernel ends the server when the
// process dies; another one reads its log. Stop waits for both. A Keeper has one more, which starts the server again.
package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Why a private server cannot be started. Each comes with the remedy in its words.
var (
	ErrNotInstalled = errors.New("no PostgreSQL server is installed")
	ErrVersion      = errors.New("the cluster belongs to another version of PostgreSQL")
	ErrFolder       = errors.New("the folder of the cluster cannot be used")
)

// Config says where the cluster lies.
type Config struct {
	Dir string // made when it is missing
	// Sockets is the folder in which the folder of the socket is made; empty: the system's folder for temporary files.
	Sockets string
	// Throwaway gives safety up for speed: for tests, never for tickets.
	Throwaway bool
	Log       *slog.Logger // nil means silence
}

// Server is a running private server. Safe for concurrent use.
type Server struct {
	cfg     Config
	sockets string // folder of the Unix socket
	tidy    bool   // it is ours to remove
	process *os.Process
	ready   chan struct{}
	gone    chan struct{} // closed when the server has ended
	ended   error         // why; written before gone is closed
	words   string        // its last complaint; by the reader of the log, before gone is closed
	reading sync.WaitGroup
	once    sync.Once

	stopping atomic.Bool
}

const (
	startTime = 60 * time.Second // crash recovery included
	stopTime  = 20 * time.Second
	maxSocket = 90 // octets of a socket's path; the kernel takes 107

	versionFile = "PG_VERSION" // of a cluster

	longestLine = 4096 // octets of the server's log that are passed on of each line
)

// Start starts the server, after making the cluster when there is none. It comes back when connections are taken.
func Start(ctx context.Context, c Config) (*Server, error) {
	c, o, err := prepare(c)
	if err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	sockets, err := o.socketFolder(c.Sockets)
	if err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	s, err := begin(ctx, c, o, sockets)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the private database: %w", err), os.RemoveAll(sockets))
	}
	s.tidy = true
	return s, nil
}

// prepare makes a configuration whole and says who runs the server.
func prepare(c Config) (Config, owner, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, owner{}, err
	}
	c.Dir = dir
	o, err := chooseOwner(dir)
	return c, o, err
}

// begin starts a server whose socket lies in a folder that is there.
func begin(ctx context.Context, c Config, o owner, sockets string) (*Server, error) {
	if err := o.claim(c.Dir); err != nil {
		return nil, err
	}
	bin, err := binaries(c.Dir, find())
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(c.Dir, versionFile)); errors.Is(err, os.ErrNotExist) {
		if err := initdb(ctx, bin, c.Dir, o, c.Throwaway); err != nil {
			return nil, fmt.Errorf("making its cluster in %s: %w", c.Dir, err)
		}
	}
	if err := awaitLeftover(ctx, c.Dir); err != nil {
		return nil, err
	}
	forgetSockets(c.Dir, sockets)
	s := &Server{cfg: c, sockets: sockets, ready: make(chan struct{}), gone: make(chan struct{})}
	if err := s.start(bin, o); err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// URL is where the server is reached.
func (s *Server) URL() string { return urlOf(s.sockets) }

func initdb(ctx context.Context, bin, dir string, o owner, throwaway bool) error {
	args := []string{"--pgdata=" + dir, "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--username=hotline", "--no-instructions"}
	if throwaway {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, environment(), o.attributes()
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLine(string(said)))
	}
	return nil
}

// environment keeps what a stray setting of the caller's could change out.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// start starts the child. The goroutine that starts it keeps its thread until the child has ended: the death signal is
// sent when the starting thread ends, not the process.
func (s *Server) start(bin string, o owner) error {
	args := []string{"-D", s.cfg.Dir, "-k", s.sockets, "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700",
		"-c", "max_connections=60", "-c", "lc_messages=C", "-c", "log_destination=stderr", "-c", "logging_collector=off", "-c", "timezone=UTC"}
	if !s.cfg.Throwaway {
		args = append(args, "-c", fmt.Sprintf("shared_buffers=%dMB", buffers()))
	}
	if s.cfg.Throwaway {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
			"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "max_wal_size=128MB", "-c", "min_wal_size=32MB")
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = s.cfg.Dir, environment(), o.attributes()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	cmd.SysProcAttr.Setpgid = true // a terminal's Ctrl-C is for us; the database stops last
	log, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			s.process = cmd.Process
			s.reading.Go(func() { s.read(log) })
		}
		started <- err
		if err == nil {
			s.reading.Wait()
			s.ended = cmd.Wait()
			close(s.gone)
		}
	}()
	return <-started
}

// buffers is the server's memory for pages, in MB: a sixteenth of the machine's, between what PostgreSQL takes by itself and
// what the lists of a large company need. Pages that are read again and again come from there without being copied.
func buffers() uint64 {
	const least, most, share = 128, 1024, 16
	var machine unix.Sysinfo_t
	if unix.Sysinfo(&machine) != nil {
		return least
	}
	return min(max(machine.Totalram*uint64(machine.Unit)>>20/share, least), most)
}

// read passes the server's log on and notices when it is ready. It reads to the end whatever comes: a server whose log
// nobody reads stands still.
func (s *Server) read(log io.Reader) {
	lines := bufio.NewReaderSize(log, longestLine)
	once := sync.OnceFunc(func() { close(s.ready) })
	for rest := false; ; {
		text, more, err := lines.ReadLine()
		if err != nil {
			return
		}
		if rest { // of a line that was too long
			rest = more
			continue
		}
		line := string(text)
		rest = more
		if strings.Contains(line, "database system is ready to accept connections") {
			once()
		}
		level := slog.LevelDebug
		if i := max(strings.Index(line, "FATAL:"), strings.Index(line, "PANIC:")); i >= 0 && !s.expected(line) {
			level, s.words = slog.LevelWarn, line[i:]
		}
		s.cfg.Log.Log(context.Background(), level, "postgresql", "line", line)
	}
}

// expected tells a complaint that a stop brings about: connections of ours that were still closing are ended by it.
func (s *Server) expected(line string) bool {
	return s.stopping.Load() && strings.Contains(line, "FATAL:  terminating connection")
}

func (s *Server) await(ctx context.Context) error {
	patience := time.NewTimer(startTime)
	defer patience.Stop()
	select {
	case <-s.ready:
		return nil
	case <-s.gone:
		if s.words != "" {
			return fmt.Errorf("it ended at once (%w): %s", s.ended, s.words)
		}
		return fmt.Errorf("it ended at once (%w); run with --log-level debug to see its log", s.ended)
	case <-patience.C:
		return fmt.Errorf("it was not ready within %v", startTime)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Stop shuts the server down, open connections included, and waits for it. Idempotent.
func (s *Server) Stop() error {
	var err error
	s.once.Do(func() {
		s.stopping.Store(true)
		_ = s.process.Signal(syscall.SIGINT)
		patience := time.NewTimer(stopTime)
		defer patience.Stop()
		select {
		case <-s.gone:
		case <-patience.C:
			err = fmt.Errorf("stopping the private database: it did not stop within %v and was killed; it recovers at its next start", stopTime)
			_ = s.process.Signal(syscall.SIGQUIT)
			<-s.gone
		}
		if s.tidy {
			err = errors.Join(err, os.RemoveAll(s.sockets))
		}
	})
	return err
}
