// Package local runs a private PostgreSQL server: a cluster in a folder of ours, reached by a Unix socket only, started as
// a child and stopped last. It is what the program stands on when nobody gave it a database.
//
// One goroutine, locked to its thread, starts the server and waits for it, so that the kernel ends the server when the
// process dies; another one reads its log. Stop waits for both.
package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
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
	// Throwaway gives safety up for speed: for tests, never for tickets.
	Throwaway bool
	Log       *slog.Logger // nil means silence
}

// Server is a running private server. Safe for concurrent use.
type Server struct {
	cfg     Config
	sockets string // folder of the Unix socket
	process *os.Process
	ready   chan struct{}
	gone    chan struct{} // closed when the server has ended
	ended   error         // why; written before gone is closed
	reading sync.WaitGroup
	once    sync.Once
}

const (
	startTime = 60 * time.Second // crash recovery included
	stopTime  = 20 * time.Second
	maxSocket = 90 // octets of a socket's path; the kernel takes 107
)

// Start starts the server, after making the cluster when there is none. It comes back when connections are taken.
func Start(ctx context.Context, c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	c.Dir = dir
	owner, err := chooseOwner()
	if err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	if err := owner.claim(dir); err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	bin, err := binaries(dir)
	if err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		if err := initdb(ctx, bin, dir, owner, c.Throwaway); err != nil {
			return nil, fmt.Errorf("making the private database in %s: %w", dir, err)
		}
	}
	if err := awaitFormer(ctx, dir); err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	s := &Server{cfg: c, ready: make(chan struct{}), gone: make(chan struct{})}
	if s.sockets, err = owner.socketFolder(); err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	if err := s.start(bin, owner); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the private database: %w", err), os.RemoveAll(s.sockets))
	}
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the private database: %w", err), s.Stop())
	}
	return s, nil
}

// formerTime is how long a server that a killed process left behind may take to end.
const formerTime = 20 * time.Second

// awaitFormer waits for the server of a former process: when that one was killed, the kernel has told its server to stop,
// which takes a moment.
func awaitFormer(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, formerTime)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		pid := former(dir)
		if pid == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("a server (PID %d) is running on %s already: another hotline uses this --data folder; stop it, or use another folder", pid, dir)
		}
	}
}

// former is the process of a server that runs on a cluster now; 0 for none.
func former(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil || strings.TrimSpace(string(name)) != "postgres" {
		return 0
	}
	return pid
}

// URL is where the server is reached.
func (s *Server) URL() string { return urlOf(s.sockets) }

func urlOf(sockets string) string {
	return "postgres://hotline@/postgres?host=" + url.QueryEscape(sockets)
}

// Running is where the server of another process on a cluster is reached; empty when none runs.
func Running(dir string) string {
	if former(dir) == 0 {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		return ""
	}
	const socketLine = 4 // of postmaster.pid, counted from 0
	if lines := strings.Split(string(text), "\n"); len(lines) > socketLine && lines[socketLine] != "" {
		return urlOf(lines[socketLine])
	}
	return ""
}

// Gone is closed when the server has ended, wanted or not.
func (s *Server) Gone() <-chan struct{} { return s.gone }

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
	if s.cfg.Throwaway {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
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

// read passes the server's log on and notices when it is ready.
func (s *Server) read(log io.Reader) {
	lines := bufio.NewScanner(log)
	once := sync.OnceFunc(func() { close(s.ready) })
	for lines.Scan() {
		line := lines.Text()
		if strings.Contains(line, "database system is ready to accept connections") {
			once()
		}
		level := slog.LevelDebug
		if strings.Contains(line, "FATAL") || strings.Contains(line, "PANIC") {
			level = slog.LevelWarn
		}
		s.cfg.Log.Log(context.Background(), level, "postgresql", "line", line)
	}
}

func (s *Server) await(ctx context.Context) error {
	patience := time.NewTimer(startTime)
	defer patience.Stop()
	select {
	case <-s.ready:
		return nil
	case <-s.gone:
		return fmt.Errorf("it ended at once (%w); run with --log-level debug to see its own words", s.ended)
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
		err = errors.Join(err, os.RemoveAll(s.sockets))
	})
	return err
}
