# Two commands do it all: `make playground` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
CARGO ?= cargo
FEATURES := federation-store/etcd
PLAYGROUND_FLAGS ?=

.PHONY: help build playground test lint generate bench tools deps deny

help: ## Shows this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

build: ## Builds all programs
	$(CARGO) build --workspace

playground: ## Hub and three members in one process, with the example application; Ctrl-C ends it
	$(CARGO) build --release -p fedctl
	./target/release/fedctl playground --data-dir .playground $(PLAYGROUND_FLAGS)

test: deps tools ## Every tier of tests, on real components where something crosses a process
	$(CARGO) build --workspace
	$(CARGO) test --workspace --features $(FEATURES) --no-fail-fast

lint: ## Form, lints, and generated files
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

deny: ## Licences and advisories of dependencies (needs cargo-deny)
	$(CARGO) deny check

generate: ## Brings generated files up to date: CRDs, the reference of fedctl
	$(CARGO) run -q -p crds --bin generate-crds -- crds/generated
	UPDATE_DOCS=1 $(CARGO) test -q -p fedctl

bench: tools ## Speed and memory beside a real kube-apiserver; writes docs/benchmarks.md
	$(CARGO) build --release -p federation -p member-agent -p e2e-bench
	"$${CARGO_TARGET_DIR:-target}/release/e2e-bench"

tools: ## kube-apiserver, etcd, KWOK and kubectl for the tests, built once into a cache
	./e2e/clusters/tools/build.sh

deps: ## What the tests need from the system
	@command -v go >/dev/null || { echo "the test members are Go programs: install Go 1.26 or later"; exit 1; }
	@command -v protoc >/dev/null || { \
		echo "installing protoc for the etcd store"; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -y -qq protobuf-compiler libprotobuf-dev; \
		else echo "install protoc: apt-get install protobuf-compiler libprotobuf-dev"; exit 1; fi; }
