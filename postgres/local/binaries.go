package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const oldest = 13 // major version that is still supported by its makers

// binaries chooses the folder of initdb and postgres: the newest version installed, or the one of the cluster in dir.
func binaries(dir string, installed map[int]string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		for _, major := range slices.Backward(sortedKeys(installed)) {
			if major >= oldest {
				return installed[major], nil
			}
		}
		return "", fmt.Errorf("%w: run apt install postgresql, or set DATABASE_URL to a database of yours", ErrNotInstalled)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrFolder, err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return "", fmt.Errorf("%w: %s in %s holds %q", ErrVersion, versionFile, dir, text)
	}
	if bin, ok := installed[major]; ok {
		return bin, nil
	}
	if len(installed) == 0 {
		return "", fmt.Errorf("%w: run apt install postgresql-%d, or set DATABASE_URL to a database of yours", ErrNotInstalled, major)
	}
	return "", fmt.Errorf("%w: %s is of version %d, installed is %s; run apt install postgresql-%d, or dump it with that version's pg_dump and restore it into a new --data folder",
		ErrVersion, dir, major, names(installed), major)
}

// find lists installed servers by major version.
func find() map[int]string {
	var folders []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin"} {
		list, _ := filepath.Glob(pattern) // the patterns are right
		folders = append(folders, list...)
	}
	if said, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(said)))
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	found := map[int]string{}
	for _, bin := range folders {
		if major, ok := version(bin); ok && found[major] == "" {
			found[major] = bin
		}
	}
	return found
}

var majorOf = regexp.MustCompile(`PostgreSQL\) (\d+)`)

// version asks a folder's server which one it is.
func version(bin string) (int, bool) {
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return 0, false
	}
	said, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return 0, false
	}
	m := majorOf.FindSubmatch(said)
	if m == nil {
		return 0, false
	}
	major, err := strconv.Atoi(string(m[1]))
	return major, err == nil
}

func sortedKeys(m map[int]string) []int {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func names(m map[int]string) string {
	var list []string
	for _, k := range sortedKeys(m) {
		list = append(list, strconv.Itoa(k))
	}
	return strings.Join(list, ", ")
}
