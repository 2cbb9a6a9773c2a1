package users

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// InviteTime is how long the link holds by which somebody gives themselves a password.
const InviteTime = 48 * time.Hour

// invited is how a user's Password begins who has none yet.
const invited = "$invite$"

// Invite makes what stands as a user's Password until they have chosen one, and the token of the link that lets them. The token is
// stored as a hash alone. It is good for one password: any other Password in its place ends it.
func Invite(now time.Time) (stored, token string) {
	token = rand.Text()
	hash := sha256.Sum256([]byte(token))
	return fmt.Sprintf("%s%d$%s", invited, now.Add(InviteTime).Unix(), hex.EncodeToString(hash[:])), token
}

// Invited tells whether a user has not chosen a password yet.
func (u User) Invited() bool { return strings.HasPrefix(u.Password, invited) }

// Opens tells whether a token is the one of the user's invitation, and it still holds.
func (u User) Opens(token string, now time.Time) bool {
	until, want, found := strings.Cut(strings.TrimPrefix(u.Password, invited), "$")
	seconds, err := strconv.ParseInt(until, 10, 64)
	if !u.Invited() || !found || err != nil || u.Disabled || !now.Before(time.Unix(seconds, 0)) {
		return false
	}
	hash := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(hash[:])), []byte(want)) == 1
}
