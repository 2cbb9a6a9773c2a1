package admin

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestNoTypeOfTheDomainIsJSONByAccident walks the types of all bodies that the API takes and gives, as the OpenAPI document
// knows them: a field that is added to a ticket or a rota is shown only where somebody writes it into a view.
func TestNoTypeOfTheDomainIsJSONByAccident(t *testing.T) {
	schemas := (&server{}).routes(router()).OpenAPI().Components.Schemas
	walked := map[reflect.Type]bool{}
	for name := range schemas.Map() {
		if body := schemas.TypeFromRef("#/components/schemas/" + name); body != nil { // Texts has a schema of its own
			ours(t, body, name, walked)
		}
	}
	if len(walked) < 80 {
		t.Errorf("only %d types were walked: this test no longer reads them", len(walked))
	}
}

// ours checks a type, and those of its fields.
func ours(t *testing.T, typ reflect.Type, place string, walked map[reflect.Type]bool) {
	if walked[typ] {
		return
	}
	walked[typ] = true
	switch path := typ.PkgPath(); {
	case path == "time":
		return
	case path == "", strings.HasPrefix(path, "hotline/admin"), strings.HasPrefix(path, "github.com/danielgtaylor/huma"):
	default:
		t.Errorf("%s: %s is a type of %s; show it by a view of this package", place, typ, path)
		return
	}
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		ours(t, typ.Elem(), place, walked)
	case reflect.Map:
		ours(t, typ.Key(), place, walked)
		ours(t, typ.Elem(), place, walked)
	case reflect.Struct:
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() || f.Anonymous {
				ours(t, f.Type, place+"."+f.Name, walked)
			}
		}
	}
}

// schemaNames are the names under which clients know the API's schemas.
const schemaNames = `
AbsenceView AbsencesInputBody AbsencesView Access AccessList AccessPage AgentCheck AgentInputBody AgentList AgentStanding AgentToken AgentView AlarmView AlertList AlertMappingInputBody
AlertMappingList AlertMappingView AlertPolicyInputBody AlertPolicyList AlertPolicyView AlertRuleView
AlertView Assignment AtView AttachmentList AttachmentView AttemptEvent AttemptView AuditChange AuditList AuditRecord BeatEvent BecauseInput BreachView BridgeView CalendarInputBody CalendarList
CalendarView Call CallBackInput CallList CallerRefused ChangedContractBody ChangedCustomerBody ChangedRota
ChangedRules ClockReportView ClockView ClosuresView Comment Complaint ContactInputBody ContactView
ContractList ContractView ContractWithPIN CoveredView CustomerList CustomerView DependenceView DependsView DraftInputBody Duty EndEvent
EndpointInputBody EndpointList EndpointSecret EndpointStanding EndpointTemplate EndpointTemplates EndpointTried EndpointView Engineer EngineerInputBody EngineerList EngineerPIN Entered ErrorDetail ErrorModel Event ExceptionView
Explained ExplanationView FaultList FaultView FlappingView FlowList FlowText FlowVersion FlowView Gap
GroupView HealthView HeartbeatInputBody HeartbeatKey HeartbeatList HeartbeatPreview HeartbeatRule HeartbeatSignal HeartbeatStanding HeartbeatView HistoryView HoldLine HoldView HoursView ImportView InBoth InstallationInputBody InstallationList InstallationStanding InstallationView IntervalView LabelsView LayerView LeftOutView Leg
LetterList LetterView LevelInputBody LevelList LevelView LimitsView LineEvent LineView MaintenanceInputBody MaintenanceList
MaintenanceView MoveView NewContractBody NewCustomerBody NightView NoticeList NoticeView OnCallView OtherContract OutcomeView OutgoingList OutgoingMessage
Override OverrideOfRota OwnRequest PackTaken Part PauseView PersonView PhoneRule PlanView PolicyInputBody PolicyList
PolicyView PreviewView ProductInputBody ProductList ProductView PromptFileView PromptList PromptVersionView PromptVersions PromptView ProofView
ProofsView ProvenView Quality QuietHours RangView ReadinessView Reason RecordingView ReleaseFields ReplayInputBody ReplayView
ReportView RetriedView RingView RingingView RollBackInputBody RotaAtView RotaView ScheduleInputBody ScheduleList
ScheduleView ServesView ShiftView Silence SnapshotEvent SpentView SpokenChangeBody StepView StormView
SwapView TestCallBody TestCallView TestWeekly TicketEvent TicketLink TicketLinksRevoked TicketList TicketTwin TicketView TicketWhole TimeSpent TimeView Transcript TranscriptList TranscriptSegment Trunk
TrunkList TrunkTestBody TrunkTestRefusal TrunkTestView TurnView UncoveredView Verdict VerdictOnFlow WarningView WeekHours WeeklyShift WrittenFaultBody
YearlyView
`

// TestTheNamesOfSchemasStay: clients make types of the names in the OpenAPI document. A view that is renamed here keeps its
// schema's name by the table of package schema; a new one is added to the list.
func TestTheNamesOfSchemasStay(t *testing.T) {
	got := slices.Sorted(maps.Keys((&server{}).routes(router()).OpenAPI().Components.Schemas.Map()))
	if want := strings.Fields(schemaNames); !slices.Equal(got, want) {
		t.Errorf("the schemas are called\n%s\nwant\n%s", strings.Join(got, " "), strings.Join(want, " "))
	}
}

// TestEveryDocumentTakesTheVersionThatItsReaderSaw: what GET gives can be sent back as it is, and PATCH, which does that, works.
func TestEveryDocumentTakesTheVersionThatItsReaderSaw(t *testing.T) {
	api := (&server{}).routes(router()).OpenAPI()
	documents := 0
	for path, item := range api.Paths {
		if item.Put == nil || item.Patch == nil {
			continue
		}
		documents++
		body := item.Put.RequestBody.Content["application/json"].Schema
		if body.Ref != "" {
			body = api.Components.Schemas.SchemaFromRef(body.Ref)
		}
		if body.Properties["version"] == nil {
			t.Errorf("PUT %s refuses the version that GET gives", path)
		}
	}
	if documents < 12 {
		t.Errorf("only %d documents were found", documents)
	}
}
