package agent_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hotline/agent"
	"hotline/agent/protocol"
)

func TestAnAgentsFileIsCheckedWithItsLines(t *testing.T) {
	token := protocol.NewToken([]byte("house"), "plant", 1).String()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "token"), []byte(token+"\n"), 0o600))
	for text, want := range map[string]string{
		"server: https://hotline.example\ntoken: " + token: "",
		"server: http://127.0.0.1:8080\ntoken_file: token\nheartbeat: k3v9\nstate: here\nchecks:\n  - {id: erp, kind: tcp, target: 'erp:9000'}\n": "",
		"":                                  "the file is empty",
		"server: https://hotline.example\n": "token: write the token here",
		"server: https://hotline.example\ntoken: x\n":                                                           "token: this is no token of an agent",
		"server: https://hotline.example\ntoken_file: none\n":                                                   "token_file: open",
		"server: hotline.example\ntoken: " + token:                                                              `server: "hotline.example" is no address`,
		"server: https://hotline.example\ntoken: " + token + "\ncolour: red":                                    "line 3: there is no setting colour",
		"server: https://hotline.example\nserver: https://b.example\ntoken: " + token:                           `line 2: "server" stands here twice`,
		"server: https://hotline.example\ntoken: " + token + "\nheartbeat: https://hotline.example/ping/k":      "heartbeat: write the key alone",
		"server: https://hotline.example\ntoken: " + token + "\nchecks: [{id: erp, kind: ping, target: a}]":     `checks[0].kind: "ping" is none`,
		"server: https://hotline.example\ntoken: " + token + "\nchecks: [{id: erp, kind: tcp, failures: many}]": `"many" cannot stand here`,
		"\tserver": "line 1",
	} {
		name := filepath.Join(dir, "agent.yaml")
		must(t, os.WriteFile(name, []byte(text), 0o600))
		f, err := agent.ReadFile(name)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "agent.yaml: ")):
			t.Errorf("%q: %v, want %q", text, err, want)
		case want == "" && !strings.HasPrefix(f.State, dir):
			t.Errorf("its folder is %s", f.State)
		}
	}
	if _, err := agent.ReadFile(filepath.Join(dir, "none.yaml")); err == nil || !strings.Contains(err.Error(), "--config FILE names another one") {
		t.Errorf("a file that is not there: %v", err)
	}
	t.Setenv("STATE_DIRECTORY", "/var/lib/hotline-agent")
	must(t, os.WriteFile(filepath.Join(dir, "agent.yaml"), []byte("server: https://hotline.example\ntoken: "+token), 0o600))
	must(t, os.Chmod(filepath.Join(dir, "agent.yaml"), 0o604))
	f, err := agent.ReadFile(filepath.Join(dir, "agent.yaml"))
	must(t, err)
	if f.State != "/var/lib/hotline-agent" || !agent.Exposed(filepath.Join(dir, "agent.yaml")) || agent.Exposed(filepath.Join(dir, "token")) {
		t.Errorf("under systemd its folder is %s", f.State)
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte("server: https://hotline.example\ntoken: plant.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"))
	f.Add([]byte("checks:\n  - {id: erp, kind: tcp, target: 'erp:9000'}\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := agent.ParseFile(text)
		if err == nil && (file.Server == "" || (file.Token == "") == (file.TokenFile == "")) {
			t.Errorf("%q is read as %+v", text, file)
		}
	})
}
