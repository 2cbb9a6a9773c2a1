// Package config is the one configuration file: strict, with complaints that name line, field and remedy.
package config

import (
	"net/netip"
	"time"

	"hotline/prompts"
	"hotline/sla"
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
	// Language is spoken where neither the number dialled nor a contract says otherwise.
	Language prompts.Language `yaml:"language"`
	// Languages are spoken by the number that was dialled.
	Languages  map[string]prompts.Language `yaml:"languages"`
	Outgoing   Outgoing                    `yaml:"outgoing"`
	Escalation Escalation                  `yaml:"escalation"`
	LogLevel   string                      `yaml:"log_level"` // debug, info, warn or error
}

// SIP is the signalling.
type SIP struct {
	Listen   []netip.AddrPort `yaml:"listen"`    // each served on UDP and TCP
	PublicIP netip.Addr       `yaml:"public_ip"` // shown to everybody but loopback, behind a one-to-one NAT
	Accept   Accept           `yaml:"accept"`
	Trunks   []Trunk          `yaml:"trunks"`
	Phones   []Network        `yaml:"phones"` // networks of the house's own telephones
	MaxCalls int              `yaml:"max_calls"`
}

// Accept says whose INVITEs are taken.
type Accept string

// By default only trunks, own phones and loopback may call; anyone opens the line.
const (
	AcceptKnown  Accept = "known"
	AcceptAnyone Accept = "anyone"
)

// Trunk is a carrier.
type Trunk struct {
	Name         string    `yaml:"name"`
	Addresses    []Network `yaml:"addresses"`     // where its INVITEs come from
	Proxy        string    `yaml:"proxy"`         // where calls through it are sent, sip:host:port;transport=udp|tcp; empty: none are
	CallerNumber string    `yaml:"caller_number"` // shown by calls through it
}

// RTP is the sound.
type RTP struct {
	Ports Ports `yaml:"ports"`
}

// HTTP is the staff's API and /metrics.
type HTTP struct {
	Listen netip.AddrPort `yaml:"listen"`
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

// Outgoing limits what the line may cost: numbers are dialled only below these prefixes and within these budgets. SIP
// addresses of own phones are free.
type Outgoing struct {
	Prefixes []string `yaml:"prefixes"`
	PerHour  int      `yaml:"per_hour"`
	PerDay   int      `yaml:"per_day"`
}

// Escalation is how long the search for a human waits.
type Escalation struct {
	Ring    time.Duration `yaml:"ring"`     // one telephone rings so long
	Dead    time.Duration `yaml:"dead"`     // no response at all
	Key     time.Duration `yaml:"key"`      // after the brief's first end: no key is a pass
	LegLost time.Duration `yaml:"leg_lost"` // an engineer's leg that drops so soon after the join sends the caller back to the chain
	Silence time.Duration `yaml:"silence"`  // a joined leg without a packet for so long is lost
	Rounds  int           `yaml:"rounds"`   // how often the chain is called
}

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		SIP: SIP{
			Listen: []netip.AddrPort{
				netip.AddrPortFrom(netip.IPv4Unspecified(), 5060), netip.AddrPortFrom(netip.IPv6Unspecified(), 5060),
			},
			Accept: AcceptKnown, MaxCalls: 500,
		},
		RTP:        RTP{Ports: Ports{First: 10000, Last: 19999}},
		HTTP:       HTTP{Listen: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 8080)},
		Calendar:   sla.OfficeHours,
		Language:   prompts.Italian,
		Outgoing:   Outgoing{PerHour: 60, PerDay: 300},
		Escalation: Escalation{Ring: 20 * time.Second, Dead: 4 * time.Second, Key: 15 * time.Second, LegLost: 30 * time.Second, Silence: 10 * time.Second, Rounds: 2},
		LogLevel:   "info",
	}
}
