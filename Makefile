# `make` alone prints what there is to run.
SHELL := /bin/bash
.DEFAULT_GOAL := help
UV_VERSION := 0.13.8
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
BIN := .venv/bin
STAMP := .venv/.stamp
T ?= tests
# Compiled modules are kept, wherever make starts Python: without them every process compiles a thousand files first.
unexport PYTHONDONTWRITEBYTECODE
NOTING := --seconds .seconds.tsv --places .places.jsonl
# All tests, on every core: those that share something are done by one worker (tests/conftest.py). Two workers more than
# there are cores, because many tests wait: for processes that died and come back, for guests that boot.
WORKERS := $(shell expr $$(nproc) + 2)
FIRST := $(BIN)/python -m pytest -p no:cacheprovider $(NOTING) --called .called.tsv -n $(WORKERS) --dist loadgroup
# Beside them a few again, on a real PostgreSQL server: all that is asked of a database is asked there (tests/places.py).
SECOND := $(BIN)/python -m pytest -p no:cacheprovider $(NOTING) --database postgresql
PLACES := $(BIN)/python -m tests.places .places.jsonl
CLOUDBENCH ?= ../shared/bench/cloudbench.py
PEER ?= ../shared/bench/openstack-peer.json

.PHONY: help setup packages testpackages up down quick test slowest cover lint bench screenshots lock format

help: ## print this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.tools/bin/uv:
	@python3 -c 'import ensurepip' 2>/dev/null || { apt-get update -qq; apt-get install -y -qq python3-venv >/dev/null; }
	@python3 -m venv .tools
	@.tools/bin/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)

$(STAMP): requirements/dev.txt pyproject.toml | $(filter .tools/bin/uv,$(UV))
	@$(UV) venv -q --allow-existing --python 3.11 .venv
	@$(UV) pip sync -q --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	@$(BIN)/python -m compileall -q src
	@touch $@

setup: $(STAMP) ## the Python environment only (.venv)

packages: ## the Debian packages that real mode uses
	@packaging/install-debian-packages

testpackages: # and those that the tests use
	@packaging/install-debian-packages tests

up: setup packages ## bring up a cloud on this machine, with a server to log in to
	@$(BIN)/haneul up --demo --detach

down: setup ## stop it; everything is kept
	@$(BIN)/haneul down

quick: setup ## what needs no root, no guest, no other server and no patience; on all cores
	@$(BIN)/python -m pytest -n auto --dist loadgroup -p no:cacheprovider $(if $(filter tests,$(T)),--quick) \
		-m "not (slow or sweep or ceph or clients or root or qemu or postgres)" \
		$(if $(filter changed,$(T)),$(shell $(BIN)/python -m tests.changed),$(T))

ifeq ($(T),tests)
test: setup testpackages ## all tests, same as CI (T=tests/kernel: those only)
	@rm -f .seconds.tsv .places.jsonl .called.tsv; \
	($(MAKE) --no-print-directory lint; lint=$$?; $(SECOND) --cover tests; exit $$((lint | $$?))) \
		>.second.txt 2>&1 & beside=$$!; \
	trap "kill $$beside 2>/dev/null" EXIT; \
	$(FIRST) tests; first=$$?; \
	echo "beside that: lint, and what PostgreSQL is to see"; \
	wait $$beside; second=$$?; trap - EXIT; cat .second.txt; \
	$(PLACES) rest >.rest.txt; rest=0; \
	if [ -s .rest.txt ]; then echo "and what is new to it ('make cover' notes that)"; $(SECOND) @.rest.txt; rest=$$?; fi; \
	$(PLACES) check; check=$$?; \
	$(BIN)/python -m tests.called .called.tsv; called=$$?; \
	exit $$((first | second | rest | check | called))
else
test: setup
	@$(BIN)/python -m pytest $(T)
endif

slowest: # the slowest tests of the last `make test`, into docs/testing.md
	@$(BIN)/python -m tests.seconds .seconds.tsv

cover: # which tests PostgreSQL is to see, by the last `make test`, into tests/postgresql_cover.txt
	@$(PLACES) cover

lint: setup ## format, lint, types, imports
	@$(BIN)/ruff format --check -q . || { echo "make format writes the format"; exit 1; }
	@$(BIN)/ruff check -q .
	@$(BIN)/lint-imports --no-cache >.lint.txt || { cat .lint.txt; exit 1; }
	@$(BIN)/pyright >.lint.txt || { cat .lint.txt; exit 1; }
	@rm -f .lint.txt

format: setup ## write the format
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

bench: setup packages ## measure; writes docs/performance.md (BESIDE=FILE: a peer on this machine too)
	@$(BIN)/python -m tests.bench --cloudbench $(CLOUDBENCH) --peer $(PEER) $(if $(BESIDE),--beside $(BESIDE))

screenshots: setup testpackages ## pictures of every page of the dashboard, to be looked at; into docs/screenshots
	@$(BIN)/python -m tests.services.dashboard.screenshots

lock: ## pin the dependencies again
	@for f in runtime dev; do $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/$$f.in -o requirements/$$f.txt; done
