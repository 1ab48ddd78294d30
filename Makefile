# Monitorink. `make help` lists what there is; `make run` needs Go and nothing else.

GO       ?= go
FUZZTIME ?= 10s
GOLANGCI ?= 1

GOLANGCI_VERSION    := v2.15.0
STATICCHECK_VERSION := v0.8.2
KUBERNETES_VALIDATE_VERSION := 1.37.0
ESBUILD_VERSION     := v0.28.2
CYCLONEDX_VERSION   := v1.10.0
NFPM_VERSION        := v2.45.2
TOOLS               := .tools
export GOBIN        := $(CURDIR)/$(TOOLS)

# The race detector needs a C compiler.
RACE := $(shell [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v "$$($(GO) env CC)" >/dev/null 2>&1 && echo -race)

.DEFAULT_GOAL := help
.PHONY: help run run-producer run-consumer run-infra stop-infra migrate build images test-images test test-docs test-integration test-browser test-kubernetes screenshots page page-check chaos bench breaks fuzz lint compose-check env release test-release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  What env.sh lists can be set before any of them:'
	@echo '  MONITORINK_URLS=https://a.example,https://b.example make run'

run: build ## probe, collect and serve in one process, at http://127.0.0.1:8080; Ctrl-C drains
	@bin/monitorink run

run-producer: build ## only heartbeat: it probes, and offers its queue at http://127.0.0.1:8081
	@bin/heartbeat run

run-consumer: build ## only collector: it takes from heartbeat's queue, and serves at http://127.0.0.1:8080
	@bin/collector run

run-infra: build ## start Kafka, with its topics, and Postgres: by Compose where Docker is, else by deploy/local
	@deploy/local/infra.sh start

stop-infra: ## stop them; what they hold stays (deploy/local/infra.sh destroy removes it)
	@deploy/local/infra.sh stop

migrate: ## bring the database to the newest schema, by Flyway; FLYWAY_URL, _USER and _PASSWORD name another one
	@deploy/local/flyway.sh migrate

build: ## build bin/monitorink, bin/heartbeat and bin/collector, static
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/monitorink ./cmd/heartbeat ./cmd/collector

images: ## monitorink/heartbeat, monitorink/collector, monitorink/monitorink for amd64 and arm64: by Docker, else by buildah
	@deploy/images/build.sh

test-images: ## build the images twice, look into them and run them, with buildah and podman, which it installs
	@deploy/images/test.sh

test: ## all tests, on memory and disk, with -race where there is a C compiler
	$(GO) test $(RACE) ./...

test-docs: build ## the documentation: every link, every name, and every block that is marked, run as it is written; DOCS=docs/start.md for one page
	$(GO) test ./internal/docs/... ./cmd/internal/cli ./cmd/internal/config ./cmd/internal/metrics
	$(GO) run ./internal/docs/run $(DOCS)

test-integration: ## the tests against real Kafka, Postgres and Flyway, which it brings up and removes again
	@deploy/local/test-integration.sh

test-browser: build web/page/node_modules $(TOOLS)/esbuild-$(ESBUILD_VERSION) ## the page in a real browser, headless: needs npm, and Debian's chromium or what WEB_BROWSER names
	@$(GO) build -o bin/page ./bench/page
	@web/page/tests $(CURDIR)/$(TOOLS)/esbuild-$(ESBUILD_VERSION) $(TESTS)

test-kubernetes: $(TOOLS)/kubernetes-validate-$(KUBERNETES_VALIDATE_VERSION) ## deploy/kubernetes: rendered, validated, broken in every way and run, without a cluster; needs Python
	@cd deploy/kubernetes/check && $(GO) vet . && KUBERNETES_VALIDATE=$(CURDIR)/$</bin/kubernetes-validate $(GO) test -count=1 .

screenshots: web/page/node_modules $(TOOLS)/esbuild-$(ESBUILD_VERSION) ## the pictures in docs/images, within five minutes
	@$(GO) build -o bin/ ./bench/page ./cmd/monitorink
	@web/page/tests $(CURDIR)/$(TOOLS)/esbuild-$(ESBUILD_VERSION) test/screenshots.ts

page: web/page/node_modules $(TOOLS)/esbuild-$(ESBUILD_VERSION) ## build web/page/dist, which is committed, from web/page/src: needs npm
	@web/page/build $(CURDIR)/$(TOOLS)/esbuild-$(ESBUILD_VERSION) dist

page-check: web/page/node_modules $(TOOLS)/esbuild-$(ESBUILD_VERSION)
	@web/page/build $(CURDIR)/$(TOOLS)/esbuild-$(ESBUILD_VERSION) node_modules/.dist
	@diff -r web/page/node_modules/.dist web/page/dist >/dev/null || { echo 'web/page/dist is not what web/page/src makes: make page, and commit it'; exit 1; }

web/page/node_modules: web/page/package-lock.json
	@cd web/page && npm ci --ignore-scripts --no-audit --no-fund --silent && touch node_modules

chaos: ## kill, stop and cut everything, and account for every slot, without and with Kafka; CHAOS="--minutes 30 --seed 7 --queue kafka"
	$(GO) run ./bench/chaos $(CHAOS)

bench: run-infra migrate ## all benchmarks, on the servers of run-infra; docs/performance.md says what they measure
	$(GO) test -run '^$$' -bench . -benchmem ./...
	$(GO) run ./bench/baseline/probe
	$(GO) run ./bench/degraded
	$(GO) run ./bench/overload
	$(GO) run ./bench/scale
	$(GO) run ./bench/baseline/publisher
	$(GO) run ./bench/collector
	$(GO) run ./bench/latency
	$(GO) run ./bench/reload
	$(GO) run ./bench/view -short

breaks: ## break the code where the promises hang, and see a test fail each time
	$(GO) run ./bench/breaks

fuzz: ## every fuzz test for FUZZTIME (10s) each
	@grep -rEl '^func Fuzz' --include='*_test.go' . | sort | while read -r file; do \
		sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$$file" | while read -r name; do \
			echo "$$(dirname "$$file") $$name"; \
			fuzz() { $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" </dev/null 2>&1; }; \
			if said=$$(fuzz); then echo "$$said"; continue; fi; \
			echo "$$said"; \
			echo "$$said" | grep -q 'context deadline exceeded' && ! echo "$$said" | grep -q 'Failing input' || exit 1; \
			echo "go test takes its own end for a failure at times; once more:"; fuzz || exit 1; \
		done || exit 1; \
	done

lint: $(TOOLS)/staticcheck-$(STATICCHECK_VERSION) compose-check ## gofmt, vet, staticcheck, shellcheck, the Compose file and golangci-lint, whose build takes minutes once (GOLANGCI=0 leaves it out)
	@unformatted=$$(gofmt -l $$($(GO) list -f '{{.Dir}}' ./...)); \
		if [ -n "$$unformatted" ]; then echo "gofmt -w these:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet -tags integration ./...
	$(TOOLS)/staticcheck-$(STATICCHECK_VERSION) -tags integration ./...
	@if command -v shellcheck >/dev/null; then set -x; shellcheck -x -P SCRIPTDIR .ci/run web/page/build web/page/tests deploy/*/*.sh examples/*/*.sh; fi
	@if command -v npm >/dev/null; then $(MAKE) -s page-check; fi
ifneq ($(GOLANGCI),0)
	@$(MAKE) -s $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)
	$(TOOLS)/golangci-lint-$(GOLANGCI_VERSION) run
endif

compose-check: ## docker-compose.yml, by Compose's own library, and what is in it by the programs: no engine needed
	@cd deploy/composecheck && $(GO) vet . && $(GO) test . && $(GO) run . ../../docker-compose.yml

release: $(TOOLS)/cyclonedx-gomod-$(CYCLONEDX_VERSION) $(TOOLS)/nfpm-$(NFPM_VERSION) ## archives and packages for Linux and macOS, checksums and SBOMs, in dist; the same bytes for everybody
	@deploy/release/release.sh $^

env: ## write env.sh, docs/settings.md and docs/commands.md anew from the code
	$(GO) generate ./cmd/internal/config ./cmd/internal/cli

test-release: $(TOOLS)/cyclonedx-gomod-$(CYCLONEDX_VERSION) $(TOOLS)/nfpm-$(NFPM_VERSION) ## make the release of the newest commit twice, compare, install and run it: deploy/release/install.sh installs what that takes
	@deploy/release/install.sh
	@deploy/release/test.sh

$(TOOLS)/staticcheck-%:
	CGO_ENABLED=0 $(GO) install honnef.co/go/tools/cmd/staticcheck@$*
	@mv $(TOOLS)/staticcheck $@

$(TOOLS)/esbuild-%:
	CGO_ENABLED=0 $(GO) install github.com/evanw/esbuild/cmd/esbuild@$*
	@mv $(TOOLS)/esbuild $@

# Where it was built is not in it: the SBOM has its checksum.
$(TOOLS)/cyclonedx-gomod-%:
	CGO_ENABLED=0 $(GO) install -trimpath github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$*
	@mv $(TOOLS)/cyclonedx-gomod $@

$(TOOLS)/nfpm-%:
	CGO_ENABLED=0 $(GO) install github.com/goreleaser/nfpm/v2/cmd/nfpm@$*
	@mv $(TOOLS)/nfpm $@

$(TOOLS)/golangci-lint-%:
	CGO_ENABLED=0 $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$*
	@mv $(TOOLS)/golangci-lint $@

$(TOOLS)/kubernetes-validate-%:
	@python3 -m venv $@ && $@/bin/pip install -q --disable-pip-version-check kubernetes-validate==$* || { rm -rf $@; exit 1; }
