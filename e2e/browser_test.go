package e2e_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hotline/notify/notifytest"
	"hotline/phone"
	"hotline/prompts"
)

var mailedCode = regexp.MustCompile(`(?m)^    (\d{6})\r?$`)

// customersPages is a portal that mails codes, and takes calls from browsers.
type customersPages struct {
	*house
	box  *notifytest.Server
	site string
}

func openPages(t *testing.T) *customersPages {
	t.Helper()
	box := notifytest.Start(t, notifytest.Config{Bare: true})
	h := open(t, "--config", settingsFile(t, fmt.Sprintf("mail: {server: %q, security: none, from: hotline@example.org}\nportal: {url: \"http://127.0.0.1\"}\n"+
		"browser: {udp: [\"127.0.0.1:%d\"], tcp: [\"127.0.0.1:%[2]d\"]}\nescalation: {key: 40s}\n", box.Address, freePort(t))))
	if _, err := h.call(http.MethodPatch, "/api/v1/customers/rossi", map[string]any{"email": "guasti@rossi.example"}, nil); err != nil {
		t.Fatal(err)
	}
	return &customersPages{h, box, "http://" + h.http}
}

// code waits for a code by mail.
func (p *customersPages) code(t *testing.T) (code string) {
	t.Helper()
	eventually(t, 30*time.Second, "a code comes by mail", func() error {
		for _, l := range p.box.Letters() {
			if m := mailedCode.FindStringSubmatch(l.Text); m != nil {
				code = m[1]
				return nil
			}
		}
		return fmt.Errorf("%d letters, none with a code", len(p.box.Letters()))
	})
	return code
}

// browseSpeaking starts a browser whose microphone hears a sound again and again.
func browseSpeaking(t *testing.T, pcm []int16) context.Context {
	t.Helper()
	return browse(t, chromedp.Flag("mute-audio", false), chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-file-for-fake-audio-capture", waveFile(t, "microphone", pcm)))
}

// raw has the page get the microphone's sound as it is: what a browser makes of speech (echo, noise, level) is another sound, and here it is
// the way that is judged.
const raw = `(() => {
  const get = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = function () {
    return get.call(this, { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  };
})()`

// onEveryPage has a script run before those of every page.
func onEveryPage(ctx context.Context, t *testing.T, script string) {
	t.Helper()
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		t.Fatal(err)
	}
}

// ear keeps what the page hears, at 8 kHz.
const ear = `(() => {
  globalThis.heard = [];
  const listen = () => {
    const stream = document.getElementById("call-sound").srcObject;
    if (!stream) { setTimeout(listen, 20); return; }
    const context = new AudioContext({ sampleRate: 8000 });
    const taps = context.createScriptProcessor(2048, 1, 1);
    taps.onaudioprocess = (e) => heard.push(Int16Array.from(e.inputBuffer.getChannelData(0), (x) => Math.max(-1, Math.min(1, x)) * 32767));
    context.createMediaStreamSource(stream).connect(taps).connect(context.destination);
  };
  listen();
  return true;
})()`

// whatWasHeard gives it in base64, in pieces that the protocol takes.
const whatWasHeard = `(() => {
  let text = "";
  for (const piece of heard) for (const b of new Uint8Array(piece.buffer)) text += String.fromCharCode(b);
  return btoa(text);
})()`

func heardInPage(ctx context.Context, t *testing.T) (pcm []int16) {
	t.Helper()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](whatWasHeard))
	if err != nil {
		t.Fatal(err)
	}
	octets, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(octets, 2) {
		pcm = append(pcm, int16(pair[0])|int16(pair[1])<<8)
	}
	return pcm
}

// again is a sentence over and over, with a pause behind each.
func again(sentence []int16, times int) (all []int16) {
	for range times {
		all = append(append(all, sentence...), make([]int16, 2*8000)...)
	}
	return all
}

// speaker is an engineer's telephone that accepts, speaks, and stays until the other one has hung up.
func speaker(ctx context.Context, t *testing.T, name string, pcm []int16) (p *phone.Phone, heard <-chan []int16) {
	t.Helper()
	all := make(chan []int16, 1)
	p = answering(t, name, func(_ context.Context, in *phone.Incoming) {
		c, err := in.PickUp(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		_ = c.Wait(ctx, 3*time.Second)
		_ = c.Press(ctx, "1")
		_ = c.Wait(ctx, 5*time.Second)
		for range 3 {
			_ = c.Say(ctx, pcm)
		}
		_ = c.Wait(ctx, time.Minute)
		c.Hangup()
		select {
		case all <- c.Heard():
		default: // rung again
		}
	})
	return p, all
}

// TestACustomerCallsFromTheBrowser: a customer logs in to the portal, tests microphone and sound, calls with one press, presses a key on the
// page, is joined with the engineer's telephone, both hear each other, and hangs up.
func TestACustomerCallsFromTheBrowser(t *testing.T) {
	t.Parallel()
	h := openPages(t)
	said, answered, never := speech(t, prompts.English, "request-locked"), speech(t, prompts.Italian, "request-expired"), speech(t, prompts.English, "next-step")
	ctx := browseSpeaking(t, again(said, 40))
	onEveryPage(ctx, t, raw)
	marco, heardByMarco := speaker(ctx, t, "marco", answered)
	h.onCall([]string{"Marco"}, []string{marco.Address()})
	does(ctx, t, "asking for a code", chromedp.Navigate(h.site+"/portal/login"), chromedp.SendKeys(chromedp.CSS("input[name=pin]"), pin+"\r"), chromedp.WaitVisible(chromedp.CSS("input[name=code]")))
	does(ctx, t, "logging in", chromedp.SendKeys(chromedp.CSS("input[name=code]"), h.code(t)+"\r"), chromedp.WaitVisible(chromedp.CSS(`a[href="/portal/call"]`)))
	does(ctx, t, "opening the telephone", chromedp.Click(chromedp.CSS(`a[href="/portal/call"]`)), chromedp.WaitVisible(chromedp.CSS("#call-start")))
	does(ctx, t, "testing", chromedp.Click(chromedp.CSS("#call-test")))
	shows(ctx, t, 10*time.Second, "the microphone is heard", `document.getElementById("call-status").textContent === document.getElementById("call").dataset.heard`)
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](ear)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	does(ctx, t, "calling", chromedp.Click(chromedp.CSS("#call-start")), chromedp.WaitVisible(chromedp.CSS("#call-keys")))
	t.Logf("the call stands %v after it was pressed for", time.Since(began).Round(time.Millisecond))
	pause(2 * time.Second)
	does(ctx, t, "pressing a key", chromedp.Click(chromedp.CSS(`#call-keys [data-key="1"]`)))
	h.awaitLine("joined", 60*time.Second)
	pause(time.Duration(len(answered))*3*time.Second/8000 + 8*time.Second)
	here := heardInPage(ctx, t)
	does(ctx, t, "hanging up", chromedp.Click(chromedp.CSS("#call-end")), chromedp.WaitVisible(chromedp.CSS("#call-start")))
	h.awaitLine("talk_ended", 20*time.Second)
	there := <-heardByMarco
	for _, one := range []struct {
		who       string
		heard, of []int16
	}{{"the browser", here, answered}, {"Marco", there, said}} {
		is, not := inPieces(one.heard, one.of), inPieces(one.heard, never)
		t.Logf("%s heard %.0f%% of what was said in %d s, %.0f%% of what nobody said", one.who, 100*is, len(one.heard)/8000, 100*not)
		if is < 0.5 || not > 0.2 {
			t.Errorf("%s heard %.0f%% of what was said (want 50), %.0f%% of what nobody said (want less than 20)", one.who, 100*is, 100*not)
		}
	}
	if notice := inPieces(here, speech(t, prompts.English, "recording-notice")); notice < 0.5 { // in the language of the page; no key cuts it
		t.Errorf("the browser heard %.0f%% of the notice", 100*notice)
	}
	h.judgeRecord(t)
}

// judgeRecord looks at the record of the call and at its ticket.
func (p *customersPages) judgeRecord(t *testing.T) {
	t.Helper()
	var list struct {
		Calls []struct {
			Transport, Ending, Contract string
			Ticket                      int64
			Quality                     struct {
				Encrypted bool
				Law       string
				PacketsIn int `json:"packets_in"`
			}
			Legs []struct{ Result string }
		}
	}
	eventually(t, 30*time.Second, "the record is whole", func() error {
		if _, err := p.call(http.MethodGet, "/api/v1/calls", nil, &list); err != nil {
			return err
		}
		if len(list.Calls) != 1 || list.Calls[0].Ending == "" {
			return fmt.Errorf("%+v", list)
		}
		return nil
	})
	c := list.Calls[0]
	if c.Transport != "browser" || c.Ending != "caller hung up" || c.Contract != "rossi" || c.Ticket == 0 || !c.Quality.Encrypted || c.Quality.Law != "PCMA" || c.Quality.PacketsIn == 0 || len(c.Legs) == 0 || c.Legs[0].Result != "accepted" {
		t.Errorf("the record is %+v", c)
	}
	v, err := p.latest()
	if err != nil || v.Claim != "blocking" || v.Contract != "rossi" || len(v.Recordings) == 0 && !v.has("joined") {
		t.Errorf("the ticket is %+v, %v", v, err)
	}
}

// TestTheTelephoneInThePageWorksByTheKeyboardAlone: a call is made, a key is pressed and the call is hung up without a mouse; and where
// a browser lacks something, the page says what.
func TestTheTelephoneInThePageWorksByTheKeyboardAlone(t *testing.T) {
	t.Parallel()
	h := openPages(t)
	ctx := browseSpeaking(t, again(speech(t, prompts.English, "request-locked"), 20))
	does(ctx, t, "asking for a code", chromedp.Navigate(h.site+"/portal/login"), chromedp.SendKeys(chromedp.CSS("input[name=pin]"), pin+"\r"), chromedp.WaitVisible(chromedp.CSS("input[name=code]")))
	does(ctx, t, "logging in", chromedp.SendKeys(chromedp.CSS("input[name=code]"), h.code(t)+"\r"), chromedp.WaitVisible(chromedp.CSS(`a[href="/portal/call"]`)))
	does(ctx, t, "opening the telephone", chromedp.Navigate(h.site+"/portal/call"), chromedp.WaitVisible(chromedp.CSS("#call-start")))
	does(ctx, t, "calling by Enter", chromedp.SendKeys(chromedp.CSS("input[name=number]"), "\r"), chromedp.WaitVisible(chromedp.CSS("#call-keys")))
	shows(ctx, t, 5*time.Second, "the focus stands at the end of the call", `document.activeElement.id === "call-end"`)
	pause(2 * time.Second)
	does(ctx, t, "pressing 3", chromedp.KeyEvent("3"))
	h.awaitLine("opened", 30*time.Second)
	does(ctx, t, "hanging up by Enter", chromedp.KeyEvent("\r"))
	shows(ctx, t, 5*time.Second, "the call is over", `document.getElementById("call-status").textContent === document.getElementById("call").dataset.over && document.activeElement.id === "call-start"`)
	if v, err := h.latest(); err != nil || v.Claim != "question" || v.Contract != "rossi" {
		t.Errorf("the ticket is %+v, %v", v, err)
	}
	for _, one := range []struct{ lacks, script, says string }{
		{"a microphone", `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError"))`, "noMicrophone"},
		{"leave to use the microphone", `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"))`, "noPermission"},
		{"WebRTC", `delete window.RTCPeerConnection`, "noWebrtc"},
	} {
		fresh, end := chromedp.NewContext(ctx)
		onEveryPage(fresh, t, one.script)
		does(fresh, t, "opening the telephone without "+one.lacks, chromedp.Navigate(h.site+"/portal/call"), chromedp.WaitVisible(chromedp.CSS("#call-start")))
		if one.lacks != "WebRTC" {
			does(fresh, t, "calling without "+one.lacks, chromedp.Click(chromedp.CSS("#call-start")))
		}
		shows(fresh, t, 5*time.Second, "the page says that there is no "+one.lacks, fmt.Sprintf(`document.getElementById("call-problem").textContent === document.getElementById("call").dataset.%s`, one.says))
		end()
	}
}
