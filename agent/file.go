package agent

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"hotline/agent/protocol"
	"hotline/secretfile"
	"hotline/strictyaml"
)

// File is the agent's own file at the installation: where its server is, and who it is. Checks may stand in it too, which are those of the
// people of the installation; where the server has one of the same id, that one is made.
type File struct {
	Server    string           `yaml:"server"`     // such as https://hotline.example
	Token     string           `yaml:"token"`      // of POST /api/v1/agents/ID/token
	TokenFile string           `yaml:"token_file"` // a file that has it, in the place of token
	Heartbeat string           `yaml:"heartbeat"`  // key of the heartbeat for which it asks every minute; empty: for none
	State     string           `yaml:"state"`      // folder of its own; empty: beside the file, or the one that systemd gives
	Checks    []protocol.Check `yaml:"checks"`

	token  protocol.Token
	server *url.URL
}

// fileMost is how many octets a file has.
const fileMost = 256 << 10

// Wrong are the complaints about a file. As an error it is one line for each.
type Wrong []string

func (w Wrong) Error() string { return strings.Join(w, "\n") }

// ReadFile reads an agent's file. The error is Wrong where the file can be read but is wrong.
func ReadFile(name string) (File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return File{}, fmt.Errorf("reading the agent's configuration: %w; --config FILE names another one", err)
	}
	f, err := ParseFile(text)
	var wrong Wrong
	if err != nil && !errors.As(err, &wrong) {
		return f, fmt.Errorf("%s: %w", name, err)
	}
	if f.TokenFile != "" && f.Token == "" {
		if !filepath.IsAbs(f.TokenFile) {
			f.TokenFile = filepath.Join(filepath.Dir(name), f.TokenFile)
		}
		secret, err := secretfile.Word(f.TokenFile)
		if err == nil {
			f.token, err = protocol.ParseToken(secret)
		}
		if err != nil {
			wrong = append(wrong, "token_file: "+err.Error())
		}
	}
	for n, w := range wrong {
		wrong[n] = name + ": " + w
	}
	if len(wrong) > 0 {
		return f, wrong
	}
	switch given := os.Getenv("STATE_DIRECTORY"); { // systemd.exec(5)
	case f.State != "" && !filepath.IsAbs(f.State):
		f.State = filepath.Join(filepath.Dir(name), f.State)
	case f.State == "" && given != "":
		f.State = given
	case f.State == "":
		f.State = filepath.Join(filepath.Dir(name), "hotline-agent")
	}
	return f, nil
}

// ParseFile reads the text of an agent's file. The error is Wrong where it can be read but is wrong.
func ParseFile(text []byte) (f File, err error) {
	if len(text) > fileMost {
		return f, fmt.Errorf("the file is larger than %d octets", fileMost)
	}
	if err := strictyaml.Decode(text, &f); err != nil {
		return f, inWords(err)
	}
	var wrong Wrong
	if f.server, err = url.Parse(f.Server); err != nil || f.server.Scheme != "http" && f.server.Scheme != "https" || f.server.Hostname() == "" || f.server.User != nil {
		wrong = append(wrong, fmt.Sprintf("server: %.100q is no address; write it as https://hotline.example", f.Server))
	}
	switch {
	case (f.Token == "") == (f.TokenFile == ""):
		wrong = append(wrong, "token: write the token here, or the file that has it as token_file; POST /api/v1/agents/ID/token gives one")
	case f.Token != "":
		if f.token, err = protocol.ParseToken(f.Token); err != nil {
			wrong = append(wrong, "token: "+err.Error())
		}
	}
	if strings.ContainsAny(f.Heartbeat, "/:?# ") || len(f.Heartbeat) > 64 {
		wrong = append(wrong, "heartbeat: write the key alone, without the address before it")
	}
	for _, w := range (protocol.Configuration{Checks: f.Checks}).Check() {
		wrong = append(wrong, w.Error())
	}
	if len(wrong) > 0 {
		return f, wrong
	}
	return f, nil
}

// inWords says what YAML refused.
func inWords(err error) error {
	if errors.Is(err, strictyaml.ErrEmpty) {
		return Wrong{"the file is empty; docs/agent.md shows what stands in it"}
	}
	var wrong Wrong
	for _, f := range strictyaml.Faults(err) {
		at := fmt.Sprintf("line %d: ", f.Line)
		switch f.Kind {
		case strictyaml.UnknownField:
			wrong = append(wrong, at+"there is no setting "+f.Name)
		case strictyaml.Twice:
			wrong = append(wrong, at+f.Name+" stands here twice")
		case strictyaml.WrongType:
			wrong = append(wrong, fmt.Sprintf("%s%.60q cannot stand here", at, f.Value))
		default:
			wrong = append(wrong, at+f.Text)
		}
	}
	if len(wrong) == 0 {
		return err
	}
	return wrong
}

// Exposed tells whether others than the owner and his group may read an agent's file.
func Exposed(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().Perm()&0o007 != 0
}
