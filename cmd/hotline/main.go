// Command hotline answers a company's support telephone. Here are flags, environment, signals and the exit code; the
// program itself is package app.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // zones of the calendars, on machines without a copy of their own

	"github.com/alecthomas/kong"

	"hotline/intake/format"
	"hotline/prompts"
)

// commands is the command line; every flag is an environment variable too: --rtp-ports is HOTLINE_RTP_PORTS.
type commands struct {
	Serve serve    `cmd:"" help:"Answer the telephone."`
	Demo  demo     `cmd:"" help:"Show one blocking call over real sockets, then stay up for a telephone of yours."`
	Call  call     `cmd:"" help:"Call a SIP address with the built-in telephone."`
	Load  loadLine `cmd:"" help:"Call a SIP address very many times, and measure what the line makes of it."`
	Say   say      `cmd:"" help:"Speak a text in the voice that says customers' names, into a file."`
	Try   tryFlow  `cmd:"" help:"Have the conversation in the terminal; nothing is kept."`

	Doctor doctor `cmd:"" help:"What is not well with the running program, what to do, and who may not be reached; fails where there is something."`

	Version version `cmd:"" help:"Print the version, the commit and its date."`

	Config struct {
		Check configCheck `cmd:"" help:"Check a configuration file."`
	} `cmd:"" help:"The configuration file."`
	Flow struct {
		Check flowCheck `cmd:"" help:"Check a flow: is every step reachable, every prompt spoken, a human or a recording always in reach?"`
	} `cmd:"" help:"What callers hear and press."`
	SLA struct {
		Explain explain `cmd:"" help:"Where every minute of a ticket's clocks went."`
		DryRun  dryRun  `cmd:"" name:"dry-run" help:"What a request would be promised, without a ticket."`
	} `cmd:"" name:"sla" help:"The clocks."`
	Report report `cmd:"" help:"A month by contract, level and category, as the running program makes it."`

	Calendar struct {
		Import calendarImport `cmd:"" help:"Add the closures of an iCalendar file to a calendar."`
	} `cmd:"" help:"Working hours and holidays."`
	Oncall struct {
		Check  onCallCheck  `cmd:"" help:"Name the gaps ahead, and those on call whose telephone is not proven; fails where there are any."`
		Who    onCallWho    `cmd:"" help:"Who is on call at an instant, and who would be rung."`
		Replay onCallReplay `cmd:"" help:"Run the past nights through a changed rota or policy: who would have been rung when, and who not."`
	} `cmd:"" help:"Rotas and escalation policies."`
	installedSystems `embed:""`
	Mail             struct {
		Test mailTest `cmd:"" help:"Send a letter of no consequence through the configured mail server."`
	} `cmd:"" help:"Receipts, warnings and breaches in writing."`

	Token struct {
		Add    tokenAdd    `cmd:"" help:"Make an API token; it is printed once."`
		List   tokenList   `cmd:"" help:"List the names of the API tokens."`
		Remove tokenRemove `cmd:"" help:"End an API token at once."`
	} `cmd:"" help:"Tokens of the API."`
	User struct {
		Add     userAdd     `cmd:"" help:"Make a user of the staff's pages; the password is printed once."`
		Reset   userReset   `cmd:"" help:"Give a user a new password, which is printed once; all their sessions end."`
		Disable userDisable `cmd:"" help:"Keep a user from logging in; all their sessions end at once."`
		List    userList    `cmd:"" help:"List the users of the staff's pages."`
	} `cmd:"" help:"Who may use the staff's pages."`
	Recording struct {
		Decrypt recordingDecrypt `cmd:"" help:"Write a ticket's recordings, or one of them, as WAV files; on the machine that has the key."`
	} `cmd:"" help:"What callers said."`
	Trunk struct {
		Status trunkStatus `cmd:"" help:"Tell of each trunk whether it is registered or reachable, since when, and what is wrong."`
		Test   trunkTest   `cmd:"" help:"Ring a telephone by a trunk, ask for key 1, and tell which number the trunk let the call show."`
	} `cmd:"" help:"The carriers that the line is connected to."`
}

// installedSystems are the commands of what stands at customers'.
type installedSystems struct {
	Alerts struct {
		Try alertsTry `cmd:"" help:"Read a message of a monitoring system, and say for each alert what would be done; nothing is opened."`
	} `cmd:"" help:"What installed systems report."`
	Agent   watching `cmd:"" help:"Watch an installed system for hotline: heartbeat, disks, processes, services, certificates."`
	Release struct {
		Add releaseAdd `cmd:"" help:"Say that a version of a product was published: it is the newest from now on."`
	} `cmd:"" help:"Evo Support: which versions there are."`
}

// streams is where a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// errFailed is a command that has said already what is wrong.
var errFailed = errors.New("failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run parses the command line and gives the exit code: 0 done, 1 failed, 2 misused.
func run(ctx context.Context, args []string, s streams) int {
	var c commands
	code := -1
	parser, err := kong.New(&c,
		kong.Name("hotline"), kong.Description("A company's support telephone: PIN, ticket, clocks, and a human who presses accept."),
		kong.DefaultEnvars("HOTLINE"), kong.Writers(s.out, s.err), kong.Exit(func(n int) { code = n }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s), kong.UsageOnError(), languages(),
	)
	if err != nil {
		fmt.Fprintln(s.err, "hotline:", err)
		return 2
	}
	chosen, err := parser.Parse(args)
	if code >= 0 { // help was asked for
		return code
	}
	if err != nil {
		fmt.Fprintf(s.err, "hotline: %v; see %s --help\n", err, misused(err))
		return 2
	}
	switch err := chosen.Run(); {
	case errors.Is(err, errFailed):
		return 1
	case err != nil:
		fmt.Fprintln(s.err, "hotline:", strings.TrimSpace(err.Error())+remedy(err))
		return 1
	}
	return 0
}

// remedy is what to do about an error of the operating system, whichever command met it: its own words tell what happened, and to what
// file. Who listens at a port says by itself what to do where it is taken.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "; make room on that disk, then run this again"
	case errors.Is(err, fs.ErrPermission):
		return "; run this as the user whose file it is: for the data folder, the one that the service runs as"
	case errors.Is(err, syscall.EROFS):
		return "; name a place that can be written"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return "; a file is where a folder should be, or the other way round: name another place"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "; raise the limit of open files (ulimit -n, LimitNOFILE), then run this again"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "; this machine does not have that address: name one that it has"
	}
	return ""
}

// misused is the command that was misused, as it is written.
func misused(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		return parse.Context.Selected().FullPath()
	}
	return "hotline"
}

// languages are those that the line speaks and those that are written, for the flags that take one.
func languages() kong.Vars {
	codes := func(languages []prompts.Language, between string) string {
		var list []string
		for _, lang := range languages {
			list = append(list, string(lang))
		}
		return strings.Join(list, between)
	}
	return kong.Vars{
		"formats":   strings.Join(format.Names(), ", "),
		"languages": codes(prompts.Languages(), ","), "language_names": codes(prompts.Languages(), ", "),
		"written": codes(prompts.Written(), ","), "written_names": codes(prompts.Written(), " or "),
	}
}
