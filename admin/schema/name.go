// Package schema is what the API's schemas have beyond what huma makes of Go types: names that stay, bounds for every text,
// languages, and times of day. Package admin, which describes its operations with it, is its one caller.
package schema

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Name names the schema of a type in the OpenAPI document. Clients make types of these names, so the name of a type that was
// renamed here stays what it was: formerly is the table.
func Name(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if former, ok := formerly()[name]; ok {
		return former
	}
	return name
}

// formerly gives the names under which clients know types that are called otherwise in the code.
func formerly() map[string]string {
	return map[string]string{
		"AccessView": "Access", "AssessmentInput": "Verdict", "AssignmentInput": "Assignment", "CallView": "Call", "ClockAccountView": "Explained",
		"CommentInput": "Comment", "ComplaintView": "Complaint", "ContractInput": "OtherContract", "DutyView": "Duty", "EngineerView": "Engineer",
		"EntryInput": "Entered", "EventView": "Event", "FlowCheckView": "VerdictOnFlow", "FlowVersionView": "FlowVersion", "GapView": "Gap",
		"LegView": "Leg", "OverrideView": "Override", "PartView": "Part", "QualityView": "Quality", "ReasonInput": "Reason", "TimeSpentInput": "TimeSpent",
	}
}
