// Package second is the second thing that somebody shows when they log in, beside the password. It is a code of six digits that an app
// on their telephone makes from a shared secret and the time (TOTP, RFC 6238), or one of ten recovery codes for the day on which the
// telephone is lost. Package web asks for it; a user who has not set it up is asked for nothing.
package second

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// The form of codes: what every app takes.
const (
	period   = 30 * time.Second
	around   = 1  // periods by which a telephone's clock may be wrong
	recovery = 10 // codes for the day without the telephone
	codeLen  = 12 // characters of one of those: 60 bits
	kind     = "totp"
)

// ErrWrong is a code that is not right, or was used before.
var ErrWrong = errors.New("this code is wrong")

// New makes a secret for somebody, as apps read it: in letters, and as an address that a QR code holds.
func New(name string) (secret, address string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "hotline", AccountName: name})
	if err != nil {
		return "", "", fmt.Errorf("making a secret for codes: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// Address is the address of a secret that was made before.
func Address(name, secret string) string {
	return "otpauth://totp/hotline:" + name + "?issuer=hotline&secret=" + secret
}

// Begin takes a secret into use: code shows that the app has it. stored is what stands with the user, codes are the recovery codes,
// which are given once. The error is ErrWrong.
func Begin(secret, code string, now time.Time) (stored string, codes []string, err error) {
	step, err := matching(secret, code, now)
	if err != nil {
		return "", nil, err
	}
	hashes := make([]string, 0, recovery)
	for range recovery {
		c := strings.ToLower(rand.Text()[:codeLen])
		codes, hashes = append(codes, c), append(hashes, hashed(c))
	}
	return form(secret, step, hashes), codes, nil
}

// Check looks at a code. after is what stands with the user from now on: no code is good twice. The error is ErrWrong, and another one
// where what stands cannot be read.
func Check(stored, code string, now time.Time) (after string, err error) {
	fields := strings.Split(stored, "$")
	if len(fields) != 4 || fields[0] != kind {
		return "", errors.New("what stands of a user's codes cannot be read")
	}
	last, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return "", fmt.Errorf("reading when a user's last code was used: %w", err)
	}
	code = strings.ToLower(strings.Join(strings.Fields(code), ""))
	if step, err := matching(fields[1], code, now); err == nil && step > last {
		return form(fields[1], step, strings.Split(fields[3], ",")), nil
	}
	hashes := strings.Split(fields[3], ",")
	at := slices.IndexFunc(hashes, func(h string) bool {
		return h != "" && subtle.ConstantTimeCompare([]byte(h), []byte(hashed(code))) == 1
	})
	if at < 0 {
		return "", ErrWrong
	}
	return form(fields[1], last, slices.Delete(hashes, at, at+1)), nil
}

// Left is how many recovery codes were not used.
func Left(stored string) int {
	fields := strings.Split(stored, "$")
	if len(fields) != 4 || fields[3] == "" {
		return 0
	}
	return strings.Count(fields[3], ",") + 1
}

func form(secret string, step int64, hashes []string) string {
	return strings.Join([]string{kind, secret, strconv.FormatInt(step, 10), strings.Join(hashes, ",")}, "$")
}

// hashed needs no salt: a recovery code is 60 bits of randomness.
func hashed(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// matching finds the period of a code, among those near now.
func matching(secret, code string, now time.Time) (step int64, err error) {
	seconds := int64(period / time.Second)
	for step := now.Unix()/seconds - around; step <= now.Unix()/seconds+around; step++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(step*seconds, 0), totp.ValidateOpts{Period: uint(seconds), Digits: otp.DigitsSix})
		if err != nil {
			return 0, fmt.Errorf("%w: the secret cannot be read", ErrWrong)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, nil
		}
	}
	return 0, ErrWrong
}

// quiet is the margin of a QR code in modules (ISO/IEC 18004).
const quiet = 4

// Picture is the QR code of an address, as SVG of black on white. It cannot fail for what Address makes of a name and a secret.
func Picture(address string) (template.HTML, error) {
	code, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("drawing a QR code: %w", err)
	}
	var path strings.Builder
	size := code.Bounds().Dx()
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	whole := size + 2*quiet
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" width="220" height="220" shape-rendering="crispEdges" aria-hidden="true"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`, whole, whole, whole, whole, path.String())), nil
}
