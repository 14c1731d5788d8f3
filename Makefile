# Everything a developer does here, with nothing installed but Go and make.
# `make` lists the targets.

SHELL := bash
.SHELLFLAGS := -o errexit -o nounset -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := $(CURDIR)/bin
GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT := $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION)

SAMPLE ?= evc
FUZZTIME ?= 20s
VERSION ?=
LDFLAGS := $(if $(VERSION),-X main.version=$(VERSION))

# The development cluster is a module of its own, so that Kubernetes itself is
# not among our dependencies.
MODULES := . cmd/kopf-devcluster

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/kopf-declarative
	go build -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/kopf-declarative

.PHONY: demo
demo: ## Show a sample at work on an embedded cluster (SAMPLE=evc)
	@go run ./samples/demo -sample $(SAMPLE)

.PHONY: test
test: devcluster ## Run all tests, on a real API server
	@for module in $(MODULES); do (cd $$module && go test -timeout 30m ./...); done

.PHONY: devcluster
devcluster: ## Build the embedded cluster (minutes the first time, then cached)
	@go run ./runtime/devcluster/prepare

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME=20s
	@.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## Measure the engine against a hand-written floor
	@go run ./bench

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Check style, import direction, go.mod and generated files
	@for module in $(MODULES); do (cd $$module && go mod tidy -diff && $(GOLANGCI_LINT) run --config $(CURDIR)/.golangci.yml ./...); done
	@.ci/generated

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code
	@for module in $(MODULES); do (cd $$module && $(GOLANGCI_LINT) fmt --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: generate
generate: ## Regenerate what is generated
	@for module in $(MODULES); do (cd $$module && go generate ./...); done

.PHONY: clean
clean: ## Remove what was built here
	rm -rf $(BIN) dist

$(GOLANGCI_LINT):
	@echo 'building golangci-lint $(GOLANGCI_LINT_VERSION), once (about a minute)'
	@mkdir -p $(BIN)
	@GOBIN=$(BIN)/build GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv $(BIN)/build/golangci-lint $@ && rmdir $(BIN)/build
