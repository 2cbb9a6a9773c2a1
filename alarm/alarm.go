// Package alarm names what the operator of the line must hear of at once. The program writes each alarm to its log as a line
// with ALARM, its kind and a text.
package alarm

// Kind says what an alarm is about. The operator's tools filter the log by it, so a kind never changes its spelling.
type Kind string

// The kinds of alarms.
const (
	Breach    Kind = "breach"          // a clock of a ticket ran out
	Warning   Kind = "warning"         // a clock of a ticket is about to run out
	Unreached Kind = "unreached"       // the engineers on duty were called, and nobody accepted
	RotaGap   Kind = "rota_gap"        // nobody is on duty
	Telephone Kind = "telephone"       // the line may not dial a telephone of an engineer
	Outgoing  Kind = "outgoing"        // a cap of outgoing calls is half spent, or all spent
	WrongPINs Kind = "wrong-pins"      // many wrong PINs came under a customer's numbers, or under unknown ones
	Guessed   Kind = "wrong-passwords" // many wrong passwords came for an account of the house's own telephones
	NoTicket  Kind = "no-ticket"       // no ticket could be opened for a call
	Mail      Kind = "mail"            // a letter was given up
	Notify    Kind = "notify"          // what would be in a letter, where there is no mail server
	Bridge    Kind = "bridge"          // tickets have not followed in the other ticket system for long
	Journal   Kind = "journal"         // the journal is damaged, or the database refuses a change that stays in it
	Numbers   Kind = "numbers"         // the file of ticket numbers is damaged
	Disk      Kind = "disk"            // the disk is full
	Store     Kind = "store"           // the database answers but takes no changes
	Database  Kind = "database"        // this is not the database that the disk knows
	PINKey    Kind = "pin-key"         // the PIN key is not the database's
	Company   Kind = "company"         // the demo company is where it must not be
)

// Func raises an alarm. The text says what happened, to what, and what to do. It must be safe for concurrent use.
type Func func(kind Kind, text string)
