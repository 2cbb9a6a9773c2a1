package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"hotline/phone/load"
)

// server is the built program, with a data folder and a private PostgreSQL of its own.
type server struct {
	cmd   *exec.Cmd
	voice string // driver of the voice
	dir   string
	log   *os.File
	sip   netip.AddrPort
	mail  netip.AddrPort // where it takes mail
	api   string
	ended chan error
	empty int // resident octets without a call
}

const settings = `sip: {listen: ["%s"], max_calls: 10000, accept: anyone}
http: {listen: "%s"}
rtp: {ports: 10000-19999}
speech: {driver: %s} # the names of thousands of customers would be spoken beside what is measured
mail: {inbox: {listen: "%s", address: support@house.example, relays: [127.0.0.1], verify: false}}
log_level: warn
`

// start starts the program and waits until it takes calls.
func (b *bench) start(ctx context.Context) (*server, error) {
	dir, err := os.MkdirTemp("", "hotline-bench-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, voice: cmp.Or(b.voice, "none"), ended: make(chan error, 1)}
	if err := errors.Join(os.Chmod(dir, 0o755), s.launch(b.binary)); err != nil { // the private database's owner must be able to enter
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	if err := s.rest(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.empty, err = s.process().Memory()
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// ready waits until the program takes calls.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := s.call(ctx, http.MethodGet, "/health", nil, nil)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("waiting for the program to be ready: %w; its log: %s", err, s.lastWords())
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the program ended: %w; its log: %s", err, s.lastWords())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// rest waits until the program has done what a start, or new customers, leave to be done. It waits until it has taken less
// than one percent of a core for two seconds, one after the other.
func (s *server) rest(ctx context.Context) error {
	const look, little, most = time.Second, 10 * time.Millisecond, 2 * time.Minute
	for began, quiet := time.Now(), 0; quiet < 2; {
		if time.Since(began) > most {
			return fmt.Errorf("the program has not come to rest within %s; its log: %s", most, s.lastWords())
		}
		before, err := s.process().CPU()
		if err != nil {
			return err
		}
		pause(ctx, look)
		after, err := s.process().CPU()
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if quiet++; after-before > little {
			quiet = 0
		}
	}
	return nil
}

func (s *server) launch(binary string) error {
	sip, err := freePort("udp")
	if err != nil {
		return err
	}
	http, err := freePort("tcp")
	if err != nil {
		return err
	}
	mail, err := freePort("tcp")
	if err != nil {
		return err
	}
	s.sip, s.api, s.mail = sip, "http://"+http.String(), mail
	file := filepath.Join(s.dir, "hotline.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, settings, sip, http, s.voice, mail), 0o644); err != nil {
		return err
	}
	if s.log, err = os.Create(filepath.Join(s.dir, "log")); err != nil {
		return err
	}
	s.cmd = exec.Command(binary, "serve", "--config", file, "--data", filepath.Join(s.dir, "data"), "--demo", "--demo-drill", "--drain", "1s")
	s.cmd.Stderr = s.log
	s.cmd.Env = append(os.Environ(), "DATABASE_URL=", "HOTLINE_DATABASE=")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", binary, err)
	}
	go func() { s.ended <- s.cmd.Wait() }()
	return nil
}

func freePort(network string) (netip.AddrPort, error) {
	if network == "udp" {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return netip.AddrPort{}, err
		}
		return c.LocalAddr().(*net.UDPAddr).AddrPort(), c.Close()
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	return l.Addr().(*net.TCPAddr).AddrPort(), l.Close()
}

func (s *server) process() load.Process { return load.Process(s.cmd.Process.Pid) }

// stop ends the program and removes what it kept. Its error tells when it did not end well.
func (s *server) stop() error { return errors.Join(s.end(), os.RemoveAll(s.dir)) }

// end ends the program.
func (s *server) end() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	var err error
	select {
	case err = <-s.ended:
	case <-time.After(time.Minute):
		err = errors.Join(errors.New("the program did not end within a minute"), s.cmd.Process.Kill(), <-s.ended)
	}
	return errors.Join(err, s.log.Close())
}

// lastWords is the end of the program's log.
func (s *server) lastWords() string {
	text, _ := os.ReadFile(s.log.Name())
	return string(text[max(0, len(text)-500):])
}

// call asks the API; in and out are JSON, or nil.
func (s *server) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.api+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer demo")
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %.300s", method, path, answer.Status, text)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(text, out)
	}
	return err
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// crowd are telephones that call the server.
func (s *server) crowd(voice []byte) (*load.Crowd, error) {
	return load.New(load.Config{Server: s.sip, Voice: voice})
}

// empties ends every call of a crowd.
func empties(ctx context.Context, k *load.Crowd) error {
	const goodbyes = 1000 // a second
	k.HangUp(goodbyes)
	return k.RunUntil(context.WithoutCancel(ctx), 20*time.Second, func() bool { return k.Alive() == 0 })
}

// profiled takes the server's profiles of a span that begins now, where that was asked for; wait comes back when they are
// on the disk.
func (b *bench) profiled(s *server, name string, span time.Duration) (wait func() error) {
	if !b.profile {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		dir := filepath.Join(b.dir, "profiles", name)
		err := os.MkdirAll(dir, 0o755)
		if err == nil {
			err = load.Profile(s.api, "demo", dir, span)
		}
		done <- err
	}()
	return func() error { return <-done }
}
