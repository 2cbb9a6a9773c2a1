// Package sdp reads the session descriptions of telephones (RFC 4566), agrees on terms with them (RFC 3264), and writes ours.
//
// It speaks G.711 over RTP, plain or encrypted by keys in the description (SDES, RFC 4568), with telephone-events for keys.
// It reads as leniently as telephones write: only what nobody could speak without is an error. package media calls it for
// each offer and answer; [Summary] is for the log.
//
//	description.go  reading a description
//	address.go      where the other side wants its sound, and whether we may send there
//	crypto.go       keys of encryption in a description
//	terms.go        what both sides agree on
//	local.go        our own descriptions
//	summary.go      a description in one line of the log
package sdp
