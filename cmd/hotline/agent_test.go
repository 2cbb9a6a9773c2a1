package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hotline/agent/protocol"
)

func TestTheAgentTellsWhatIsWrongBeforeItStarts(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	token := protocol.NewToken([]byte("house"), "plant", 1).String()
	sound := file("sound.yaml", "server: http://127.0.0.1:1\ntoken: "+token+"\nchecks: [{id: root, kind: disk, target: /, free_percent: 1}, {id: erp, kind: tcp, target: '127.0.0.1:1'}]\n")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"agent", "--help"}, 0, "Make every check once"},
		{[]string{"agent", "check", sound}, 0, "sound.yaml is sound: 2 checks of its own, and those of http://127.0.0.1:1"},
		{[]string{"agent", "check", file("wrong.yaml", "server: x\ntoken: y\ncolour: red\n")}, 1, "wrong.yaml: line 3: there is no setting colour"},
		{[]string{"agent", "check", file("empty.yaml", "")}, 1, "the file is empty"},
		{[]string{"agent", "check"}, 2, "expected \"<file>\""},
		{[]string{"agent", "--config", filepath.Join(dir, "none.yaml")}, 1, "--config FILE names another one"},
		{[]string{"agent", "--config", sound, "--once"}, 1, "FAILS  erp   tcp   127.0.0.1:1: the connection was refused: nothing listens there\nwell   root  disk  /\n"},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), c.args, streams{nil, &out, &out}); code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: code %d, want %d, and %q in\n%s", c.args, code, c.code, c.want, out.String())
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 3 {
		t.Errorf("a look left %v behind, %v", left, err)
	}
}
