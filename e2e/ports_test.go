package e2e_test

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// blockPorts are the ports of a block. A telephone takes some beside its first one: RTCP, video, and for each further call a pair
// for sound.
const blockPorts = 8

// blocks are the first ports of the blocks that no test has now: above the default range of RTP ports, below those of allRanges
// and those that the kernel gives to outgoing connections.
var blocks = allBlocks()

func allBlocks() chan int {
	free := make(chan int, 500)
	for i := range cap(free) {
		free <- 20000 + blockPorts*i
	}
	return free
}

// freePort is the first port of a block on loopback that belongs to the test until its end: no other test is given one of its
// ports, also none of another run of these tests, and no program has one of them now, for UDP or TCP.
func freePort(t *testing.T) int {
	t.Helper()
	for range cap(blocks) {
		select {
		case first := <-blocks:
			leave, ours := claim(first)
			if !ours {
				blocks <- first // another run's for now
				continue
			}
			if busy := taken(first); busy != nil {
				leave()
				blocks <- first // somebody else's for now
				continue
			}
			t.Cleanup(func() { leave(); blocks <- first })
			return first
		default:
		}
	}
	t.Fatalf("no %d ports side by side are free for both UDP and TCP", blockPorts)
	return 0
}

// claim makes ports, which begin at first, those of this run alone until it leaves them: two runs on one machine know of each other
// by a name that the kernel gives once, and takes back when its process ends (unix(7), abstract sockets).
func claim(first int) (leave func(), ours bool) {
	l, err := net.Listen("unix", fmt.Sprintf("@hotline-e2e-%d", first))
	if err != nil {
		return nil, false
	}
	return func() { l.Close() }, true
}

// taken says why a block cannot be used.
func taken(first int) error {
	for port := first; port < first+blockPorts; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		l.Close()
		u, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			return err
		}
		u.Close()
	}
	return nil
}

// TestPortsOfATestAreItsOwn asks for more blocks than there are: none is given twice while its test runs, a block with one
// port in use is passed over, and what a test leaves is given again.
func TestPortsOfATestAreItsOwn(t *testing.T) {
	t.Parallel()
	first := freePort(t)
	used, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: first + blockPorts - 1})
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	if taken(first) == nil {
		t.Errorf("a block is free though its last port %d is in use", first+blockPorts-1)
	}
	for range 2 {
		t.Run("a test that takes many", func(t *testing.T) {
			mine := map[int]bool{first: true}
			for range cap(blocks) / 2 {
				port := freePort(t)
				if mine[port] {
					t.Fatalf("port %d was given twice", port)
				}
				mine[port] = true
			}
		})
	}
}

// ranges are the first ports of the ranges that no house of these tests has now.
var ranges = allRanges()

// rangePorts are what a house has for sound.
const rangePorts = 600

// allRanges lie side by side below the ports that the kernel gives away.
func allRanges() chan int {
	free := make(chan int, 14)
	for i := range cap(free) {
		free <- 24000 + (rangePorts+10)*i
	}
	return free
}

// takeRange waits for a range that a house leaves, of this run or of another one, where all are taken. leave gives it back.
func takeRange(t *testing.T) (low int, leave func()) {
	t.Helper()
	late, again := time.After(5*time.Minute), time.NewTicker(100*time.Millisecond)
	defer again.Stop()
	for {
		select {
		case low = <-ranges:
			if release, ours := claim(low); ours {
				return low, sync.OnceFunc(func() { release(); ranges <- low })
			}
			ranges <- low
		case <-late:
			t.Fatal("no house left its range of ports within five minutes")
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatal("no other run left a range of ports within five minutes")
		}
	}
}
