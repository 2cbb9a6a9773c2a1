package ticketstest

import (
	"fmt"
	"strings"

	"hotline/tickets"
)

// The situations of the table: whether the installation can be reached.
const (
	Reachable           = "reachable"
	TicketLosesAccess   = "access withdrawn on the ticket, before it moved"
	ContractLosesAccess = "access withdrawn on the contract, after it moved"
)

// answers is the whole table: what becomes of a blocking ticket, half an hour old, of a contract round the clock. A cell
// is told as Stand does, or Refused. Columns are where the ticket stands, rows what is done to it.
const answers = `
# reachable
command          | open              | assigned          | in_progress       | waiting           | restored          | closed       | not_request
assess           | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | restored kkk      | closed ppj+e | -
assign           | assigned rrj      | assigned rrj      | assigned kkr      | assigned rrj      | -                 | -            | -
take-charge      | assigned rrj      | assigned rrj      | assigned kkr      | assigned rrj      | -                 | -            | -
accept           | assigned rrj      | assigned rrj      | assigned kkr      | assigned rrj      | -                 | -            | -
joined           | open krj          | assigned krj      | in_progress kkr   | waiting kpj+w     | -                 | -            | -
contact          | open krj          | assigned krj      | in_progress kkr   | waiting kpj+w     | -                 | -            | -
intervention     | in_progress kkr   | in_progress kkr   | in_progress kkr   | in_progress kkr   | in_progress kkk   | -            | -
restored         | restored kkk      | restored kkk      | restored kkk      | restored kkk      | restored kkk      | -            | -
waiting          | waiting rpj+w     | waiting rpj+w     | waiting kkp+w     | -                 | -                 | -            | -
resume           | -                 | -                 | -                 | open rrj          | -                 | -            | -
close            | closed ppj+e      | closed ppj+e      | closed kkp+e      | closed ppj+e      | closed kkk+e      | -            | -
reopen           | -                 | -                 | -                 | -                 | -                 | open rrj     | open rrj
not-restored     | -                 | -                 | -                 | -                 | open kkr          | -            | -
not-a-request    | not_request ppj+e | not_request ppj+e | -                 | not_request ppj+e | -                 | -            | -
access-withdrawn | open rpj+a        | assigned rpj+a    | in_progress kkp+a | waiting rpj+w+a   | -                 | -            | -
access-back      | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | -                 | -            | -
contract         | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | -                 | -            | -
follow           | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | -                 | -            | -
call-back        | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | -                 | -            | -
ring             | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | -                 | -            | -
comment          | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | restored kkk      | closed ppj+e | not_request ppj+e
time             | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | restored kkk      | closed ppj+e | not_request ppj+e
keyed            | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | restored kkk      | closed ppj+e | not_request ppj+e
recording        | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | restored kkk      | closed ppj+e | not_request ppj+e
dictate          | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | restored kkk      | closed ppj+e | not_request ppj+e
unreached        | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | restored kkk      | closed ppj+e | not_request ppj+e
look             | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | restored kkk      | closed ppj+e | not_request ppj+e
# access withdrawn on the ticket, before it moved
command          | open              | assigned          | in_progress       | waiting           | restored          | closed       | not_request
assess           | open rpj+a        | assigned rpj+a    | in_progress kkp+a | waiting rpj+a+w   | restored kkk      | closed ppj+e | -
assign           | assigned rpj+a    | assigned rpj+a    | assigned kkp+a    | assigned rpj+a    | -                 | -            | -
take-charge      | assigned rpj+a    | assigned rpj+a    | assigned kkp+a    | assigned rpj+a    | -                 | -            | -
accept           | assigned rpj+a    | assigned rpj+a    | assigned kkp+a    | assigned rpj+a    | -                 | -            | -
joined           | open kpj+a        | assigned kpj+a    | in_progress kkp+a | waiting kpj+a+w   | -                 | -            | -
contact          | open kpj+a        | assigned kpj+a    | in_progress kkp+a | waiting kpj+a+w   | -                 | -            | -
intervention     | in_progress kkp+a | in_progress kkp+a | in_progress kkp+a | in_progress kkp+a | in_progress kkk+a | -            | -
restored         | restored kkk      | restored kkk      | restored kkk      | restored kkk      | restored kkk      | -            | -
waiting          | waiting rpj+a+w   | waiting rpj+a+w   | waiting kkp+a+w   | -                 | -                 | -            | -
resume           | -                 | -                 | -                 | open rpj+a        | -                 | -            | -
close            | closed ppj+e      | closed ppj+e      | closed kkp+e      | closed ppj+e      | closed kkk+e      | -            | -
reopen           | -                 | -                 | -                 | -                 | -                 | open rpj+a   | open rpj+a
not-restored     | -                 | -                 | -                 | -                 | open kkp+a        | -            | -
not-a-request    | not_request ppj+e | not_request ppj+e | -                 | not_request ppj+e | -                 | -            | -
access-withdrawn | open rpj+a        | assigned rpj+a    | in_progress kkp+a | waiting rpj+a+w   | -                 | -            | -
access-back      | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | -                 | -            | -
contract         | open rpj+a        | assigned rpj+a    | in_progress kkp+a | waiting rpj+a+w   | -                 | -            | -
# access withdrawn on the contract, after it moved
command          | open              | assigned          | in_progress       | waiting           | restored          | closed       | not_request
assess           | open rpj+a        | assigned rpj+a    | in_progress kkp+a | waiting rpj+w+a   | restored kkk      | closed ppj+e | -
assign           | assigned rpj+a    | assigned rpj+a    | assigned kkp+a    | assigned rpj+a    | -                 | -            | -
take-charge      | assigned rpj+a    | assigned rpj+a    | assigned kkp+a    | assigned rpj+a    | -                 | -            | -
accept           | assigned rpj+a    | assigned rpj+a    | assigned kkp+a    | assigned rpj+a    | -                 | -            | -
joined           | open kpj+a        | assigned kpj+a    | in_progress kkp+a | waiting kpj+w+a   | -                 | -            | -
contact          | open kpj+a        | assigned kpj+a    | in_progress kkp+a | waiting kpj+w+a   | -                 | -            | -
intervention     | in_progress kkp+a | in_progress kkp+a | in_progress kkp+a | in_progress kkp+a | in_progress kkk+a | -            | -
restored         | restored kkk      | restored kkk      | restored kkk      | restored kkk      | restored kkk      | -            | -
waiting          | waiting rpj+a+w   | waiting rpj+a+w   | waiting kkp+a+w   | -                 | -                 | -            | -
resume           | -                 | -                 | -                 | open rpj+a        | -                 | -            | -
close            | closed ppj+e      | closed ppj+e      | closed kkp+e      | closed ppj+e      | closed kkk+e      | -            | -
reopen           | -                 | -                 | -                 | -                 | -                 | open rpj+a   | open rpj+a
not-restored     | -                 | -                 | -                 | -                 | open kkp+a        | -            | -
not-a-request    | not_request ppj+e | not_request ppj+e | -                 | not_request ppj+e | -                 | -            | -
access-withdrawn | open rpj+a        | assigned rpj+a    | in_progress kkp+a | waiting rpj+w+a   | -                 | -            | -
access-back      | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | -                 | -            | -
contract         | open rrj          | assigned rrj      | in_progress kkr   | waiting rpj+w     | -                 | -            | -
`

// Answer is one cell of the table.
type Answer struct {
	Situation string
	State     tickets.State // that the ticket is in
	Command   string
	Want      string // as Stand tells it; Refused
}

func (a Answer) String() string {
	return fmt.Sprintf("%s, a ticket that is %s, %s", a.Situation, a.State, a.Command)
}

// Before lists what is done to an open ticket first, in order: commands, and ContractLosesAccess.
func (a Answer) Before() []string {
	var list []string
	if a.Situation == TicketLosesAccess {
		list = append(list, "access-withdrawn")
	}
	if a.State != tickets.Open {
		list = append(list, LeadsTo(a.State))
	}
	if a.Situation == ContractLosesAccess {
		list = append(list, ContractLosesAccess)
	}
	return list
}

// Answers is the table, cell by cell.
func Answers() []Answer {
	var list []Answer
	situation := ""
	for line := range strings.Lines(answers) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "# "); ok {
			situation = name
		}
		cells := strings.Split(line, "|")
		name := strings.TrimSpace(cells[0])
		if len(cells) != len(States())+1 || name == "command" {
			continue
		}
		for n, s := range States() {
			list = append(list, Answer{situation, s, name, strings.TrimSpace(cells[n+1])})
		}
	}
	return list
}
