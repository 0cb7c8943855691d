# The front door. Downloads and build output stay in a cache outside the checkout, so that a second
# clone does not start from nothing.
SHELL := /bin/bash
SLUICEGATE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sluicegate
export SLUICEGATE_CACHE
export CARGO_TARGET_DIR ?= $(SLUICEGATE_CACHE)/target
# The tests from outside, in two rows that run beside each other: files of tests/tests.
PROMISES := tidy activity harness harness_scripted harness_three_nodes tickets websocket websocket_several websocket_http2 promise_01_images \
  promise_02_sharing promise_03_kill promise_04_stalled promise_05_replay promise_06_faults \
  promise_07_revoke revocations promise_08_limits promise_09_hostile promise_09_requests promise_10_start gzip \
  embedded_broker notify openapi_suite portal hostile_http2 many_connections
PROTOCOLS := harness_clients upstream kafka_session kafka_fetch kafka_groups kafka_produce \
  kafka_hostile kafka_faults clients_own cli discover identity_certificates identity_keycloak identity_login clients demo_lines connect asyncapi_official store_faults audit_sinks limits_redis otlp doors_agree
BIN := $(CURDIR)/bin/sluicegate

.PHONY: help build demo test test-clients client-scenarios bench lint fmt clean

help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

build: ## The release binary, as bin/sluicegate
	@scripts/preflight build
	@scripts/build

demo: build ## Start everything embedded, with sample endpoints
	@$(BIN) demo

test: ## All tests, with a real Kafka
	@scripts/preflight test
	@scripts/build
	@echo "test: the pages of the portal"
	@scripts/web check
	@echo "test: units of all crates"
	@cargo test --locked --workspace --exclude tests --exclude bench
	@echo "test: the catalog on PostgreSQL"
	@scripts/with-postgres cargo test --locked --workspace --exclude tests --exclude bench \
	  --test apply --test attributes --test audit --test identities --test lifecycle --test replicas --test backup --test people --test races --test versions --test sigkill --test sending --test jobs --test messages
	@echo "test: from outside, with a real Kafka"
	@SLUICEGATE_BIN=$(BIN) scripts/outside "$(PROMISES)" "$(PROTOCOLS)"
	@echo "test: the WebSocket suite of Autobahn"
	@cargo build --locked --workspace --exclude bench --example ws_echo
	@scripts/autobahn $$CARGO_TARGET_DIR/debug/examples/ws_echo '1.*' '2.*' '3.*' '4.*' '5.*' '6.*' '7.*' '10.*'
	@echo "test: the tour of the README"
	@scripts/tour

test-clients: build ## Kafka clients of many languages through the gateway: a table (ARGS="--scenarios C1 --clients kafkajs")
	@scripts/preflight test
	@SLUICEGATE_BIN=$(BIN) cargo test --locked -p tests --test clients_tools --test clients_storm -- --test-threads=1
	@SLUICEGATE_BIN=$(BIN) cargo run --locked -p tests --bin clients -- $(ARGS)

client-scenarios: build ## The table of Kafka clients alone (ARGS as above)
	@scripts/preflight test
	@SLUICEGATE_BIN=$(BIN) cargo run --locked -p tests --bin clients -- $(ARGS)

bench: build ## The figures, side by side with peers
	@SLUICEGATE_BIN=$(BIN) cargo run --locked --release -p bench

lint: ## Format, clippy, supply chain
	@cargo fmt --all --check
	@cargo clippy --locked --workspace --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check; else echo "lint: cargo-deny is not installed: skipped"; fi

fmt: ## Format the code
	@cargo fmt --all

clean: ## Remove the build output (the cache keeps Kafka)
	@rm -rf bin "$(CARGO_TARGET_DIR)" "$(SLUICEGATE_CACHE)/binaries"
