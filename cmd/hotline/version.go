package main

import (
	"fmt"
	"runtime/debug"
)

// version is `hotline version`.
type version struct{}

// Run prints the version, the commit, the commit's date and the Go release, as the build recorded them.
func (version) Run(io streams) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("reading the version: this binary carries no build information; build it with `make build`")
	}
	fmt.Fprintln(io.out, describe(info))
	return nil
}

// describe puts build information into one line: hotline v1.2.0 commit 0123456789ab of 2026-11-28T10:00:00Z, go1.26.8.
// A build outside a git checkout has no commit.
func describe(info *debug.BuildInfo) string {
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "development"
	}
	line := "hotline " + version
	if commit := set["vcs.revision"]; commit != "" {
		line += " commit " + commit[:min(12, len(commit))] + " of " + set["vcs.time"]
	} else {
		line += " without a commit"
	}
	if set["vcs.modified"] == "true" {
		line += " with changes that were not committed"
	}
	return line + ", " + info.GoVersion
}
