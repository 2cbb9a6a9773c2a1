package connections

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

// conn is a connection of which only its ends matter.
type conn struct {
	net.Conn
	from   string
	closed bool
}

func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from)) }
func (c *conn) Close() error         { c.closed = true; return nil }

func TestOneSourceAndAllTogetherAreBounded(t *testing.T) {
	l := Limited(10, 4)
	var list []*conn
	come := func(from string) *conn {
		c := &conn{from: from}
		list = append(list, c)
		l.Change(c, http.StateNew)
		return c
	}
	open := func() (n int) {
		for _, c := range list {
			if !c.closed {
				n++
			}
		}
		return n
	}
	staff := come("192.0.2.1:1")
	l.Change(staff, http.StateActive)
	for i := range 100 {
		come(fmt.Sprintf("192.0.2.7:%d", 1+i))
	}
	if open() != 5 || staff.closed || list[len(list)-1].closed {
		t.Errorf("%d connections are open; one that works is closed: %t; the newest is: %t", open(), staff.closed, list[len(list)-1].closed)
	}
	for i := range 100 {
		come(fmt.Sprintf("10.0.0.%d:1", 1+i))
	}
	if open() != 10 || staff.closed || len(l.open) != 10 || l.Closed() != 191 {
		t.Errorf("%d connections are open, %d known, %d were closed", open(), len(l.open), l.Closed())
	}
	for _, c := range list { // all work: the next one finds no room
		if !c.closed {
			l.Change(c, http.StateActive)
		}
	}
	if last := come("10.0.1.1:1"); !last.closed || open() != 10 {
		t.Errorf("a connection beyond those that work: closed is %t, %d open", last.closed, open())
	}
	for _, c := range list {
		l.Change(c, http.StateClosed)
	}
	if len(l.open)+len(l.idle)+len(l.count) != 0 {
		t.Errorf("something is left: %+v", l)
	}
}

func TestIdleConnectionsMakeRoomForARequest(t *testing.T) {
	l := Limited(8, 8)
	at, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ConnState: l.Change, ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })}
	done := make(chan error, 1)
	go func() { done <- server.Serve(at) }()
	defer func() { _ = server.Close(); <-done }()
	for range 50 {
		c, err := net.Dial("tcp", at.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}).Get("http://" + at.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err != nil || string(text) != "here" {
		t.Errorf("answered %q, %v", text, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) > 8 {
		t.Errorf("%d connections are open", len(l.open))
	}
}
