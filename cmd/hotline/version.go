package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"time"

	"hotline/app/database"
	"hotline/evosupport"
	"hotline/limits"
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

// releaseAdd is `hotline release add`.
type releaseAdd struct {
	settings
	Product string `arg:"" help:"Of which product, as installations name it: small letters, digits, dots and dashes."`
	Version string `arg:"" help:"The version, such as 8.1."`
	Note    string `help:"What is new, for people." placeholder:"TEXT"`
}

var productID = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,62}$`)

// Run writes the version down as the newest.
func (r *releaseAdd) Run(ctx context.Context, io streams) error {
	if !productID.MatchString(r.Product) {
		return fmt.Errorf("%q is no product: use small letters, digits, dots and dashes, such as pbx", limits.OneLine(r.Product, 60))
	}
	name := limits.OneLine(r.Version, 60)
	if name == "" || name != r.Version {
		return errors.New("a version is one line of at most 60 characters, such as 8.1")
	}
	c, err := r.program(io)
	if err != nil {
		return err
	}
	if err := database.AddRelease(ctx, c, r.Product, evosupport.Release{Name: name, At: time.Now().UTC().Truncate(time.Second), Note: limits.Plain(r.Note, 4000)}); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s %s is the newest version\n", r.Product, name)
	return nil
}
