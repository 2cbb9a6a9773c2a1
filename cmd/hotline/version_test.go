package main

import (
	"regexp"
	"runtime/debug"
	"testing"
)

func TestTheVersionNamesTheCommitItsDateAndWhetherSomethingWasChanged(t *testing.T) {
	at := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	commit, date := at("vcs.revision", "0123456789abcdef0123"), at("vcs.time", "2026-11-28T10:00:00Z")
	for _, c := range []struct {
		name, version string
		settings      []debug.BuildSetting
		want          string
	}{
		{"a release", "v1.2.0", []debug.BuildSetting{commit, date, at("vcs.modified", "false")}, "hotline v1.2.0 commit 0123456789ab of 2026-11-28T10:00:00Z, go1.26.8"},
		{"an edited checkout", "(devel)", []debug.BuildSetting{commit, date, at("vcs.modified", "true")}, "hotline development commit 0123456789ab of 2026-11-28T10:00:00Z with changes that were not committed, go1.26.8"},
		{"a source archive", "", nil, "hotline development without a commit, go1.26.8"},
	} {
		info := &debug.BuildInfo{GoVersion: "go1.26.8", Settings: c.settings}
		info.Main.Version = c.version
		if got := describe(info); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if code, text := said(t, "version"); code != 0 || !regexp.MustCompile(`^hotline \S+ .*, go1\.\d+`).MatchString(text) {
		t.Errorf("hotline version: %d %q", code, text)
	}
}
