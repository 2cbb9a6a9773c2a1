package second

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

func at() time.Time { return time.Date(2026, 11, 23, 9, 0, 10, 0, time.UTC) }

func codeOf(t *testing.T, secret string, when time.Time) string {
	t.Helper()
	c, err := totp.GenerateCode(secret, when)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// begun is somebody's codes, set up a while ago.
func begun(t *testing.T) (stored, secret string, codes []string) {
	t.Helper()
	secret, _, err := New("anna")
	if err != nil {
		t.Fatal(err)
	}
	before := at().Add(-time.Hour)
	stored, codes, err = Begin(secret, codeOf(t, secret, before), before)
	if err != nil || len(codes) != recovery || Left(stored) != recovery {
		t.Fatalf("%v, %v, %v", stored, codes, err)
	}
	return stored, secret, codes
}

// TestACodeIsGoodOnceAndNearItsTime: the known values of RFC 6238 are the library's own tests.
func TestACodeIsGoodOnceAndNearItsTime(t *testing.T) {
	stored, secret, _ := begun(t)
	for _, c := range []struct {
		off  time.Duration
		good bool
	}{{0, true}, {-30 * time.Second, true}, {30 * time.Second, true}, {-time.Minute, false}, {time.Minute, false}, {-time.Hour, false}} {
		if _, err := Check(stored, codeOf(t, secret, at().Add(c.off)), at()); (err == nil) != c.good {
			t.Errorf("a code of a clock that is wrong by %v: %v", c.off, err)
		}
	}
	code := codeOf(t, secret, at())
	after, err := Check(stored, code[:3]+" "+code[3:], at())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(after, code, at().Add(time.Second)); !errors.Is(err, ErrWrong) {
		t.Errorf("the code is good twice: %v", err)
	}
	if _, err := Check(after, codeOf(t, secret, at().Add(-30*time.Second)), at()); !errors.Is(err, ErrWrong) {
		t.Errorf("a code of before one that was used is good: %v", err)
	}
	if _, err := Check(after, codeOf(t, secret, at().Add(30*time.Second)), at().Add(30*time.Second)); err != nil {
		t.Errorf("the next code: %v", err)
	}
}

func TestARecoveryCodeIsGoodOnce(t *testing.T) {
	stored, _, codes := begun(t)
	for i, code := range codes {
		after, err := Check(stored, strings.ToUpper(code), at())
		if err != nil || Left(after) != recovery-1-i {
			t.Fatalf("code %d: %v, %d left", i, err, Left(after))
		}
		if stored = after; strings.Contains(stored, code) {
			t.Error("a recovery code is stored as it is")
		}
		if _, err := Check(stored, code, at()); !errors.Is(err, ErrWrong) {
			t.Errorf("code %d is good twice: %v", i, err)
		}
	}
	for _, none := range []string{"", " ", ",", "$"} {
		if _, err := Check(stored, none, at()); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: %v", none, err)
		}
	}
}

func TestWhatCannotBeReadOpensNothing(t *testing.T) {
	for _, stored := range []string{"", "totp", "totp$A$x$", "other$A$1$", "totp$A$1$h$more"} {
		if _, err := Check(stored, "123456", at()); err == nil || errors.Is(err, ErrWrong) {
			t.Errorf("%q: %v", stored, err)
		}
	}
	if _, _, err := Begin("not base32!", "123456", at()); !errors.Is(err, ErrWrong) {
		t.Errorf("a damaged secret: %v", err)
	}
}

func TestThePictureHoldsTheAddress(t *testing.T) {
	secret, address, err := New("anna")
	if err != nil || !strings.Contains(address, secret) || !strings.Contains(Address("anna", secret), secret) {
		t.Fatalf("%s, %v", address, err)
	}
	svg, err := Picture(Address("anna", secret))
	if err != nil || !strings.HasPrefix(string(svg), "<svg") || strings.Count(string(svg), "M") < 300 {
		t.Errorf("%v, %.200s", err, svg)
	}
}
