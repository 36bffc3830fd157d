# Everything a contributor types. `make` alone lists the targets.

# The first Python that is new enough; name another with `make demo PYTHON=...`.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv/bin/python
RUN = @$(if $(PYTHON),$(PYTHON) -m,echo "Python 3.11 or newer is needed." >&2; exit 1;)
SETUP = $(RUN) infra.local.setup
STEPS = $(RUN) infra.steps $(MAKE)
SOURCES := $(wildcard src functions infra tests trials)
ARGS ?=
# `COVERAGE=1 make test`, as CI has it, measures src and functions and holds their share.
COVERED := $(if $(COVERAGE),--cov --cov-report=term)
# A file's tests share what they start. In their order: sorted by number, the longest would be last.
WORKERS := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# Whole programs in small, minutes each: CI runs them beside `make test`.
TRIALS := tests/trials/bench tests/trials/hosts tests/trials/ranges
ARCH ?= arm64
WHEELS ?= dist

# Without bytecode that is kept, half of a process's start is compiling, and tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup init setup-python setup-node setup-ui setup-sam setup-fuzz setup-supabase setup-policies setup-vercel \
	demo demo-reset dev dev-backend psql access doctor prices costs redrive deploy destroy \
	test test-python test-ui test-trials test-lifecycle test-libraries test-hosts test-ranges chaos chaos-minute fuzz fuzz-api \
	bench-lambda bench-access bench-ingest bench-work bench-reads lint format types openapi openapi-check migration schema-check \
	alarms build wheel sam-env vercel-build validate check

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what the stack and the tests need, from the lock files
	$(SETUP) python node ui

init: setup

setup-python:
	$(SETUP) python

setup-node:
	$(SETUP) node

setup-ui:
	$(SETUP) node ui

setup-fuzz:
	$(SETUP) fuzz

setup-supabase:
	$(SETUP) supabase

setup-sam:
	$(SETUP) sam

setup-policies:
	$(SETUP) policies

setup-vercel:
	$(SETUP) vercel

demo: setup ## Run everything: dashboard, API, Data API, Postgres (Ctrl-C stops; ARGS=--login as deployed)
	@exec $(VENV) -m infra.local up --with-parent $(ARGS)

demo-reset: setup-python ## Delete the demo's data and keys
	@$(VENV) -m infra.local reset

dev: setup-python setup-node ## As demo, but reload what is edited
	@exec $(VENV) -m infra.local up --with-parent --dev $(ARGS)

dev-backend: setup-python ## As dev, without the dashboard
	@exec $(VENV) -m infra.local up --with-parent --dev --without-ui $(ARGS)

psql: ## Open psql on the running demo's database (ARGS="-c 'select 1'")
	@exec $(VENV) -m infra.local psql -- $(ARGS)

access: setup-python ## Make or end credentials (ARGS="key --tenant tenant-123 --scopes read")
	@$(VENV) -m infra.access $(ARGS)

doctor: setup-python ## Check a project, or the running demo, thing after thing (ARGS=--json)
	@$(VENV) -m infra.doctor $(ARGS)

prices: setup-python ## Write the price file, and send it to a project (ARGS=--send: only send it)
	@$(VENV) -m infra.prices $(ARGS)

costs: setup-python ## Print what a month costs (ARGS=--write; ARGS=--measure for the bytes)
	@$(VENV) -m infra.costs $(ARGS)

redrive: setup-python ## Count what waits beside the queue; move it with ARGS=--go
	@$(VENV) -m infra.redrive $(ARGS)

deploy: setup-python setup-sam setup-supabase ## Deploy an environment (ENV=staging; ARGS=--plan only says what it would do)
	@$(VENV) -m infra.deploy $(ARGS) "$(ENV)"

destroy: setup-python ## Delete a deployed environment, after saying what that is (ENV=staging)
	@$(VENV) -m infra.deploy --destroy $(ARGS) "$(ENV)"

test: ## Run the tests, on real Postgres and in a real Chromium
	$(STEPS) test-python test-ui

test-python: setup setup-sam setup-supabase setup-policies ## Run the Python tests (ARGS="-k name")
	$(VENV) -m pytest $(WORKERS) $(TRIALS:%=--ignore=%) $(COVERED) $(ARGS)

test-trials: setup setup-sam ## Run the benches, the worst hosts and the ends of the ranges in small
	$(VENV) -m pytest $(WORKERS) $(TRIALS) $(ARGS)

test-ui: setup ## Run the dashboard's tests
	cd ui && npm run test
	@chromium=$$($(VENV) -m infra.local chromium) && cd ui && CHROMIUM_PATH="$$chromium" npm run e2e

test-lifecycle: setup setup-sam ## Prove that no span is lost, on emulated Lambdas (ARGS=--write)
	$(VENV) -m trials.lifecycle $(ARGS)

test-libraries: setup-python ## Run each instrumentation library live (ARGS=--write keeps what it emits)
	$(VENV) -m trials.instrumentations $(ARGS)

test-hosts: setup setup-sam ## Try the layer beside functions' own packages (ARGS="wrapt" or --write)
	$(VENV) -m trials.hosts $(ARGS)

test-ranges: setup-python ## Run the library's tests at both ends of its dependencies' ranges (ARGS=--write)
	$(VENV) -m trials.ranges $(ARGS)

chaos: setup-python ## Ten minutes of faults; nothing acknowledged is lost (ARGS="--seconds 60 --seed 7")
	$(VENV) -m trials.chaos $(ARGS)

chaos-minute: setup-python
	$(VENV) -m trials.chaos --seconds 60 --seed 7

fuzz: setup-fuzz ## Look for a span that cannot be read, led by coverage (ARGS="--seconds 600")
	.venv-fuzz/bin/python -m trials.fuzz $(ARGS)

fuzz-api: setup-fuzz ## Send every route what openapi.json allows and forbids (ARGS="--seconds 600")
	.venv-fuzz/bin/python -m trials.fuzz.api $(ARGS)

bench-lambda: setup setup-sam ## Measure what telemetry costs on Lambda (ARGS="--quick latency")
	$(VENV) -m trials.bench.lambda_runtime $(ARGS)

bench-access: setup-python ## Measure what isolation and authentication cost (ARGS=--write)
	$(VENV) -m trials.bench.access $(ARGS)

bench-work: setup-python ## Measure what the worst bodies cost (ARGS=--write)
	$(VENV) -m trials.bench.work $(ARGS)

bench-reads: setup-python ## Measure sums and lists over 1 M spans (ARGS="--spans 10000000")
	$(VENV) -m trials.bench.reads $(ARGS)

bench-ingest: setup-python ## Measure OTLP ingestion beside Phoenix and MLflow (ARGS="--quick")
	$(VENV) -m trials.bench.ingest $(ARGS)

lint: setup-python setup-node ## Check style and the rules of import
	$(VENV) -m ruff check $(SOURCES)
	$(VENV) -m ruff format --check $(SOURCES)
	.venv/bin/lint-imports
	cd ui && npm run lint

format: setup-python setup-node ## Rewrite sources in the house style
	$(VENV) -m ruff format $(SOURCES)
	$(VENV) -m ruff check --fix $(SOURCES)
	cd ui && npm run lint -- --fix

types: setup-python setup-node ## Check types: mypy --strict and TypeScript
	$(VENV) -m mypy
	cd ui && npm run types

openapi: setup-python setup-node ## Write openapi.json from the functions, and the UI's types from it
	$(VENV) -m infra.openapi
	cd ui && npm run schema

openapi-check: setup-python setup-node
	$(VENV) -m infra.openapi --check
	cd ui && npm run schema:check

alarms: setup-python ## Write the alarms of the functions that template.yaml has
	$(VENV) -m infra.alarms

build: setup-python setup-sam ## Build the layers and the functions for Lambda (ARCH=x86_64)
	ARCH=$(ARCH) $(VENV) -m infra.build

wheel: setup-python ## Build the library for pip, into dist/
	@$(VENV) -m infra.build --wheel $(WHEELS)

migration: setup-python setup-supabase ## Write what supabase/schemas has and supabase/migrations lacks (NAME=add_x)
	@$(VENV) -m infra.schema "$(NAME)"

schema-check: setup-python setup-supabase ## Have Supabase's own command line judge the migrations
	@$(VENV) -m infra.schema --check

vercel-build: setup-python setup-node setup-vercel ## Build the dashboard as Vercel does, and judge the build
	@$(VENV) -m infra.vercel

sam-env: setup-python setup-sam ## Make `sam local` ready for the running demo, and print its command (ARGS=KeysFunction)
	@$(VENV) -m infra.sam_local $(ARGS)

validate: setup-python setup-sam ## Validate template.yaml and the stack of its alarms
	SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam validate --lint
	.venv-sam/bin/cfn-lint infra/deploy/*.yaml
	@$(VENV) -m infra.alarms --check

check: ## What CI runs, with the minutes of each step
	$(STEPS) setup setup-sam setup-supabase setup-policies lint types openapi-check schema-check test test-trials \
		test-lifecycle chaos-minute \
		validate build
