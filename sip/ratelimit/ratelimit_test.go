package ratelimit

import (
	"net/netip"
	"testing"
	"time"
)

func TestABucketGivesItsBurstAndThenItsRate(t *testing.T) {
	r, now := Rate{PerSecond: 10, Burst: 60}, time.Unix(1e9, 0)
	var b Bucket
	given := 0
	for range 1000 {
		has := b.Has(now, r)
		if took := b.Take(now, r); took != has {
			t.Fatal("Has and Take do not agree")
		} else if took {
			given++
		}
	}
	if given != 60 || b.Has(now, r) {
		t.Errorf("%d at once", given)
	}
	for range 1000 {
		now = now.Add(10 * time.Millisecond)
		if b.Take(now, r) {
			given++
		}
	}
	if given != 160 {
		t.Errorf("%d in ten seconds more", given-60)
	}
}

func TestSourcesShareNothingButTheCommonBucket(t *testing.T) {
	s, now := NewSources(), time.Unix(1e9, 0)
	own, all := Rate{Burst: 2}, Rate{Burst: 3}
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.200")
	taken := 0
	for range 3 {
		if s.TakeShared(one, now, own, all) {
			taken++
		}
	}
	if taken != 2 {
		t.Errorf("the source's own bucket holds %d, want two", taken)
	}
	if !s.HasShared(other, now, own, all) || !s.TakeShared(other, now, own, all) || s.HasShared(other, now, own, all) || s.TakeShared(other, now, own, all) {
		t.Error("the common bucket does not hold three")
	}
	if !s.Has(other, now, Rate{Burst: 3}) || !s.Take(other, now, Rate{Burst: 3}) {
		t.Error("Take needs the common bucket")
	}
}

// TestWhoSharesABucketWithAStrangerKeepsTheOther: some stranger has the same bucket by chance, in the one row or in the other.
func TestWhoSharesABucketWithAStrangerKeepsTheOther(t *testing.T) {
	b, now, own := NewBuckets[int](), time.Unix(1e9, 0), Rate{PerSecond: 1, Burst: 3}
	one, other := b.of(0)
	shared := [2]int{}
	for stranger := 1; shared[0] == 0 || shared[1] == 0; stranger++ {
		first, second := b.of(stranger)
		if (first == one) == (second == other) {
			continue
		}
		row := 0
		if second == other {
			row = 1
		}
		shared[row]++
		for b.Take(stranger, now, own) {
		}
		given := 0
		for b.Has(0, now, own) && b.Take(0, now, own) {
			given++
		}
		if given != 3 {
			t.Errorf("beside a stranger who has taken all of row %d, %d are given, want 3", row, given)
		}
		now = now.Add(time.Hour) // all are full again
	}
}

func TestOneSubscriberIsOneNetwork(t *testing.T) {
	for _, c := range [][2]string{{"2001:db8::1", "2001:db8::"}, {"2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"}, {"192.0.2.9", "192.0.2.9"}, {"::ffff:192.0.2.9", "192.0.2.9"}} {
		if got := Network(netip.MustParseAddr(c[0])); got != netip.MustParseAddr(c[1]) {
			t.Errorf("%s counts as %s", c[0], got)
		}
	}
}
