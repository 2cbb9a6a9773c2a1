// Package settings is what the owner has said: in the configuration file, and in the browser where the file says nothing. The file wins,
// field by field; what the browser has said is kept in the database (package company), and on the disk for a start without it.
//
// It starts no goroutine.
package settings

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"hotline/atomicfile"
	"hotline/audit"
	"hotline/company"
	"hotline/config"
	"hotline/prompts"
	"hotline/sealed"
	"hotline/storage/stored"
)

// The fields of the configuration file that stand above what the browser has said.
const (
	FieldLanguage = "language"
	FieldTrunks   = "sip.trunks"
	FieldPrefixes = "outgoing.prefixes"
)

// TrunkName is what tickets and logs call the trunk of the browser.
const TrunkName = "carrier"

// Config is what [Settings] need.
type Config struct {
	File   config.Config
	Store  company.Store
	Secret []byte            // all nodes have it; passwords are sealed by a key that is made of it
	Cache  atomicfile.Values // remembers what was said, for a start without the database
	Log    *slog.Logger
}

// Settings are what holds now. Safe for concurrent use.
type Settings struct {
	Config
	keys    sealed.Keys
	now     atomic.Pointer[company.Profile]
	reading sync.Mutex // one look at the store at a time
	use     func()     // hears that trunks or prefixes have changed; guarded by reading
}

// cacheName is the name of what the disk remembers.
const cacheName = "house"

// New makes settings that hold what the disk remembers until [Settings.CatchUp] has read the store.
func New(c Config) *Settings {
	mac := hmac.New(sha256.New, c.Secret)
	mac.Write([]byte("passwords of trunks"))
	keys, _ := sealed.ParseKeys([]byte(hex.EncodeToString(mac.Sum(nil)))) // 64 digits are a key
	s := &Settings{Config: c, keys: keys, use: func() {}}
	var kept stored.Company
	if err := c.Cache.Get(cacheName, &kept); err != nil {
		c.Log.Debug("the disk remembers nothing that was said of the house", "error", err)
	}
	h := kept.Domain()
	s.now.Store(&h)
	return s
}

// OnChange has f called after trunks or prefixes have changed, one call after the other.
func (s *Settings) OnChange(f func()) {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.use = f
}

// Profile is what the browser has said; whether it holds is [Settings.InFile]'s to tell. Its password stays sealed.
func (s *Settings) Profile() company.Profile { return s.now.Load().Clone() }

// InFile tells where the configuration file says a field, which is then not the browser's to change. A list without anything says
// nothing.
func (s *Settings) InFile(field string) (file string, line int, ok bool) {
	line, ok = s.File.Written.Line(field)
	if field == FieldTrunks && len(s.File.SIP.Trunks) == 0 || field == FieldPrefixes && len(s.File.Outgoing.Prefixes) == 0 {
		return "", 0, false
	}
	return filepath.Base(s.File.Written.File), line, ok
}

// Language is spoken where neither the number dialled nor a contract says otherwise.
func (s *Settings) Language() prompts.Language {
	if _, _, fixed := s.InFile(FieldLanguage); fixed {
		return s.File.Language
	}
	return cmp.Or(s.now.Load().Language, s.File.Language)
}

// Trunks are those of the file, or the one of the browser.
func (s *Settings) Trunks() []config.Trunk {
	t := s.now.Load().Trunk
	if len(s.File.SIP.Trunks) > 0 || !t.Set() {
		return s.File.SIP.Trunks
	}
	password, err := s.open(t.Password)
	if err != nil {
		s.Log.Error("the password of the trunk cannot be read: it was sealed by the key of other PINs; write it anew on /start", "error", err)
	}
	return []config.Trunk{{
		Name: TrunkName, Proxy: t.Address(), Register: t.Registers, Account: config.Account{User: t.User, Password: password},
		Domain: t.Domain, Realm: t.Realm, CallerNumber: t.Number,
	}}
}

// Prefixes are those below which numbers are dialled.
func (s *Settings) Prefixes() []string {
	if len(s.File.Outgoing.Prefixes) > 0 {
		return s.File.Outgoing.Prefixes
	}
	return slices.Clone(s.now.Load().Trunk.Prefixes)
}

// CatchUp takes over what stands in the store, also what another node has written.
func (s *Settings) CatchUp(ctx context.Context) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	h, err := s.Store.Profile(ctx)
	if err != nil {
		return fmt.Errorf("reading what is said of the house: %w", err)
	}
	former := s.now.Swap(&h)
	if reflect.DeepEqual(*former, h) {
		return nil
	}
	if err := s.Cache.Put(cacheName, stored.OfCompany(h)); err != nil {
		s.Log.Warn("the copy of what is said of the house is stale", "error", err)
	}
	if !reflect.DeepEqual(former.Trunk, h.Trunk) {
		s.use()
	}
	return nil
}

// Save writes what is said of the house, and takes it over at once. An empty password keeps the one that stands, where the account is
// still the same. The error of what cannot work is one of package company; storage.ErrConflict when somebody else was faster.
func (s *Settings) Save(ctx context.Context, h company.Profile, password string) error {
	former := s.Profile()
	stands := former.Trunk
	h.Trunk.Password = nil
	if h.Trunk.Set() && password == "" && stands.Server == h.Trunk.Server && stands.User == h.Trunk.User {
		h.Trunk.Password = stands.Password
	}
	if err := h.Check(); err != nil {
		return err
	}
	if h.Trunk.Set() && password != "" {
		var err error
		if h.Trunk.Password, err = s.seal(password); err != nil {
			return fmt.Errorf("sealing the password of the trunk: %w", err)
		}
	}
	if former.Version > 0 && former.Version == h.Version && audit.Same(former, h) {
		return nil
	}
	if _, err := s.Store.PutProfile(ctx, h); err != nil {
		return err
	}
	return s.CatchUp(ctx)
}

// seal encrypts a password.
func (s *Settings) seal(password string) ([]byte, error) {
	var b bytes.Buffer
	w, err := sealed.NewWriter(&b, cacheName, 0, s.keys)
	if err == nil {
		_, err = w.Write([]byte(password))
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}

// open decrypts one.
func (s *Settings) open(kept []byte) (string, error) {
	if len(kept) == 0 {
		return "", nil
	}
	r, err := sealed.NewReader(bytes.NewReader(kept), int64(len(kept)), cacheName, s.keys)
	if err != nil {
		return "", err
	}
	password, err := io.ReadAll(r)
	return string(password), err
}
