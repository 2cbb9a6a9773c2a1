package mailbox

import (
	"context"
	"net"
)

// Over has a source reach its server by dial.
func Over(s *Source, dial func(ctx context.Context) (net.Conn, error)) *Source {
	s.dial = dial
	return s
}
