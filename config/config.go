// Package config is the one configuration file: strict, with complaints that name line, field and remedy. Command hotline
// loads it, and package app is built from it.
package config

import (
	"net/netip"
	"time"

	"hotline/numbers"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// Config is the whole configuration. Every field has a default (see Default), so that an empty file is a valid one.
// It is a value: whoever got it may keep and change it.
type Config struct {
	SIP        SIP            `yaml:"sip"`
	RTP        RTP            `yaml:"rtp"`
	HTTP       HTTP           `yaml:"http"`
	Data       string         `yaml:"data"` // folder of recordings, journal, cache and the private database; empty: the usual state folder
	Database   Database       `yaml:"database"`
	PINKeyFile string         `yaml:"pin_key_file"` // key of the PINs' hashes, outside the database; empty: pin.key in the data folder
	Operator   Operator       `yaml:"operator"`
	Calendar   sla.CalendarID `yaml:"calendar"` // the owner's own hours: when somebody is there for Support on Request
	Country    string         `yaml:"country"`  // of two letters: how numbers without an international prefix are meant
	// Language is spoken where neither the number dialled nor a contract says otherwise.
	Language prompts.Language `yaml:"language"`
	// Languages are spoken by the number that was dialled.
	Languages     map[string]prompts.Language `yaml:"languages"`
	Outgoing      Outgoing                    `yaml:"outgoing"`
	Escalation    Escalation                  `yaml:"escalation"`
	Mail          Mail                        `yaml:"mail"`
	Outbox        Outbox                      `yaml:"outbox"`
	Bridge        Bridge                      `yaml:"bridge"`
	Speech        Speech                      `yaml:"speech"`
	Recordings    Recordings                  `yaml:"recordings"`
	Transcription Transcription               `yaml:"transcription"`
	LogLevel      string                      `yaml:"log_level"` // debug, info, warn or error
	Portal        Portal                      `yaml:"portal"`
	Browser       Browser                     `yaml:"browser"`
	Alerts        Alerts                      `yaml:"alerts"`
	Audit         Audit                       `yaml:"audit"`
	Ladders       Ladders                     `yaml:"ladders"`
	Written       Written                     `yaml:"-"` // where it was read
}

// SIP is the signalling.
type SIP struct {
	Listen   []netip.AddrPort `yaml:"listen"` // each served on UDP and TCP
	Secure   []netip.AddrPort `yaml:"secure"` // each served by TLS; on a host of Listen
	TLS      TLS              `yaml:"tls"`
	PublicIP netip.Addr       `yaml:"public_ip"` // shown to everybody but loopback, behind a one-to-one NAT
	Accept   Accept           `yaml:"accept"`
	Trunks   []Trunk          `yaml:"trunks"`
	Phones   []Network        `yaml:"phones"`    // networks of the house's own telephones
	Accounts []Account        `yaml:"accounts"`  // own telephones elsewhere, which prove themselves
	MaxCalls int              `yaml:"max_calls"` // beside it the line refuses what this machine cannot hold
	Overflow string           `yaml:"overflow"`  // SIP address to which those beyond are sent on; empty: they get 503
	// TrustLoopback takes calls from this machine itself as one's own.
	TrustLoopback bool           `yaml:"trust_loopback"`
	SessionTimer  time.Duration  `yaml:"session_timer"` // that calls of ours ask for (RFC 4028)
	DNS           netip.AddrPort `yaml:"dns"`           // a name server of one's own for trunks; not set: the system's
	HEP           netip.AddrPort `yaml:"hep"`           // a tracing tool (Homer, sngrep) that gets a copy of every message
}

// TLS is the certificate that the line shows, and whom it believes.
type TLS struct {
	Certificate string `yaml:"certificate"` // PEM file, read again when it changes
	Key         string `yaml:"key"`         // PEM file
	Roots       string `yaml:"roots"`       // PEM file of the authorities that trunks are believed by; empty: the system's
	Insecure    bool   `yaml:"insecure"`    // believes every certificate of a trunk, for a first try
}

// Account is a name and a password.
type Account struct {
	User         string `yaml:"user"`
	Password     string `yaml:"password"`
	PasswordFile string `yaml:"password_file"` // a file that holds the password alone
}

// SRTP says whether a trunk's sound is encrypted (SDES, RFC 4568).
type SRTP string

// Off is plain RTP; optional takes what the other side can; required refuses calls without.
const (
	SRTPOff      SRTP = "off"
	SRTPOptional SRTP = "optional"
	SRTPRequired SRTP = "required"
)

// Accept says whose INVITEs are taken.
type Accept string

// By default only trunks, own phones and loopback may call; anyone opens the line.
const (
	AcceptKnown  Accept = "known"
	AcceptAnyone Accept = "anyone"
)

// Trunk is a carrier, a PBX or a gateway.
type Trunk struct {
	Name         string    `yaml:"name"`
	Addresses    []Network `yaml:"addresses"` // where its INVITEs come from, beside the addresses of its proxy
	Proxy        string    `yaml:"proxy"`     // where calls through it are sent, sip:host:port;transport=udp|tcp|tls; empty: none are
	Register     bool      `yaml:"register"`  // keep our address registered with it
	Registrar    string    `yaml:"registrar"` // where; empty: at the proxy
	Account      `yaml:",inline"`
	Realm        string        `yaml:"realm"`         // the only one whose challenges are answered; empty: the domain
	Domain       string        `yaml:"domain"`        // host of our address there; empty: the registrar's
	Expires      time.Duration `yaml:"expires"`       // life of a registration; 0: an hour
	KeepAlive    time.Duration `yaml:"keep_alive"`    // between two signs of life; 0: 30 s
	CallerNumber string        `yaml:"caller_number"` // shown by calls through it
	ShowCaller   bool          `yaml:"show_caller"`   // engineers see the customer's number, not the hotline's
	SRTP         SRTP          `yaml:"srtp"`          // empty: off
	From         string        `yaml:"from"`          // what our From names: user or number; empty: user where it registers, else number
	Dial         numbers.Way   `yaml:"dial"`          // how numbers are dialled through it; empty: e164
	Media        []Network     `yaml:"media"`         // where its sound may come from, beside the addresses that its descriptions name
	Dialled      string        `yaml:"dialled"`       // where its calls say which number was dialled; empty: auto
}

// RTP is the sound.
type RTP struct {
	Ports Ports `yaml:"ports"`
}

// HTTP is the staff's API and /metrics.
type HTTP struct {
	Listen netip.AddrPort `yaml:"listen"`
	OIDC   OIDC           `yaml:"oidc"`
}

// Database says where PostgreSQL is; with neither field set a private one is started in the data folder.
type Database struct {
	URL     string `yaml:"url"`
	URLFile string `yaml:"url_file"` // a file that holds the URL alone, so that a password need not stand here
}

// Operator is who answers key 0.
type Operator struct {
	Numbers  []string       `yaml:"numbers"`  // SIP addresses, or numbers through the trunk, in order
	Calendar sla.CalendarID `yaml:"calendar"` // empty: the owner's
}

// Outgoing limits what the line may cost. Numbers are dialled only below these prefixes. SIP addresses are dialled only if they
// are own telephones or stand in this list. Both stay within these budgets. Own telephones, which cost nothing, have ten times as
// many calls.
type Outgoing struct {
	Prefixes []string `yaml:"prefixes"`
	SIP      []string `yaml:"sip"` // whole SIP addresses, hosts, addresses or networks that may be dialled beside own telephones
	// Of tickets under contract.
	PerHour int `yaml:"per_hour"`
	PerDay  int `yaml:"per_day"`
	// Of callers without a contract, and as many again for key 0. They take nothing away from tickets under contract.
	RequestPerHour int `yaml:"request_per_hour"`
	RequestPerDay  int `yaml:"request_per_day"`
}

// Escalation is how long the search for a human waits.
type Escalation struct {
	Ring    time.Duration `yaml:"ring"`     // how long one telephone rings
	Dead    time.Duration `yaml:"dead"`     // no response at all
	Key     time.Duration `yaml:"key"`      // after the brief's first end: no key is a pass
	Talk    time.Duration `yaml:"talk"`     // customer and engineer have talked when both were heard for this long
	LegLost time.Duration `yaml:"leg_lost"` // of former versions, and without effect: a BYE ends a talk, everything else is a lost line
	Silence time.Duration `yaml:"silence"`  // a joined leg without a packet for this long is lost
	Rounds  int           `yaml:"rounds"`   // how often the chain is called
}

// Mail is how receipts, warnings and breaches go out in writing. Without a server none do.
type Mail struct {
	Server   string         `yaml:"server"`   // host:port
	Security MailEncryption `yaml:"security"` // empty: starttls
	Roots    string         `yaml:"roots"`    // PEM file of the authorities that the server is believed by; empty: the system's
	Account  `yaml:",inline"`
	From     string   `yaml:"from"`    // address of the sender, with or without a name
	Staff    []string `yaml:"staff"`   // addresses that `notify` in a level's alarms tells
	Manager  []string `yaml:"manager"` // addresses that `manager` tells, and those who hear that nobody was reached
	// Notify is what is told without any alarm: `unreached` to Manager (to Staff where there is none), the others to Staff.
	Notify []tickets.Update `yaml:"notify"`
	// Customers is what those are told of who wrote by mail, beside the receipt.
	Customers []tickets.Progress `yaml:"customers"`
	DKIM      DKIM               `yaml:"dkim"`
	Inbox     Inbox              `yaml:"inbox"`
}

// DKIM is how letters are signed; without a key file they are not.
type DKIM struct {
	Selector string `yaml:"selector"`
	KeyFile  string `yaml:"key_file"` // PEM
}

// Inbox is how mail is taken in: by a listener, from a mailbox, or both. Without either none is.
type Inbox struct {
	Listen    netip.AddrPort `yaml:"listen"`    // SMTP; STARTTLS by the certificate of sip.tls
	Address   string         `yaml:"address"`   // to which customers write
	Name      string         `yaml:"name"`      // of this machine, as it greets; empty: the address's domain
	Domains   []string       `yaml:"domains"`   // of this house, beside the address's: what comes from there is a machine's
	Relays    []Network      `yaml:"relays"`    // the house's own mail servers, which are not limited
	Megabytes int            `yaml:"megabytes"` // of one mail
	Verify    bool           `yaml:"verify"`    // DKIM, SPF and DMARC are asked of the name server
	Scanner   []string       `yaml:"scanner"`   // a program and its arguments, which looks at {file}
	IMAP      IMAP           `yaml:"imap"`      // a mailbox that is read
}

// Takes tells whether mail is taken in.
func (i Inbox) Takes() bool { return i.Listen.IsValid() || i.IMAP.Server != "" }

// IMAP is a mailbox at a mail server.
type IMAP struct {
	Server   string         `yaml:"server"`   // host:port; empty: none is read
	Security MailEncryption `yaml:"security"` // empty: tls
	Roots    string         `yaml:"roots"`    // PEM file of the authorities that the server is believed by; empty: the system's
	Account  `yaml:",inline"`
	Folder   string `yaml:"folder"` // empty: INBOX
	Done     string `yaml:"done"`   // folder to which mails go that were taken; empty: they stay, and are marked
}

// Outbox is what goes out to other systems by HTTP. Endpoints are documents of the API.
type Outbox struct {
	Private []Network `yaml:"private"` // beside public addresses, which are reached by https alone
	Push    Push      `yaml:"push"`
}

// Push is web push to browsers of the staff (docs/outbox.md). Without a contact no browser is told.
type Push struct {
	Contact string `yaml:"contact"`  // how the people of a push service reach the house: an address of e-mail, or of a page by https
	KeyFile string `yaml:"key_file"` // by which push services know the house; empty: push.key in the data folder. It is made where it is missing
	Names   bool   `yaml:"names"`    // the customer's name may stand on a locked screen
}

// Portal is the customers' pages at /portal. Without an address they are closed.
type Portal struct {
	URL string `yaml:"url"` // as customers reach it, without /portal: https://support.example.org
	// Notice is the owner's notice about recordings and data, by language. Callers hear a sentence besides.
	Notice map[prompts.Language]string `yaml:"notice"`
}

// MailEncryption is how the connection to the mail server is protected.
type MailEncryption string

// starttls: in clear until STARTTLS, and never without it. tls: encrypted from the beginning. none: in clear, for a server on
// this machine.
const (
	MailStartTLS MailEncryption = "starttls"
	MailTLS      MailEncryption = "tls"
	MailPlain    MailEncryption = "none"
)

// Recordings are callers' messages, as they lie on the disk.
type Recordings struct {
	Encrypt bool   `yaml:"encrypt"`  // with AES-256-GCM
	KeyFile string `yaml:"key_file"` // one key a line, the first one writes; empty: recordings.key in the data folder
	// KeepDays is for how many days recordings are kept, unless their contract says otherwise; 0: until somebody erases them.
	KeepDays int `yaml:"keep_days"`
	// RefusedTalks is what becomes of what was recorded of a talk until somebody refused it by key.
	RefusedTalks RefusedTalks `yaml:"refused_talks"`
}

// RefusedTalks is a policy for the recording of a talk that somebody refuses in its middle.
type RefusedTalks string

// The policies.
const (
	KeepRefused   RefusedTalks = "keep" // what was agreed to stays, and is erased by hand or by its term as any other
	DeleteRefused RefusedTalks = "delete"
)

// Audit is the record of who changed what.
type Audit struct {
	KeepDays int `yaml:"keep_days"` // for how many days records are kept; 0: for ever
}

// Ladders are the messages of calls, as the page of a call shows them.
type Ladders struct {
	KeepDays int `yaml:"keep_days"` // for how many days they are kept; 0: as long as the record of the call
}

// Speech is the voice that says free text, such as customers' names, in the language of who listens.
type Speech struct {
	Driver  SpeechDriver                `yaml:"driver"`
	Voices  map[prompts.Language]string `yaml:"voices"`   // by language, as the driver calls them
	Timeout time.Duration               `yaml:"timeout"`  // of one text
	Command []string                    `yaml:"command"`  // of driver command: a program and its arguments, run without a shell
	URL     string                      `yaml:"url"`      // of driver http
	Model   string                      `yaml:"model"`    // of driver http
	KeyFile string                      `yaml:"key_file"` // of driver http: a file that holds the bearer token alone; empty: none
	// RecordingLine is where what the line says is replaced by telephone.
	RecordingLine RecordingLine `yaml:"recording_line"`
}

// RecordingLine is a number of the line that engineers call to replace what callers hear.
type RecordingLine struct {
	Number    string   `yaml:"number"`    // as it is dialled; empty: there is none
	Engineers []string `yaml:"engineers"` // who may, by their ids
}

// SpeechDriver is the way to a voice.
type SpeechDriver string

// No voice, a program of this machine, or a server that speaks OpenAI's /v1/audio/speech.
const (
	SpeechNone    SpeechDriver = "none"
	SpeechCommand SpeechDriver = "command"
	SpeechHTTP    SpeechDriver = "http"
)

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		SIP: SIP{
			Listen: []netip.AddrPort{
				netip.AddrPortFrom(netip.IPv4Unspecified(), 5060), netip.AddrPortFrom(netip.IPv6Unspecified(), 5060),
			},
			Accept: AcceptKnown, MaxCalls: 2000, TrustLoopback: true, SessionTimer: 30 * time.Minute,
		},
		RTP:        RTP{Ports: Ports{First: 10000, Last: 19999}},
		HTTP:       HTTP{Listen: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 8080)},
		Calendar:   sla.OfficeHours,
		Country:    "IT",
		Language:   prompts.Italian,
		Outgoing:   Outgoing{PerHour: 60, PerDay: 300, RequestPerHour: 12, RequestPerDay: 60},
		Escalation: Escalation{Ring: 20 * time.Second, Dead: 4 * time.Second, Key: 15 * time.Second, Talk: 5 * time.Second, Silence: 10 * time.Second, Rounds: 2},
		Mail: Mail{
			Security: MailStartTLS, Notify: tickets.Updates(),
			Customers: []tickets.Progress{tickets.ProgressTaken, tickets.ProgressIntervention, tickets.ProgressAsked, tickets.ProgressRestored, tickets.ProgressClosed},
			Inbox:     Inbox{Megabytes: 20, Verify: true, IMAP: IMAP{Security: MailTLS, Folder: "INBOX"}},
		},
		Transcription: Transcription{Driver: TranscriptionNone, Timeout: 5 * time.Minute, Rate: 16000},
		Speech: Speech{
			Driver: SpeechCommand, Timeout: 10 * time.Second, Command: []string{"pico2wave", "--lang={voice}", "--wave={file}", "{text}"},
			Voices: map[prompts.Language]string{prompts.Italian: "it-IT", prompts.English: "en-GB", prompts.German: "de-DE", prompts.French: "fr-FR", prompts.Spanish: "es-ES"},
		},
		Recordings: Recordings{Encrypt: true, RefusedTalks: KeepRefused},
		Ladders:    Ladders{KeepDays: 90},
		Browser:    Browser{Calls: 10, PerContract: 2},
		Bridge:     Bridge{Name: "main", Group: "Users", Files: "link", Poll: 5 * time.Minute, AlarmAfter: 15 * time.Minute},
		LogLevel:   "info",
	}
}
