package users

import (
	"testing"
	"time"
)

func TestAnInvitationHoldsForItsTimeAndItsTokenAlone(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	stored, token := Invite(now)
	u := User{Name: "anna", Password: stored}
	for _, c := range []struct {
		what  string
		user  User
		token string
		at    time.Time
		opens bool
	}{
		{"at once", u, token, now, true},
		{"in its last second", u, token, now.Add(InviteTime - time.Second), true},
		{"when it is over", u, token, now.Add(InviteTime), false},
		{"another token", u, token + "A", now, false},
		{"no token", u, "", now, false},
		{"of somebody who is disabled", User{Password: stored, Disabled: true}, token, now, false},
		{"of somebody who has a password", User{Password: "$argon2id$v=19$m=1,t=1,p=1$a$b"}, token, now, false},
		{"a damaged row", User{Password: "$invite$x"}, token, now, false},
		{"a row without a hash", User{Password: "$invite$9999999999$"}, "", now, false},
	} {
		if c.user.Opens(c.token, c.at) != c.opens {
			t.Errorf("%s: opens %v", c.what, !c.opens)
		}
	}
	if !u.Invited() || (User{}).Invited() {
		t.Error("who is invited is not known")
	}
}
