package app

import (
	"context"
	"net/netip"
	"os"
	"testing"

	"hotline/config"
)

// BenchmarkReady is from nothing to the line's first call taken: on a new data folder, where the private database is made
// first, and on one that is known. Expected are 3 s and 0.5 s.
func BenchmarkReady(b *testing.B) {
	c := config.Default()
	c.SIP.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	c.HTTP.Listen = netip.MustParseAddrPort("127.0.0.1:0")
	ready := func(b *testing.B, dir string) {
		b.StartTimer()
		c.Data = dir
		a, err := New(Config{Config: c})
		if err == nil {
			err = a.Start(b.Context())
		}
		b.StopTimer()
		if err != nil {
			b.Fatal(err)
		}
		if err := a.Stop(context.WithoutCancel(b.Context())); err != nil {
			b.Fatal(err)
		}
	}
	folder := func(b *testing.B) string {
		dir, err := os.MkdirTemp("", "hotline-ready-")
		if err == nil {
			err = os.Chmod(dir, 0o755) // the database's user passes through
		}
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}
	b.Run("new", func(b *testing.B) {
		b.StopTimer()
		for range b.N {
			ready(b, folder(b))
		}
	})
	b.Run("known", func(b *testing.B) {
		b.StopTimer()
		dir := folder(b)
		ready(b, dir)
		b.ResetTimer()
		for range b.N {
			ready(b, dir)
		}
	})
}
