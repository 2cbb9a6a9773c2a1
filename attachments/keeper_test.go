package attachments_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"hotline/attachments"
	"hotline/memory"
	"hotline/storage"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func keeper(t *testing.T, store attachments.Store, secret string) *attachments.Keeper {
	t.Helper()
	n := 0
	return attachments.NewKeeper(store, []byte(secret), func() string { n++; return fmt.Sprintf("id%d", n) })
}

func TestAFileIsSealedAndComesBack(t *testing.T) {
	ctx, store := t.Context(), memory.New(417)
	k := keeper(t, store, "secret")
	text := strings.Repeat("the log of the plant\n", 1000)
	a, known, err := k.Put(ctx, attachments.Incoming{Ticket: 417, Name: "plant.log", Type: "text/html", Actor: "staff:anna"}, strings.NewReader(text), monday)
	if err != nil || known || a.Size != int64(len(text)) || a.Type != "text/plain" || a.Actor != "staff:anna" || !a.At.Equal(monday) {
		t.Fatalf("%+v, known %v, %v", a, known, err)
	}
	if _, kept, _ := store.Attachment(ctx, a.ID); bytes.Contains(kept, []byte("plant")) {
		t.Error("the store can read it")
	}
	again, known, err := k.Put(ctx, attachments.Incoming{Ticket: 417, Name: "plant.log"}, strings.NewReader(text), monday)
	if err != nil || !known || again.ID != a.ID {
		t.Errorf("sent again: %+v, known %v, %v", again, known, err)
	}
	_, file, err := keeper(t, store, "secret").Open(ctx, a.ID) // another node
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(file); err != nil || string(got) != text {
		t.Errorf("%d octets came back, %v", len(got), err)
	}
	if _, _, err := keeper(t, store, "another").Open(ctx, a.ID); err == nil {
		t.Error("who has another secret reads it")
	}
	if _, _, err := k.Open(ctx, "nothing"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	k := keeper(t, memory.New(417), "secret")
	broken := errors.New("the line broke")
	for name, c := range map[string]struct {
		file io.Reader
		want error
	}{
		"empty":     {strings.NewReader(""), attachments.ErrEmpty},
		"too large": {io.LimitReader(endless{}, attachments.Most+1), attachments.ErrLarge},
		"endless":   {endless{}, attachments.ErrLarge},
		"a program": {strings.NewReader("MZ\x90"), attachments.ErrProgram},
		"cut off":   {io.MultiReader(strings.NewReader("half"), failing{broken}), broken},
	} {
		if _, _, err := k.Put(t.Context(), attachments.Incoming{Ticket: 417, Name: name}, c.file, monday); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := k.Put(t.Context(), attachments.Incoming{Ticket: 417}, io.LimitReader(endless{}, attachments.Most), monday); err != nil {
		t.Errorf("the largest one: %v", err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestTypesAreWhatTheFileHolds(t *testing.T) {
	k := keeper(t, memory.New(417), "secret")
	sheet := "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	for i, c := range []struct{ content, claimed, want string }{
		{"\x89PNG\x0d\x0a\x1a\x0a", "text/html", "image/png"},
		{"%PDF-1.7", "", "application/pdf"},
		{"<html><script>alert(1)</script>", "image/png", "application/octet-stream"},
		{"<svg onload=alert(1)>", "image/svg+xml", "text/plain"},
		{"PK\x03\x04rest", sheet, sheet},
		{"PK\x03\x04rest", "text/html", "application/zip"},
		{"no zip", sheet, "text/plain"},
		{"From: a@b\n\nwords", "message/rfc822", "message/rfc822"},
		{"\x00\x01\x02", "text/html; charset", "application/octet-stream"},
	} {
		a, _, err := k.Put(t.Context(), attachments.Incoming{Ticket: 417, Name: fmt.Sprint(i), Type: c.claimed}, strings.NewReader(c.content), monday)
		if err != nil || a.Type != c.want {
			t.Errorf("%q, said to be %q: %q, %v", c.content, c.claimed, a.Type, err)
		}
	}
}

func TestNamesAreThoseOfFiles(t *testing.T) {
	k := keeper(t, memory.New(417), "secret")
	for i, c := range []struct{ name, want string }{
		{"plant.log", "plant.log"}, {"../../etc/passwd", "passwd"}, {`C:\Users\anna\plant.log`, "plant.log"}, {"", "attachment"}, {"..", "attachment"}, {"folder/", "attachment"},
		{"a\x00b\r\nc\tSet-Cookie: x", "abcSet-Cookie_ x"}, {"photo\u202egpj.exe", "photogpj.exe"}, {`<img src=x onerror="alert(1)">.png`, "_img src=x onerror=_alert(1)__.png"},
		{"caldaia città 工場.pdf", "caldaia città 工場.pdf"}, {" .hidden ", "hidden"}, {"bad\xffoctet", "badoctet"},
		{strings.Repeat("à", 300) + ".pdf", strings.Repeat("à", 116) + ".pdf"}, {strings.Repeat("b", 300), strings.Repeat("b", 120)},
	} {
		a, _, err := k.Put(t.Context(), attachments.Incoming{Ticket: 417, Name: c.name}, strings.NewReader(fmt.Sprint(i)), monday)
		if err != nil || a.Name != c.want {
			t.Errorf("%q: %q, want %q, %v", c.name, a.Name, c.want, err)
		}
	}
}
