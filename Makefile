# Farwatch. `make run` and `make test` set up everything they need on Debian 12; the Swift 6.2+ toolchain is yours.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
SWIFT_BUILD_FLAGS ?=

BUILD_PACKAGES := pkg-config libmicrohttpd-dev libgnutls28-dev libcrypt-dev libcurl4-openssl-dev libssl-dev libpq-dev libsqlite3-dev libre2-dev \
	zlib1g-dev libmariadb-dev librdkafka-dev libc-ares-dev libexpat1-dev libsnappy-dev libzstd-dev
TEST_PACKAGES := $(BUILD_PACKAGES) prometheus prometheus-alertmanager postgresql-15 curl openssl gzip python3 \
	python3-venv sqlite3 procps iproute2 redis-server mariadb-server prometheus-blackbox-exporter knot openssh-server \
	pgbackrest restic borgbackup victoria-metrics zstd chromium man-db groff-base mandoc systemd
BENCH_PACKAGES := $(TEST_PACKAGES) nginx-light
COMPARE_PACKAGES := $(TEST_PACKAGES) prometheus-postgres-exporter prometheus-mysqld-exporter prometheus-redis-exporter

RELEASE := $(SWIFT) build -c release --static-swift-stdlib --product farwatch $(SWIFT_BUILD_FLAGS)
BINARY = $(shell $(RELEASE) --show-bin-path)/farwatch

# Warnings are errors where we build for ourselves; a user's newer compiler may warn and still build.
test lint ci-build: export FARWATCH_STRICT := 1

.PHONY: help run build test unit-test e2e-test bench compare install dashboards lint format ci-build deps-build deps-test deps-bench deps-compare clean

help:
	@echo 'make run      install what is missing, build, run the demo'
	@echo 'make test     install what the tests need, run all of them'
	@echo 'make bench    measure against Prometheus, blackbox_exporter and nginx on this machine'
	@echo 'make compare  real databases in the states that mislead: what the usual exporters say, and what Farwatch says'
	@echo 'make install  PREFIX=/usr/local: one binary, its manual, a systemd unit, completions, rules and dashboards'
	@echo 'make lint     what CI checks before it builds'

run: build
	@exec $(BINARY) demo

build: deps-build
	$(RELEASE)

# One test at a time, but the end-to-end tests beside the others: Tests/run-all says why.
test: deps-test
	$(SWIFT) build --build-tests $(SWIFT_BUILD_FLAGS)
	@Tests/run-all $(SWIFT) test --skip-build --ignore-lock --no-parallel $(SWIFT_BUILD_FLAGS)

bench: deps-bench build
	$(SWIFT) build -c release --static-swift-stdlib --product farwatch-bench $(SWIFT_BUILD_FLAGS)
	@exec $$($(SWIFT) build -c release --show-bin-path $(SWIFT_BUILD_FLAGS))/farwatch-bench $(BINARY)

# Fails when Farwatch is wrong about one state.
compare: deps-compare build
	$(SWIFT) build -c release --static-swift-stdlib --product farwatch-bench $(SWIFT_BUILD_FLAGS)
	@exec $$($(SWIFT) build -c release --show-bin-path $(SWIFT_BUILD_FLAGS))/farwatch-bench $(BINARY) compare

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/share/farwatch/rules
	install -m 0755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/farwatch
	strip $(DESTDIR)$(PREFIX)/bin/farwatch
	sed 's|@PREFIX@|$(PREFIX)|g' packaging/farwatch.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/farwatch.service
	install -m 0644 rules/*.yml $(DESTDIR)$(PREFIX)/share/farwatch/rules/
	install -d $(DESTDIR)$(PREFIX)/share/farwatch/grafana/dashboards $(DESTDIR)$(PREFIX)/share/farwatch/grafana/provisioning
	install -m 0644 grafana/dashboards/*.json $(DESTDIR)$(PREFIX)/share/farwatch/grafana/dashboards/
	cp -r grafana/provisioning $(DESTDIR)$(PREFIX)/share/farwatch/grafana/
	sed -i 's|/usr/local/share|$(PREFIX)/share|' $(DESTDIR)$(PREFIX)/share/farwatch/grafana/provisioning/dashboards/farwatch.yml
	sed 's|/usr/local/share|$(PREFIX)/share|' examples/prometheus.yml > $(DESTDIR)$(PREFIX)/share/farwatch/prometheus.example.yml
	install -m 0644 examples/farwatch.yml $(DESTDIR)$(PREFIX)/share/farwatch/farwatch.example.yml
	install -m 0644 examples/alarms.yml $(DESTDIR)$(PREFIX)/share/farwatch/alarms.example.yml
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -d $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d $(DESTDIR)$(PREFIX)/share/man/man1
	$(BINARY) manual > $(DESTDIR)$(PREFIX)/share/man/man1/farwatch.1
	$(BINARY) --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/farwatch
	$(BINARY) --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_farwatch
	$(BINARY) --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/farwatch.fish

# After a change in Sources/Dashboards.
dashboards: build
	$(BINARY) dashboards --output grafana/dashboards

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
	packaging/check-unit

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

ci-build: deps-test
	$(SWIFT) build --build-tests $(SWIFT_BUILD_FLAGS)

clean:
	rm -rf .build

deps-build:
	@packaging/install-packages $(BUILD_PACKAGES)
deps-test:
	@packaging/install-packages $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory .build/python/installed
deps-bench:
	@packaging/install-packages $(BENCH_PACKAGES)
deps-compare:
	@packaging/install-packages $(COMPARE_PACKAGES)

# Made anew when the list changes, and only then: a second `make test` needs no network.
.build/python/installed: Tests/requirements.txt
	rm -rf .build/python
	python3 -m venv .build/python
	.build/python/bin/python -m pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	touch $@
