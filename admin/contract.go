package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/access"
	"hotline/admin/document"
	"hotline/admin/schema"
	"hotline/directory"
	"hotline/directory/entry"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// limitsView are promised spans in seconds of working time; 0 is no promise.
type limitsView struct {
	Contact      int64 `json:"contact" minimum:"0" maximum:"31622400" doc:"Seconds of working time"`
	Intervention int64 `json:"intervention" minimum:"0" maximum:"31622400" doc:"Seconds of working time"`
	Restore      int64 `json:"restore" minimum:"0" maximum:"31622400" doc:"Seconds of working time, from the intervention"`
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func limits(l sla.Limits) limitsView {
	return limitsView{seconds(l.Contact), seconds(l.Intervention), seconds(l.Restore)}
}

func (v limitsView) limits() sla.Limits {
	return sla.Limits{
		Contact: time.Duration(v.Contact) * time.Second, Intervention: time.Duration(v.Intervention) * time.Second,
		Restore: time.Duration(v.Restore) * time.Second,
	}
}

// ContractFields are what a contract promises.
type ContractFields struct {
	Customer     string          `json:"customer" minLength:"1" maxLength:"100"`
	Level        string          `json:"level" minLength:"1" maxLength:"100"`
	Language     schema.Language `json:"language,omitempty" doc:"Left out: the caller hears the language of the number that was dialled, or the one he chose"`
	ValidFrom    time.Time       `json:"valid_from"`
	ValidUntil   *time.Time      `json:"valid_until,omitempty" doc:"Exclusive; null or left out: without end"`
	Calendar     string          `json:"calendar,omitempty" maxLength:"100" doc:"Instead of the level's calendar"`
	Blocking     *limitsView     `json:"blocking,omitempty" doc:"Instead of the level's limits, whole"`
	NonBlocking  *limitsView     `json:"non_blocking,omitempty" doc:"Instead of the level's limits, whole"`
	AfterHours   string          `json:"after_hours,omitempty" enum:"wait,ring" default:"wait" doc:"What a blocking call outside the hours does"`
	EvoSupport   bool            `json:"evo_support,omitempty"`
	Confirm      bool            `json:"confirm_by_call,omitempty" doc:"After \"restored\" the customer is rung and asked by key whether it works: yes closes the ticket, no opens it again"`
	KeepDays     int             `json:"recordings_days,omitempty" minimum:"0" maximum:"36500" doc:"For so many days its recordings are kept, and then erased; 0 or left out: as recordings.keep_days of the configuration says"`
	SlowMenus    bool            `json:"slow_menus,omitempty" doc:"Its callers hear longer pauses between the options of menus, and have twice the time for each key"`
	Statement    bool            `json:"monthly_statement,omitempty" doc:"The customer gets a letter with the statement of each month on the first working day after it, by the contract's hours"`
	RecordTalks  bool            `json:"record_talks,omitempty" doc:"The talks of its callers with engineers and the operator are recorded in two channels. The caller is told before and may refuse by key 7 at any time, the engineer in the brief; who was not told is not recorded"`
	RemoteAccess *bool           `json:"remote_access,omitempty" doc:"A fact that staff set, and that must be given. false: whoever keys the contract's PIN is taken as Support on Request, which is paid, and the clocks of running tickets stand still as their level says"`
}

// ContractView is a contract as staff see it: never with a PIN.
type ContractView struct {
	ID string `json:"id"`
	ContractFields
	PINAt   *time.Time `json:"pin_at" doc:"When it got the PIN that it has; null: not known"`
	Version int        `json:"version"`
}

// contractWithPIN is the one answer that holds a PIN.
type contractWithPIN struct {
	ContractView
	PIN string `json:"pin,omitempty" doc:"Shown this once; a repeated answer does not hold it"`
}

type newContract struct {
	document.Keyed
	Body struct {
		ID string `json:"id,omitempty" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$" doc:"Chosen by us when it is left out"`
		ContractFields
	}
}

type changedContract struct {
	document.Keyed
	Running
	document.Precondition
	ByID
	Body struct {
		document.BodyVersion
		ContractFields
	}
}

type contractList struct {
	Contracts []ContractView `json:"contracts" nullable:"false"`
}

func contract(c directory.Contract) ContractView {
	v := ContractView{ID: string(c.ID), Version: c.Version, PINAt: instant(c.PINAt), ContractFields: ContractFields{
		Customer: string(c.Customer), Level: string(c.Level), Language: schema.Language(c.Language), ValidFrom: c.ValidFrom,
		ValidUntil: instant(c.ValidUntil), Calendar: string(c.Calendar), AfterHours: string(c.AfterHours),
		EvoSupport: c.EvoSupport, Confirm: c.ConfirmByCall, KeepDays: c.KeepDays, SlowMenus: c.SlowMenus, RecordTalks: c.RecordTalks, Statement: c.Statement, RemoteAccess: &c.RemoteAccess,
	}}
	for _, o := range []struct {
		own *sla.Limits
		to  **limitsView
	}{{c.Blocking, &v.Blocking}, {c.NonBlocking, &v.NonBlocking}} {
		if o.own != nil {
			l := limits(*o.own)
			*o.to = &l
		}
	}
	return v
}

func (s *server) contractRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/contracts", "list-contracts", "List contracts"),
		func(ctx context.Context, _ *struct{}) (*answer[contractList], error) {
			all, err := s.Store.Contracts(ctx)
			list := contractList{Contracts: make([]ContractView, 0, len(all))}
			for _, c := range all {
				list.Contracts = append(list.Contracts, contract(c))
			}
			return answered(list, err)
		})
	serve(s, api, route(http.MethodGet, "/contracts/{id}", "get-contract", "One contract"),
		func(ctx context.Context, in *ByID) (*document.Versioned[ContractView], error) {
			c, err := s.Store.Contract(ctx, directory.ContractID(in.ID))
			return document.Tagged(contract(c), c.Version, err)
		})
	serve(s, api, route(http.MethodPost, "/contracts", "add-contract", "Add a contract; the answer shows its PIN, once"), s.addContract)
	serve(s, api, route(http.MethodPut, "/contracts/{id}", "change-contract", "Change a contract, whole; its PIN stays; running tickets follow when asked"), s.changeContract)
	serve(s, api, route(http.MethodPost, "/contracts/{id}/preview", "preview-contract", "Which deadlines of running tickets would move"), s.previewContract)
	serve(s, api, route(http.MethodPost, "/contracts/{id}/pin", "renew-pin", "Replace the PIN; the answer shows the new one, once"), s.renewPIN)
}

func (s *server) addContract(ctx context.Context, in *newContract) (*created[contractWithPIN], error) {
	id := in.Body.ID
	if id == "" {
		id = newID()
	}
	c, err := s.contractOf(ctx, id, in.Body.ContractFields)
	if err != nil {
		return nil, err
	}
	c, pin, err := s.PINs.NewContract(ctx, c, s.Now())
	if err != nil {
		return nil, fmt.Errorf("adding contract %s: %w", id, err)
	}
	s.refresh(ctx)
	return &created[contractWithPIN]{http.StatusCreated, base + "/contracts/" + id, document.Tag(c.Version), contractWithPIN{contract(c), pin}}, nil
}

// changeContract changes a contract, then tells its running tickets. Where that fails the contract stands, and saying the
// same once more tells those that were not told.
func (s *server) changeContract(ctx context.Context, in *changedContract) (*document.Versioned[ContractView], error) {
	k := document.Kind[directory.Contract]{
		Read: func(ctx context.Context, id string) (directory.Contract, error) {
			return s.Store.Contract(ctx, directory.ContractID(id))
		},
		Version: func(c *directory.Contract) *int { return &c.Version },
	}
	of, had := tickets.OfContract(directory.ContractID(in.ID)), false
	k.Put = func(ctx context.Context, c directory.Contract) (directory.Contract, error) {
		if err := s.requireRunning(ctx, in.Running, of, func(b *directory.Book) { b.Contracts = b.Contracts.With(c.ID, c) }); err != nil {
			return c, err
		}
		return s.Store.PutContract(ctx, c)
	}
	c, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "contract " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion, Changes: true},
		func(ctx context.Context, stands directory.Contract) (directory.Contract, error) {
			c, err := s.contractOf(ctx, in.ID, in.Body.ContractFields)
			c.PINAt, had = stands.PINAt, stands.RemoteAccess
			return c, err
		})
	if err != nil {
		return nil, err
	}
	s.refresh(ctx)
	tell := s.Desk.AccessStands // which an earlier change may have failed to say
	if c.RemoteAccess != had {
		tell = s.Desk.AccessChanged // a fact of the installation: its running tickets stand still, or run on
	}
	err = errors.Join(s.follow(ctx, in.Running, of), tell(ctx, c.ID, c.RemoteAccess, access.Staff(ctx), s.Now()))
	return document.Tagged(contract(c), c.Version, err)
}

func (s *server) previewContract(ctx context.Context, in *changedContract) (*answer[previewView], error) {
	c, err := s.contractOf(ctx, in.ID, in.Body.ContractFields)
	if err != nil {
		return nil, err
	}
	return s.preview(ctx, tickets.OfContract(c.ID), func(b *directory.Book) { b.Contracts = b.Contracts.With(c.ID, c) })
}

// justNow is how long a PIN must have stood to be replaced by somebody who does not say which version of the contract he
// saw. Two who press the button at once, or one who presses it twice, would each end the PIN that the other just read out.
const justNow = 10 * time.Second

func (s *server) renewPIN(ctx context.Context, in *struct {
	document.Keyed
	document.Precondition
	ByID
}) (*document.Versioned[contractWithPIN], error) {
	now := s.Now()
	c, err := s.Store.Contract(ctx, directory.ContractID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := in.Check("contract "+in.ID, c.Version); err != nil {
		return nil, err
	}
	if age := now.Sub(c.PINAt); in.IfMatch == "" && age < justNow {
		return nil, huma.Error409Conflict(fmt.Sprintf(
			"the PIN of contract %s was renewed a moment ago, and the new one was shown then; to renew it once more read the contract, and send its ETag as If-Match", in.ID))
	}
	c, pin, err := s.PINs.NewPIN(ctx, c, now)
	switch {
	case errors.Is(err, storage.ErrConflict):
		return nil, huma.Error409Conflict(fmt.Sprintf("contract %s was changed, or its PIN renewed, by somebody else at this moment: read it again before you renew its PIN", in.ID))
	case err != nil:
		return nil, fmt.Errorf("renewing the PIN of contract %s: %w", in.ID, err)
	}
	s.refresh(ctx)
	return document.Tagged(contractWithPIN{contract(c), pin}, c.Version, nil)
}

// contractOf checks what no schema can: that customer, level and calendar exist and that the times make sense.
func (s *server) contractOf(ctx context.Context, id string, f ContractFields) (directory.Contract, error) {
	c := entry.Contract{
		ID: id, Customer: f.Customer, Level: f.Level, Language: string(f.Language), ValidFrom: f.ValidFrom, ValidUntil: f.ValidUntil, Calendar: f.Calendar,
		AfterHours: f.AfterHours, EvoSupport: f.EvoSupport, ConfirmByCall: f.Confirm, KeepDays: f.KeepDays, SlowMenus: f.SlowMenus, RecordTalks: f.RecordTalks, Statement: f.Statement, RemoteAccess: f.RemoteAccess,
	}
	if f.Blocking != nil {
		c.Blocking = new(f.Blocking.limits())
	}
	if f.NonBlocking != nil {
		c.NonBlocking = new(f.NonBlocking.limits())
	}
	made, err := c.Check(ctx, s.Store)
	return made, asProblem(err)
}
