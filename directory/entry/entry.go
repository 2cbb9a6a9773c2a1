// Package entry is what may be written of customers and contracts, whoever writes it: the API, or a file that is imported. Each check
// names the field that is wrong.
package entry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotline/directory"
	"hotline/numbers"
	"hotline/sla"
	"hotline/storage"
	"hotline/validation"
)

// Refusal is a field that cannot be right.
type Refusal struct {
	Field string // as the API calls it, such as "email" or "numbers[2]"
	Text  string // what is wrong, in English
}

// Error names the field.
func (r *Refusal) Error() string { return r.Field + ": " + r.Text }

func refused(field, text string) error { return &Refusal{field, text} }

const (
	nameMost    = 200 // characters
	emailMost   = 254 // octets (RFC 5321, section 4.5.3.1.3)
	numbersMost = 200 // of one customer
)

// Customer is what somebody writes of a customer.
type Customer struct {
	ID, Name, Email string
	Numbers         []string // as people write them
	Spoken          string
}

// Check gives the customer, or a *Refusal.
func (c Customer) Check(plan numbers.Plan) (directory.Customer, error) {
	if err := checkID(c.ID); err != nil {
		return directory.Customer{}, err
	}
	if strings.TrimSpace(c.Name) == "" {
		return directory.Customer{}, refused("name", "the name is spoken to engineers; it cannot be blank")
	}
	for _, one := range []struct{ field, text string }{{"name", c.Name}, {"spoken", c.Spoken}} {
		if !line(one.text, nameMost) {
			return directory.Customer{}, refused(one.field, fmt.Sprintf("one line of at most %d characters", nameMost))
		}
	}
	if a, err := mail.ParseAddress(c.Email); c.Email != "" && (err != nil || a.Address != c.Email || len(c.Email) > emailMost) {
		return directory.Customer{}, refused("email", "this is no mail address; write it as name@example.org")
	}
	if len(c.Numbers) > numbersMost {
		return directory.Customer{}, refused("numbers", fmt.Sprintf("at most %d numbers", numbersMost))
	}
	var known []string
	for i, n := range c.Numbers {
		number, ok := Telephone(plan, n)
		if !ok {
			return directory.Customer{}, refused(fmt.Sprintf("numbers[%d]", i), "a telephone number is written in digits, with or without + before them and blanks between them")
		}
		if plan.Emergency(number) {
			return directory.Customer{}, refused(fmt.Sprintf("numbers[%d]", i), "an emergency number is no customer's; write the number from which the customer calls")
		}
		if !slices.Contains(known, number) {
			known = append(known, number)
		}
	}
	return directory.Customer{ID: directory.CustomerID(c.ID), Name: c.Name, Email: c.Email, Numbers: known, Spoken: strings.TrimSpace(c.Spoken)}, nil
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,62}$`)

func checkID(id string) error {
	if !idForm.MatchString(id) {
		return refused("id", "an id is 1 to 63 lower-case letters, digits, hyphens, points and underlines, and begins with a letter or a digit")
	}
	return nil
}

// line tells whether a text is one line of at most so many characters.
func line(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, unicode.IsControl)
}

var telephoneNumber = regexp.MustCompile(`^\+?[0-9]{2,20}$`)

// Telephone reads a telephone number as people write it, and gives the spelling that is kept; ok is false for a text that is no number.
func Telephone(plan numbers.Plan, text string) (number string, ok bool) {
	digits, ok := numbers.Digits(text)
	return plan.E164(digits), ok && telephoneNumber.MatchString(digits)
}

// sipAddress is a telephone of the house's own; nothing that could begin another header passes.
var sipAddress = regexp.MustCompile(`^sip:[^\s<>"',;?]{1,200}(;transport=(udp|tcp|tls))?$`)

// Callable reads an engineer's telephone, a SIP address or a number through the trunk, and gives the spelling that is kept. Whether the
// line reaches it is for the dialler to say.
func Callable(plan numbers.Plan, text string) (string, error) {
	if number, ok := Telephone(plan, text); ok {
		return number, nil
	}
	if !sipAddress.MatchString(text) {
		return text, errors.New("write sip:NAME@HOST, or a telephone number: digits, with or without + before them and blanks between them")
	}
	return text, nil
}

// AccessDemanded is said where nobody says whether an installation can be reached: no value is harmless enough to be assumed.
const AccessDemanded = "say whether the installation can be reached remotely: true or false. With false whoever keys the contract's PIN is taken as Support on Request, which is paid, and the clocks of running tickets stand still as their level says"

// Contract is what somebody writes of a contract.
type Contract struct {
	ID, Customer, Level   string
	Language              string
	ValidFrom             time.Time
	ValidUntil            *time.Time // exclusive; nil: without end
	Calendar              string
	Blocking, NonBlocking *sla.Limits
	AfterHours            string
	EvoSupport            bool
	ConfirmByCall         bool  // after "restored" the customer is rung and asked whether it works
	RemoteAccess          *bool // must be said
	SlowMenus             bool  // for those who need more time
	RecordTalks           bool  // of its callers with engineers
	Statement             bool  // by a letter, each month
	KeepDays              int   // of its recordings; 0: as the house does
}

// Known is what a contract names. storage.ErrNotFound for what does not exist.
type Known interface {
	Customer(ctx context.Context, id directory.CustomerID) (directory.Customer, error)
	Level(ctx context.Context, id sla.LevelID) (sla.Level, error)
	Calendar(ctx context.Context, id sla.CalendarID) (sla.Calendar, error)
}

// Check gives the contract, or a *Refusal: customer, level and calendar exist, and the times make sense. Other errors are those of known.
func (c Contract) Check(ctx context.Context, known Known) (directory.Contract, error) {
	if err := checkID(c.ID); err != nil {
		return directory.Contract{}, err
	}
	if c.RemoteAccess == nil {
		return directory.Contract{}, refused("remote_access", AccessDemanded)
	}
	if _, err := known.Customer(ctx, directory.CustomerID(c.Customer)); err != nil {
		return directory.Contract{}, unknown("customer", c.Customer, err)
	}
	l, err := known.Level(ctx, sla.LevelID(c.Level))
	if err != nil {
		return directory.Contract{}, unknown("level", c.Level, err)
	}
	calendar := cmp.Or(sla.CalendarID(c.Calendar), l.Calendar) // a contract without hours promises nothing
	if _, err := known.Calendar(ctx, calendar); err != nil {
		return directory.Contract{}, unknown("calendar", string(calendar), err)
	}
	made := directory.Contract{
		ID: directory.ContractID(c.ID), Customer: directory.CustomerID(c.Customer), Level: sla.LevelID(c.Level), Language: c.Language,
		ValidFrom: c.ValidFrom, Calendar: sla.CalendarID(c.Calendar), AfterHours: directory.AfterHours(c.AfterHours),
		EvoSupport: c.EvoSupport, ConfirmByCall: c.ConfirmByCall, RemoteAccess: *c.RemoteAccess, KeepDays: c.KeepDays, SlowMenus: c.SlowMenus, RecordTalks: c.RecordTalks, Statement: c.Statement, Blocking: c.Blocking, NonBlocking: c.NonBlocking,
	}
	if c.ValidFrom.Year() < 1970 || c.ValidFrom.Year() > 9000 {
		return directory.Contract{}, refused("valid_from", "the contract must begin between 1970 and 9000")
	}
	if c.ValidUntil != nil {
		made.ValidUntil = *c.ValidUntil
		if !made.ValidUntil.After(made.ValidFrom) || made.ValidUntil.Year() > 9000 {
			return directory.Contract{}, refused("valid_until", "the contract must end after it begins, and before 9000")
		}
	}
	for _, own := range []struct {
		category sla.Category
		limits   *sla.Limits
	}{{sla.Blocking, c.Blocking}, {sla.NonBlocking, c.NonBlocking}} {
		if own.limits == nil {
			continue
		}
		if err := limitsRefused(own.category, *own.limits); err != nil {
			return directory.Contract{}, err
		}
	}
	return made, nil
}

// limitsRefused refuses the limits of a category, by the clock that is wrong.
func limitsRefused(c sla.Category, l sla.Limits) error {
	if err := l.Check(); err != nil {
		field, text := validation.Of(err)
		return refused(string(c)+"."+field, text)
	}
	return nil
}

func unknown(field, value string, err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return refused(field, fmt.Sprintf("%q does not exist", value))
	}
	return err
}

// Level checks a level of support, and gives a *Refusal: its calendar must exist, and its limits and alarms must make sense.
func Level(ctx context.Context, known Known, l sla.Level) error {
	if _, err := known.Calendar(ctx, l.Calendar); err != nil {
		return unknown("calendar", string(l.Calendar), err)
	}
	for _, c := range []sla.Category{sla.Blocking, sla.NonBlocking} {
		if err := limitsRefused(c, l.Limits(c)); err != nil {
			return err
		}
	}
	if err := l.Check(); err != nil {
		return refused(validation.Of(err))
	}
	if l.ID == sla.OnRequest && (l.Blocking != sla.Limits{} || l.NonBlocking != sla.Limits{}) {
		return refused("", "Support on Request has no deadline: leave every limit at 0")
	}
	return nil
}
