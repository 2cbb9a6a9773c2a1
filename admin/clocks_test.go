package admin_test

import (
	"fmt"
	"strings"
	"testing"
)

// extended is the level as it stands, with another limit of a blocking intervention.
func extended(seconds int) string {
	return fmt.Sprintf(`{"name":"Extended","calendar":"always","blocking":{"contact":3600,"intervention":%d,"restore":7200},
		"non_blocking":{"contact":14400,"intervention":28800,"restore":14400}}`, seconds)
}

func TestAnEditIsPreviewedAndRunningTicketsFollowOnlyWhenAsked(t *testing.T) {
	h := open(t)
	h.opened() // 09:01, intervention due 13:01
	h.post("/levels/extended/preview", extended(7200)).is(200, `"ticket":417,"clock":"intervention"`, `"becomes":"2026-11-23T12:01:00+01:00"`, `"clock":"restore"`)
	h.put("/levels/extended", extended(7200), "If-Match", "*").is(409, "2 deadlines of 1 running tickets would move (417)", "running=follow or running=keep")
	h.get("/levels").is(200, `"intervention":14400`) // nothing was changed
	h.put("/levels/extended?running=keep", extended(7200), "If-Match", "*").is(200)
	h.get("/tickets/417").is(200, `"due":"2026-11-23T14:01:00+01:00"`)
	h.get("/tickets/417").is(200, `"kind":"terms_kept"`)
	h.put("/levels/extended", extended(7200), "If-Match", "*").is(200) // it was said already
	h.post("/levels/extended/preview", extended(10800)).is(200, `"moves":[]`)
	h.opened() // 418, under the level as it is now
	h.put("/levels/extended", extended(10800), "If-Match", "*").is(409, "of 1 running tickets would move (418)")
	h.put("/levels/extended?running=follow", extended(10800), "If-Match", "*").is(200)
	h.get("/tickets/417").is(200, `"due":"2026-11-23T14:01:00+01:00"`)
	h.get("/tickets/418").is(200, `"kind":"terms"`)
	h.post("/tickets/417/follow", "").is(200, `"due":"2026-11-23T13:01:00+01:00"`, `"kind":"terms"`, `"intervention_was":"2026-11-23T13:01:00Z"`)
	h.post("/levels/extended/preview", extended(10800)).is(200, `"moves":[]`)
	h.put("/levels/extended?running=maybe", extended(10800), "If-Match", "*").is(422, "running")
	calendar := `{"name":"x","zone":"Europe/Rome","week":[{"day":2,"from":"09:00","until":"10:00"}]}`
	h.post("/calendars/always/preview", calendar).is(200, `"becomes":"2026-11-24T10:00:00+01:00"`)
	h.put("/calendars/always", calendar, "If-Match", "*").is(409, "would move (417, 418)")
	h.post("/calendars/office/preview", calendar).is(200, `"moves":[]`)
	h.put("/calendars/office", calendar, "If-Match", "*").is(200) // nothing moves, so nothing is asked
	h.post("/contracts/rossi/preview", `{"customer":"rossi","level":"professional","valid_from":"2026-01-01T00:00:00Z","remote_access":true,"version":1}`).is(200, `"clock":"intervention"`)
}

func TestATicketMayChangeItsContract(t *testing.T) {
	h := open(t)
	h.post("/contracts", `{"id":"verdi",`+verdi+`}`).is(201)
	h.opened()
	h.post("/tickets/417/contract", `{"contract":"verdi"}`).is(200, `"level":"professional"`, `"priority":2`, `"contract":"verdi"`)
	h.post("/tickets/417/contract", `{"contract":""}`).is(200, `"level":"on_request"`, `"clocks":[]`)
	h.post("/tickets/417/contract", `{"contract":"moon"}`).is(422, "body.contract")
}

func TestAPauseIsShownAndExplainedInBothLanguages(t *testing.T) {
	h := open(t)
	h.opened()
	h.post("/tickets/417/access-withdrawn", `{"text":"the line to the plant is cut"}`).is(200, `"why":"remote_access"`, `"paused":true`, `"until":null`)
	h.post("/tickets/417/access-back", "").is(200, `"paused":false`)
	h.get("/tickets/417/explanation").is(200, `"why":"paused:remote_access"`, "remote access withdrawn", "accesso remoto revocato",
		"intervention: opened Monday 23 November 2026 10:01; counted 10:01-10:02; paused 10:02-10:03, remote access withdrawn; 10:03-14:02; due Monday 23 November 14:02",
		`"because":{"it":"ore contate","en":"counted"}`)
	h.get("/tickets/999/explanation").is(404)
}

func TestRunningTicketsStandStillWhileTheInstallationCannotBeReached(t *testing.T) {
	h := open(t)
	h.opened()
	rossi := func(access string, version int) string {
		return fmt.Sprintf(`{"customer":"rossi","level":"extended","valid_from":"2026-01-01T00:00:00Z","remote_access":%s,"version":%d}`, access, version)
	}
	h.put("/contracts/rossi", rossi("false", 1)).is(200)
	h.get("/tickets/417").is(200, `"why":"remote_access"`, `"paused":true`, `"kind":"remote_access_withdrawn"`, "set on the contract")
	h.put("/contracts/rossi", rossi("true", 2)).is(200)
	h.get("/tickets/417").is(200, `"paused":false`, `"kind":"remote_access_back"`)
}

func TestHalfHolidaysAndExtraOpeningsAreKeptByTheAPI(t *testing.T) {
	h := open(t)
	special := `"yearly":[{"day":"12-24","hours":[{"from":"09:00","until":"12:00"}],"note":"Vigilia"}],
		"exceptions":[{"date":"2026-12-05","hours":[{"from":"09:00","until":"13:00"}],"note":"Sabato aperto"},{"date":"2026-12-07","note":"Ponte"}]`
	h.put("/calendars/office", `{"name":"x","zone":"Europe/Rome","week":[{"day":1,"from":"09:00","until":"18:00"},{"day":4,"from":"09:00","until":"18:00"},{"day":5,"from":"09:00","until":"18:00"}],`+special+`}`, "If-Match", "*").is(200,
		`"hours":[{"from":"09:00","until":"12:00"}],"note":"Vigilia"`, `{"date":"2026-12-07","note":"Ponte"}`)
	h.get("/dry-run?level=professional&category=blocking&at=2026-12-24+11:30").is(200, `"due":"2026-12-25T09:30:00+01:00"`)            // until noon
	h.get("/dry-run?level=professional&category=blocking&at=2026-12-04+17:30").is(200, `"due":"2026-12-05T09:30:00+01:00"`)            // Saturday is open
	h.get("/dry-run?level=professional&category=blocking&at=2026-12-05+12:30").is(200, `"due":"2026-12-10T09:30:00+01:00"`, "(Ponte)") // Monday is not
}

func TestWhatIfWithoutATicket(t *testing.T) {
	h := open(t)
	h.get("/dry-run?level=professional&category=blocking&at=2026-11-20T17:00:00%2B01:00").is(200,
		`"due":"2026-11-23T12:00:00+01:00"`, "fine settimana", `"projected":true`)
	h.get("/dry-run?level=professional&category=question&at=2026-11-20T17:00:00Z").is(200, `"clocks":[]`)
	h.get("/dry-run?level=platinum&category=blocking&at=2026-11-20T17:00:00Z").is(422, "query.level")
	h.get("/dry-run?level=professional&category=blocking&at=2026-11-20+17:00").is(200, `"due":"2026-11-23T12:00:00+01:00"`)
	h.get("/dry-run?level=professional&category=blocking&at=soon").is(422, "query.at", "write it as 2026-11-20 17:20")
	h.get("/dry-run?level=professional&category=blocking").is(422, "at")
}

func TestWarningsAndBreachesAreAPolicyInData(t *testing.T) {
	h := open(t)
	h.get("/levels").is(200, `{"clock":"contact","share_percent":75,"do":["notify"],"night":"wait"}`, `"stops":{"customer":["intervention","restore"]`)
	policy := func(alarms, stops string) string {
		return strings.TrimSuffix(extended(7200), "}") + `,"alarms":` + alarms + `,"stops":` + stops + `}`
	}
	h.put("/levels/extended", policy(`[{"clock":"restore","minutes_left":30,"do":["ring","raise"],"night":"act"}]`, `{}`), "If-Match", "*").is(200,
		`"alarms":[{"clock":"restore","minutes_left":30,"do":["ring","raise"],"night":"act"}]`, `"stops":{}`)
	for body, word := range map[string]string{
		policy(`[{"clock":"lunch","do":[]}]`, `{}`):                                      "clock",
		policy(`[{"clock":"restore","do":["shout"]}]`, `{}`):                             "do",
		policy(`[{"clock":"restore","share_percent":100,"do":[]}]`, `{}`):                "share_percent",
		policy(`[{"clock":"restore","do":[]},{"clock":"restore","do":[]}]`, `{}`):        "alarms[1]",
		policy(`[]`, `{"weather":["restore"]}`):                                          "weather",
		policy(`[{"clock":"restore","share_percent":5,"minutes_left":1,"do":[]}]`, `{}`): "either a share or the time left",
	} {
		h.put("/levels/extended", body).is(422, word)
	}
}

func TestWhatHappenedEarlierIsEnteredWithItsInstantAndAReason(t *testing.T) {
	h := open(t)
	path := fmt.Sprintf("/tickets/%d/", h.opened().Number) // at 9:01; each request is a minute later
	h.post(path+"comment", `{"text":"seen"}`).is(200)
	h.post(path+"comment", `{"text":"seen"}`).is(200)
	h.post(path+"intervention", `{"at":"2026-11-23T09:02:00Z"}`).is(422, "body.reason", "say why")
	h.post(path+"intervention", `{"at":"2026-11-23T08:00:00Z","reason":"forgotten"}`).is(422, "body.at", "opened only at")
	h.post(path+"intervention", `{"at":"yesterday","reason":"forgotten"}`).is(422, "body.at")
	h.post(path+"intervention", `{"at":"2026-11-23T10:02:00+01:00","reason":"forgotten"}`).
		is(200, `"state":"in_progress"`, `"met_at":"2026-11-23T09:02:00Z"`, `"entered":"later"`, `"at":"2026-11-23T09:02:00Z"`, "forgotten")
	h.post(path+"intervention", `{"at":"2026-11-23T09:02:30Z","reason":"forgotten"}`).is(422, "on record already")
	h.post(path+"contact", `{"at":"2026-11-23T09:01:30Z","text":"by mobile telephone"}`).is(200, `"met_at":"2026-11-23T09:01:30Z"`)
	h.post(path+"restored", `{"text":"it runs"}`).is(200, `"state":"restored"`, "it runs")
	h.post(path+"not-a-request", "").is(409)
}
