package alerts

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"

	"hotline/directory"
	"hotline/intake"
	"hotline/intake/format"
	"hotline/storage"
	"hotline/web/form"
	"hotline/web/ui"
)

// trial tries messages: it says what they would open, and opens nothing.
type trial struct {
	Handlers
	mapper *format.Mapper
}

// messageMost is how long a message may be, in characters.
const messageMost = 1 << 20

// sources are the formats and the mappings by which a message can be read.
func (t trial) sources(r *ui.Request) (list []form.Option, err error) {
	for _, name := range format.Names() {
		list = append(list, form.Option{Value: name, Name: name})
	}
	mappings, err := t.Store.AlertMappings(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading alert mappings: %w", err)
	}
	for _, m := range mappings {
		list = append(list, form.Option{Value: m.ID, Name: r.T("alerts-mapping-named", m.ID)})
	}
	return list, nil
}

// fields are those of a message beside a document. Without sources the document itself reads it.
func (t trial) fields(r *ui.Request, sources []form.Option) (list form.Fields) {
	legend := r.T("alerts-try")
	if len(sources) > 0 {
		list = append(list, form.Field{Name: "source", Label: r.T("alerts-source"), Value: sources[0].Value, Kind: form.Choice, Options: sources, Group: legend, Loose: true})
	}
	return append(list,
		form.Field{Name: "message", Label: r.T("alerts-message"), Kind: form.Lines, Most: messageMost, Group: legend, Help: r.T("alerts-message-text"), Loose: true},
		form.Field{Name: "night", Label: r.T("alerts-at-night"), Kind: form.Tick, Group: legend, Loose: true},
	)
}

// policy is that of a contract; of no contract, the house's.
func (t trial) policy(r *ui.Request, contract string) (intake.Policy, error) {
	all, err := t.Store.AlertPolicies(r.Context())
	if err != nil {
		return intake.Policy{}, fmt.Errorf("reading alert policies: %w", err)
	}
	return intake.PolicyOf(all, directory.ContractID(contract)), nil
}

// read reads a message by its format or by a mapping: nil for the one that the source names. What cannot be read is a *form.Refusal.
func (t trial) read(r *ui.Request, source string, by *intake.Mapping, message string) (intake.Batch, error) {
	var batch intake.Batch
	err := format.ErrUnknown
	if by == nil {
		batch, err = format.Read(source, http.Header{"Content-Type": {"application/json"}}, []byte(message))
	}
	if errors.Is(err, format.ErrUnknown) {
		if by == nil {
			m, missing := t.Store.AlertMapping(r.Context(), source)
			if errors.Is(missing, storage.ErrNotFound) {
				return batch, &form.Refusal{Field: "source", Text: "there is neither a format nor a mapping of this name"}
			}
			if missing != nil {
				return batch, fmt.Errorf("reading an alert mapping: %w", missing)
			}
			by = &m
		}
		var broken error
		if batch, broken, err = t.mapper.Read(r.Context(), *by, []byte(message)); broken != nil {
			err = broken
		}
	}
	var wrong *format.Error
	switch {
	case errors.As(err, &wrong) && wrong.At != "":
		return batch, &form.Refusal{Field: "message", Text: fmt.Sprintf("in the message, at %s: %s", wrong.At, wrong.Problem)}
	case wrong != nil, errors.Is(err, intake.ErrBusy):
		return batch, &form.Refusal{Field: "message", Text: err.Error()}
	}
	return batch, err
}

// alertsMost is how many alerts of a message are shown.
const alertsMost = 200

// verdictsPage says what a message would do.
type verdictsPage struct {
	ui.View
	Rows      []verdictRow
	More      int // alerts that are not shown
	Truncated int // that the source left out of the message
	Policy    string
}

type verdictRow struct{ What, Fingerprint, Category, Title, Installation, Severity string }

// preview is what a message of a form would do.
func (t trial) preview(r *ui.Request, source string, by *intake.Mapping, p intake.Policy, f form.Fields) (template.HTML, error) {
	batch, err := t.read(r, source, by, f.Value("message"))
	if err != nil {
		return "", err
	}
	v := verdictsPage{View: r.View, Truncated: batch.Truncated, Policy: p.ID}
	for i, a := range batch.Alerts {
		if i == alertsMost {
			v.More = len(batch.Alerts) - alertsMost
			break
		}
		judged := p.Judge(a, f.Yes("night"))
		category := r.T("alerts-no-ticket")
		if judged.Category != intake.NoTicket {
			category = r.Words.Category(string(judged.Category))
		}
		v.Rows = append(v.Rows, verdictRow{r.T("alerts-would-" + judged.What), a.Fingerprint, category, judged.Title, a.Installation, a.Severity})
	}
	page, err := pages().Page("verdicts", "", v)
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// form shows the form of a message.
func (t trial) form(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return form.Asks(r, t.asks(), nil)
}

// try says what a message would do.
func (t trial) try(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return form.Asks(r, t.asks(), func(f form.Fields) (template.HTML, error) {
		if c := f.Value("contract"); c != "" && !t.Contract(c) {
			return "", &form.Refusal{Field: "contract", Text: "there is no contract " + c}
		}
		p, err := t.policy(r, f.Value("contract"))
		if err != nil {
			return "", err
		}
		return t.preview(r, f.Value("source"), nil, p, f)
	})
}

// asks is the form of a message by itself.
func (t trial) asks() form.Question {
	return form.Question{
		To: "/alerts/try", Back: "/alerts", BackTitle: "alerts", Title: "alerts-try", Do: "alerts-try-do",
		Fields: func(r *ui.Request) (form.Fields, error) {
			sources, err := t.sources(r)
			if err != nil {
				return nil, err
			}
			contract := form.Field{Name: "contract", Label: r.T("page-contract"), Kind: form.Text, Most: 100, Help: r.T("alerts-try-contract"), Loose: true}
			return append(form.Fields{contract}, t.fields(r, sources)...), nil
		},
	}
}
