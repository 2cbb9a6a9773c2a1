// Package probe looks at one thing at an installation: a disk, a process, or a service over HTTP, TCP, SIP, SMTP or TLS. Package agent
// calls it, once for each look, and judges what it tells.
//
// It runs no program and writes nothing. It starts no goroutine that outlasts a look.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"hotline/agent/protocol"
	"hotline/limits"
)

// Run looks at what a complete check says. nil: all is well; else what is wrong, in the words of its ticket. It takes no longer than the
// check's timeout. now is for certificates. Safe for concurrent use.
func Run(ctx context.Context, c protocol.Check, now time.Time) error {
	look := map[protocol.Kind]func(context.Context, protocol.Check, time.Time) error{
		protocol.Disk: disk, protocol.Process: process, protocol.HTTP: web, protocol.TCP: connection, protocol.SIP: options, protocol.SMTP: mail, protocol.Certificate: certificate,
	}[c.Kind]
	if look == nil {
		return fmt.Errorf("this program cannot check %q; install a newer one", c.Kind)
	}
	span := protocol.Span(c.Timeout)
	ctx, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	err := look(ctx, c, now)
	var late net.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return fmt.Errorf("%s: no answer within %s", c.Target, span)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%s: the connection was refused: nothing listens there", c.Target)
	}
	return errors.New(limits.OneLine(c.Target+": "+err.Error(), 500))
}

// dial opens a connection that ends with the look.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if at, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(at)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// connection is whether a port takes connections.
func connection(ctx context.Context, c protocol.Check, _ time.Time) error {
	conn, err := dial(ctx, "tcp", c.Target)
	if err != nil {
		return err
	}
	return conn.Close()
}
