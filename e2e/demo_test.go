package e2e_test

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// TestTheDemoHoldsWhatItPromisesAndNoticesWhatIsSpoiled runs `hotline demo --once`, sound and spoiled in each way.
func TestTheDemoHoldsWhatItPromisesAndNoticesWhatIsSpoiled(t *testing.T) {
	t.Parallel()
	for _, sabotage := range []string{"", "recording", "audio", "history"} {
		t.Run("sabotage "+sabotage, func(t *testing.T) {
			t.Parallel()
			args := []string{"demo", "--once", "--data", dataFolder(t)}
			if sabotage != "" {
				args = append(args, "--sabotage="+sabotage)
			}
			cmd := exec.Command(program(), args...)
			cmd.Env = cleanEnvironment()
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			err := cmd.Run()
			var exit *exec.ExitError
			switch {
			case sabotage == "" && err != nil:
				t.Errorf("the demo failed: %v\n%s", err, tail(out.String(), 6000))
			case sabotage != "" && (!errors.As(err, &exit) || exit.ExitCode() != 1):
				t.Errorf("spoiling the %s ended with %v, want exit 1\n%s", sabotage, err, tail(out.String(), 6000))
			case sabotage != "" && !strings.Contains(out.String(), "FAIL"):
				t.Errorf("spoiling the %s was not noticed by a check\n%s", sabotage, tail(out.String(), 6000))
			}
		})
	}
}
