# hotline: `make demo` shows the main job, `make test` runs every test, `make prove` walks a million requests, `make bench` measures, `make lint` reads.
GO         ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.7.0
# The binary knows its commit where git can tell it: not in a source archive, nor where git distrusts the folder's owner.
BUILDVCS   := $(shell git rev-parse HEAD >/dev/null 2>&1 && echo true || echo false)
DEMO       ?= $(shell test -t 0 || echo --once)

.PHONY: help demo test prove readback bench soak bench-clocks bench-start bench-size bench-desk fuzz screenshots a11y lint build go packages

help: ## what each target does
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: go ## a blocking call over real sockets, then a line to call; --once when nobody sits at the terminal
	@scripts/install postgresql voice
	@$(MAKE) --no-print-directory build
	bin/hotline demo $(DEMO)

# Packages run in this order: the longest first, or one core waits for them at the end. One more runs than there are cores: those with
# real telephones wait for sound, a hundred seconds for two of computing.
LONGEST = ./dispatch ./web ./admin ./postgres ./app ./sip ./media ./browser ./line
# Binaries of tests without what a debugger reads are linked in two thirds of the time; make lint vets what is tested.
FAST = -vet=off -ldflags=-w
# Where the disk is nearly full, what tests throw away lies in memory.
SCRATCH = TMPDIR=$$(scripts/scratch)
# Each binary under the race detector waits a second at its end for goroutines that still run: a tenth of it is enough behind tests that
# wait for theirs.
RACE = GORACE=atexit_sleep_ms=100 $(GO) test $(FAST) -race
# What one goroutine does alone has no race, and takes nine times as long under the detector: the laws of the house, and these tests.
# They are built as e2e builds the program, whose packages they share.
ALONE = $(SCRATCH) CGO_ENABLED=0 $(GO) test $(FAST) -trimpath
test: packages ## every test, with real PostgreSQL, SIPp, baresip, linphone, Kamailio, Chromium, Alertmanager, Postfix, tshark and sngrep, under the race detector but for what one goroutine does
	$(SCRATCH) GOGC=400 GOMEMLIMIT=2GiB $(RACE) -p $$(( $$(nproc) + 1 )) -timeout 40m $(LONGEST) $$($(GO) list ./... | grep -v -e /e2e -e '^hotline$$')
	$(ALONE) .
	$(ALONE) -run Hostile ./web
	$(SCRATCH) $(RACE) -timeout 40m ./e2e # by themselves: a telephone that stands still is not heard

# What trains a recogniser that reads the prompts back.
EARS = pocketsphinx sphinxtrain sphinxbase-utils espeak-ng festival festvox-italp16k festvox-itapc16k flite

prove: go ## a million random requests against the reference that walks minute by minute, 1,000 random nights and 4,000 calls of random keys
	HOTLINE_PROVE=$(or $(CASES),1000000) HOTLINE_PROVE_SEED=$(or $(SEED),1) $(GO) test -count=1 -timeout 60m -v -run SlowReference ./sla
	HOTLINE_PROVE=$(or $(ROTAS),100000) HOTLINE_PROVE_SEED=$(or $(SEED),1) $(GO) test -count=1 -timeout 60m -v -run SlowReference ./oncall/rota
	HOTLINE_PROVE=$(or $(NIGHTS),1000) HOTLINE_PROVE_SEED=$(or $(SEED),1) $(GO) test -count=1 -timeout 60m -v -run 'RandomNights|NightsThatWantTwo|NightsOfMenus|FifthIsReached' ./dispatch
	HOTLINE_PROVE=$(or $(CALLS),4000) HOTLINE_PROVE_SEED=$(or $(SEED),1) $(GO) test -count=1 -timeout 60m -v -run RandomKeys ./ivr/ivrtest
	$(GO) test -count=1 -run 'AddsUp|StepByStep|Explained' ./sla -rapid.checks=20000
	$(GO) test -count=1 -run RowsAreACache ./tickets -rapid.checks=20000
	@scripts/install python3
	python3 sla/testdata/policy.py | diff - sla/testdata/policy.golden

readback: go ## a recogniser that never heard what it judges listens to every prompt of all five voices; READBACK=it,fr to some alone
	@scripts/install $(EARS)
	HOTLINE_READBACK=$(or $(READBACK),it,en,de,fr,es) $(GO) test -count=1 -timeout 60m -v -run ReadBack ./prompts/readback

bench-clocks: go ## what the arithmetic, the sweep of 100,000 tickets, the report of 50,000 and one ticket of a call cost
	@scripts/install postgresql
	$(GO) test -run '^$$' -bench 'Add|Between|Year|Sweep|Report|Ticket' -benchtime 2s ./sla ./postgres

bench-start: go ## how long a start takes on a new data folder and on a known one
	@scripts/install postgresql
	$(GO) test -run '^$$' -bench Ready -benchtime 5x ./app

bench: go ## what calls cost, against the built binary and a real PostgreSQL; writes bench/REPORT.md in about 13 minutes. BENCH="-profile" keeps pprof files, "-only main-job,bridges" measures these rows alone, "-against OTHER" two builds in turn
	@scripts/install postgresql
	@$(MAKE) --no-print-directory build
	$(GO) build -o bin/bench ./cmd/bench
	bin/bench -hotline bin/hotline -dir bench $(BENCH)

DURATION ?= 30m
soak: go ## 300 calls that come and go for DURATION: does anything grow? Writes bench/SOAK.md
	@scripts/install postgresql
	@$(MAKE) --no-print-directory build
	$(GO) build -o bin/bench ./cmd/bench
	bin/bench -hotline bin/hotline -dir bench -soak $(DURATION)

bench-size: go ## lists, searches, a start and calls with 10,000 contracts and 500,000 tickets; writes bench/SIZE.md in about ten minutes
	@scripts/install postgresql
	@$(MAKE) --no-print-directory build
	$(GO) build -o bin/bench ./cmd/bench
	bin/bench -hotline bin/hotline -dir bench -size

bench-desk: go ## the staff's pages with 10,000 contracts, 500,000 tickets and 500,000 calls; writes bench/DESK.md. BENCH=-small tries it with fewer
	@scripts/install postgresql
	@$(MAKE) --no-print-directory build
	$(GO) build -o bin/bench ./cmd/bench
	bin/bench -hotline bin/hotline -dir bench -desk $(BENCH)

FUZZTIME ?= 2m
fuzz: go ## every fuzz target, FUZZTIME each
	@set -e; for d in $$(grep -rl --include=*_test.go '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -ho '^func Fuzz[A-Za-z0-9]*' $$d/*_test.go | cut -c6-); do \
			echo "$$d $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$d; done; done

lint: go ## gofmt, go vet and staticcheck
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

screenshots: go ## a picture of every page, light and dark, in both languages, for desktop and telephone, into bin/screenshots
	@scripts/install postgresql chromium
	@$(MAKE) --no-print-directory build
	$(GO) run ./cmd/screenshots -hotline bin/hotline -dir bin/screenshots

a11y: go ## accessibility of every page in both themes: axe-core (npm fetches it into the user's cache) and the keyboard alone
	@scripts/install postgresql chromium npm
	@$(MAKE) --no-print-directory build
	$(GO) run ./cmd/screenshots -hotline bin/hotline -axe "$$(scripts/axe/install)"

build: go ## bin/hotline, without cgo
	@CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=$(BUILDVCS) -o bin/hotline ./cmd/hotline

packages: go ## install the Debian packages that the tests need, where they are missing
	@scripts/install postgresql sip-tester baresip linphone-cli tshark sngrep kamailio chromium prometheus-alertmanager postfix dovecot-imapd swaks snmp voice $(EARS)

go:
	@command -v $(GO) >/dev/null || { echo "Go is missing: install Go 1.21 or later (it fetches the release that go.mod names), e.g. apt-get install golang-go from bookworm-backports"; exit 1; }
