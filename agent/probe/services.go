package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"time"

	"hotline/agent/protocol"
)

// pageMost is how many octets of an answer are searched.
const pageMost = 1 << 20

// web is whether an address answers as it should. It follows redirections to other pages of the same host.
func web(ctx context.Context, c protocol.Check, _ time.Time) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Target, nil)
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", "hotline-agent")
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: c.Untrusted}} // without a proxy: what is watched is near
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, before []*http.Request) error {
		if next.URL.Hostname() != before[0].URL.Hostname() || len(before) > 5 || c.Status != 0 {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	answer, err := client.Do(r)
	if err != nil {
		return cause(err)
	}
	defer answer.Body.Close()
	if c.Status != 0 && answer.StatusCode != c.Status || c.Status == 0 && answer.StatusCode >= 400 {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	if c.Contains == "" {
		return nil
	}
	page, err := io.ReadAll(io.LimitReader(answer.Body, pageMost))
	if err != nil {
		return fmt.Errorf("its answer did not come whole: %w", err)
	}
	if !bytes.Contains(page, []byte(c.Contains)) {
		return fmt.Errorf("%q does not stand in its answer", c.Contains)
	}
	return nil
}

// cause is an error of the HTTP client without the address, which stands before it anyway.
func cause(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// mail is whether a mail server greets and takes EHLO (RFC 5321, section 3.1). No letter is sent.
func mail(ctx context.Context, c protocol.Check, _ time.Time) error {
	conn, err := dial(ctx, "tcp", c.Target)
	if err != nil {
		return err
	}
	defer conn.Close()
	talk := textproto.NewConn(struct {
		io.Reader
		io.Writer
		io.Closer
	}{io.LimitReader(conn, pageMost), conn, conn})
	for _, step := range []struct {
		say  string
		code int
	}{{"", 220}, {"EHLO localhost", 250}, {"QUIT", 221}} {
		if step.say != "" {
			if err := talk.PrintfLine("%s", step.say); err != nil {
				return err
			}
		}
		if _, _, err := talk.ReadResponse(step.code); err != nil {
			if step.code == 221 { // it has greeted and answered: how it ends the talk is no fault
				return nil
			}
			return said(step.say, err)
		}
	}
	return nil
}

// said is what a mail server answered instead.
func said(to string, err error) error {
	var wrong *textproto.Error
	switch {
	case errors.As(err, &wrong) && to == "":
		return fmt.Errorf("it greets with \"%d %s\"", wrong.Code, wrong.Msg)
	case errors.As(err, &wrong):
		return fmt.Errorf("it answers \"%d %s\" to %s", wrong.Code, wrong.Msg, to)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ended the connection at once")
	}
	return err
}

// certificate is whether a server's certificate holds long enough. Who has signed it is not asked: many plants sign their own.
func certificate(ctx context.Context, c protocol.Check, now time.Time) error {
	host, _, err := net.SplitHostPort(c.Target)
	if err != nil {
		return err
	}
	if c.ServerName != "" {
		host = c.ServerName
	}
	conn, err := dial(ctx, "tcp", c.Target)
	if err != nil {
		return err
	}
	defer conn.Close()
	secure := tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}) // it is looked at, and nothing is sent
	if err := secure.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("no TLS connection: %w", err)
	}
	leaf := secure.ConnectionState().PeerCertificates[0]
	ends := leaf.NotAfter.UTC().Format("2 January 2006 at 15:04 UTC")
	switch left := leaf.NotAfter.Sub(now); {
	case left < 0:
		return fmt.Errorf("its certificate has ended on %s", ends)
	case leaf.NotBefore.After(now):
		return fmt.Errorf("its certificate holds from %s only", leaf.NotBefore.UTC().Format("2 January 2006 at 15:04 UTC"))
	case left < time.Duration(c.Days)*24*time.Hour:
		return fmt.Errorf("its certificate ends in %d days, on %s", int(left.Hours()/24), ends)
	}
	if c.ServerName != "" {
		if err := leaf.VerifyHostname(c.ServerName); err != nil {
			return fmt.Errorf("its certificate is for another name: %w", err)
		}
	}
	return nil
}
