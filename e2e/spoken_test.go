package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/wav"
	"hotline/phone"
)

// TestACustomerMadeAMinuteAgoIsNamedToTheEngineer makes a customer and a contract by the API, calls with its PIN, and listens at
// the engineer's telephone. Pico speaks where it is installed, else a program that plays something of ours: never the pack.
func TestACustomerMadeAMinuteAgoIsNamedToTheEngineer(t *testing.T) {
	t.Parallel()
	settings := "log_level: info\n"
	if _, err := exec.LookPath("pico2wave"); err != nil {
		voice, err := filepath.Abs(filepath.Join("..", "app", "spoken", "testdata", "voice.wav"))
		if err != nil {
			t.Fatal(err)
		}
		settings = fmt.Sprintf("speech: {command: [cat, %q]}\n", voice)
	}
	h := open(t, "--config", settingsFile(t, settings))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	heard := make(chan []int16, 1)
	marco := answering(t, "marco", func(_ context.Context, in *phone.Incoming) {
		c, err := in.PickUp(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		_ = c.Wait(ctx, 8*time.Second)
		_ = c.Press(ctx, "1")
		_ = c.Wait(ctx, 10*time.Second) // longer than a talk has to be: who hangs up sooner is rung again
		c.Hangup()
		select {
		case heard <- c.Heard():
		default: // rung again
		}
	})
	h.onCall([]string{"Marco"}, []string{marco.Address()})
	pin, file := h.addsGialli()
	_, name, err := wav.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	c, _ := h.describes(t, "0699999999", pin+"#1", speech(t, "en", "next-step"))
	keeps(t, c, 2*time.Second)
	select {
	case brief := <-heard:
		holds(t, "the name in the brief", brief, g711.ALaw.Samples(name), speech(t, "it", "no-speech"))
		if nameless := likeness.Of(brief, speech(t, "it", "a-customer")); nameless >= 0.8 {
			t.Errorf("the engineer hears \"a customer\": correlation %.3f", nameless)
		}
	case <-ctx.Done():
		t.Fatal("no engineer's telephone rang")
	}
}

// addsGialli makes a customer and a contract by the API, and waits until the customer's name is spoken: its PIN, and the name as WAV.
func (h *house) addsGialli() (pin string, name []byte) {
	h.t.Helper()
	if _, err := h.call(http.MethodPost, "/api/v1/customers", map[string]any{"id": "gialli", "name": "Officine Gialli"}, nil); err != nil {
		h.t.Fatal(err)
	}
	var made struct {
		PIN string `json:"pin"`
	}
	contract := map[string]any{"customer": "gialli", "level": "extended", "language": "it", "valid_from": "2020-01-01T00:00:00Z", "remote_access": true, "after_hours": "ring"}
	if _, err := h.call(http.MethodPost, "/api/v1/contracts", contract, &made); err != nil {
		h.t.Fatal(err)
	}
	eventually(h.t, 3*time.Minute, "the name is spoken", func() error { // at the lowest priority, after names of the demo: a busy machine takes its time
		status, err := h.call(http.MethodGet, "/api/v1/customers/gialli/spoken?lang=it", nil, &name)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
	return made.PIN, name
}
