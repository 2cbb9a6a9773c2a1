package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/phone/load"
)

// What arrives without a call, beside calls that run: alerts of installed systems, and mail. Each alert and each letter is a matter of
// its own, so that each wants a ticket, or a line on the ticket of a storm.

const (
	arrivalsRow   = "arrivals"
	besideCalls   = 200
	installations = 40
	alertsRate    = 500 // a second
	mailsRate     = 100
	arriveFor     = 10 * time.Second
	alertSenders  = 64
	mailSenders   = 16
)

// arrivals is what became of one kind.
type arrivals struct {
	Calls   load.Result `json:"calls_beside"`
	Sent    int         `json:"sent"`
	Refused int         `json:"refused"`
	P50     float64     `json:"ticket_after_p50_ms"`
	P99     float64     `json:"ticket_after_p99_ms"`
	Seconds float64     `json:"seconds"` // until the last one was sent
}

func (a arrivals) rate() float64 { return float64(a.Sent-a.Refused) / max(a.Seconds, 0.001) }

// arrive measures alerts, then mail.
func (b *bench) arrive(ctx context.Context, f *figures) error {
	return b.with(ctx, nil, func(s *server, k *load.Crowd) error {
		if _, err := s.contracts(ctx, installations); err != nil {
			return err
		}
		if err := raise(ctx, k, besideCalls, dialing, load.Plan{Number: "tape"}); err != nil {
			return err
		}
		for _, part := range []struct {
			what string
			to   *arrivals
			send func(context.Context, *arrivals) error
		}{{"alerts", &f.alerts, s.alerts}, {"mails", &f.mails, s.mails}} {
			if err := k.Run(ctx, settle); err != nil {
				return err
			}
			m, err := k.Measure(s.process(), s.empty)
			if err != nil {
				return err
			}
			done, sent := make(chan struct{}), error(nil)
			go func() { sent = part.send(ctx, part.to); close(done) }()
			err = k.RunUntil(ctx, 6*arriveFor, func() bool { return closed(done) })
			<-done
			if err := errors.Join(err, sent); err != nil {
				return fmt.Errorf("sending %s: %w", part.what, err)
			}
			if part.to.Calls, err = m.End(); err != nil {
				return err
			}
			a := part.to
			b.say("%d %s at %.0f a second, %d refused; in a ticket after p50 %.0f ms, p99 %.0f ms; %d of %d packets of %d calls late", a.Sent, part.what, a.rate(), a.Refused, a.P50, a.P99, a.Calls.Late, a.Calls.Packets, besideCalls)
		}
		return nil
	})
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// paced calls send n times at a rate, from so many senders, and gives how long each took, in milliseconds.
func paced(rate float64, n, senders int, send func(i int) error) (took []float64, refused int, seconds float64) {
	var mu sync.Mutex
	var all sync.WaitGroup
	began, next := time.Now(), make(chan int)
	for range senders {
		all.Go(func() {
			for i := range next {
				from := time.Now()
				err := send(i)
				mu.Lock()
				took = append(took, float64(time.Since(from).Microseconds())/1000)
				if err != nil {
					refused++
				}
				mu.Unlock()
			}
		})
	}
	for i := range n {
		time.Sleep(time.Until(began.Add(time.Duration(float64(i) / rate * float64(time.Second)))))
		next <- i
	}
	close(next)
	all.Wait()
	return took, refused, time.Since(began).Seconds()
}

// alerts sends problems, each of its own, one a message. The answer comes when a ticket has it.
func (s *server) alerts(ctx context.Context, a *arrivals) error {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: alertSenders}}
	defer client.CloseIdleConnections()
	var took []float64
	a.Sent = int(alertsRate * arriveFor.Seconds())
	took, a.Refused, a.Seconds = paced(alertsRate, a.Sent, alertSenders, func(i int) error {
		body := fmt.Sprintf(`{"fingerprint":"bench:%d","severity":"warning","title":"disk %d is nearly full"}`, i, i)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/api/v1/alerts/native?contract=bench-%04d", s.api, i%installations), strings.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer demo")
		request.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode >= 300 {
			return fmt.Errorf("%s, %w", answer.Status, err)
		}
		return nil
	})
	a.P50, a.P99 = at(took, 50), at(took, 99)
	return nil
}

// mails sends letters of as many strangers, and looks ten times a second how many of them have a ticket: the k-th to have one is held
// against the k-th that was sent.
func (s *server) mails(ctx context.Context, a *arrivals) error {
	a.Sent = int(mailsRate * arriveFor.Seconds())
	var mu sync.Mutex
	var sent []time.Time
	var sending sync.WaitGroup
	sending.Go(func() {
		_, a.Refused, a.Seconds = paced(mailsRate, a.Sent, mailSenders, func(i int) error {
			from := time.Now()
			stranger := fmt.Sprintf("x%d@stranger.example", i)
			err := smtp.SendMail(s.mail.String(), nil, stranger, []string{"support@house.example"},
				fmt.Appendf(nil, "From: %s\r\nTo: support@house.example\r\nSubject: matter %d\r\nMessage-ID: <%d@stranger.example>\r\n\r\nIt does not start.\r\n", stranger, i, i))
			if err == nil {
				mu.Lock()
				sent = append(sent, from)
				mu.Unlock()
			}
			return err
		})
	})
	var took []float64
	for began := time.Now(); len(took) < a.Sent && time.Since(began) < 5*arriveFor; pause(ctx, 100*time.Millisecond) {
		opened, err := s.counted(ctx, `hotline_mails_received_total{result="opened"}`)
		if err != nil {
			return err
		}
		mu.Lock()
		slices.SortFunc(sent, time.Time.Compare)
		for len(took) < min(int(opened), len(sent)) {
			took = append(took, float64(time.Since(sent[len(took)]).Microseconds())/1000)
		}
		mu.Unlock()
	}
	sending.Wait()
	if len(took) < a.Sent-a.Refused {
		return fmt.Errorf("of %d letters %d were taken and %d have a ticket", a.Sent, a.Sent-a.Refused, len(took))
	}
	a.P50, a.P99 = at(took, 50), at(took, 99)
	return nil
}

// counted is one of the program's metrics.
func (s *server) counted(ctx context.Context, name string) (float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.api+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer demo")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, lines.Err()
}

// at is a percentile.
func at(values []float64, percent int) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)*percent/100]
}

// arrivalRows are the goals of what arrives without a call.
func (f *figures) arrivalRows() (rows []row) {
	for _, c := range []struct {
		what   string
		wanted int // a second
		arrivals
	}{{"alerts", alertsRate, f.alerts}, {"mails", mailsRate, f.mails}} {
		kept := c.Refused == 0 && c.P99 <= 2000 && c.rate() >= 0.95*float64(c.wanted)
		rows = append(rows, row{
			fmt.Sprintf("%d %s a second beside %d calls: in a ticket within 2 s (p99), none refused, calls late", c.wanted, c.what, besideCalls), "", "< 0.1 % late", "none late",
			fmt.Sprintf("%.0f a second, %d refused; p50 %.0f ms, p99 %.0f ms; %.4f %% late", c.rate(), c.Refused, c.P50, c.P99, 100*c.Calls.LateShare()),
			graded(kept && c.Calls.LateShare() < 0.001, kept && c.Calls.Late == 0), c.Calls.Load,
		})
	}
	return rows
}
