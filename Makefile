# Perennial. `make demo`, `make test`, `make check`, `make bench`; `make help` lists the rest.
# Needs Python 3.11 to 3.13, pip, git and make; everything else is set up here.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
# The first of these that fits; choose another with `make PYTHON=/path/to/python3.12 …`.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	command -v $$name >/dev/null && $$name -c 'import sys, ensurepip, venv; \
	sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$name && break; \
	done)
SIZE ?= 100000
SERVE ?= 1
ONLY ?=
CASES ?= 20000
SEED ?=
PORT ?= 8000
PYTEST_ARGS ?=
MODULES ?=
# Each process has its own database and queue names.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal
STAMP := $(VENV)/.installed

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# ------------------------------------------------------------------------------------ environment

.PHONY: install
install: $(STAMP) ## Make the virtual environment and install the pinned requirements

$(STAMP): requirements.txt requirements-dev.txt
	@$(or $(PYTHON),python3) config/install.py

# -------------------------------------------------------------------------------- public commands

.PHONY: demo
demo: install ## Set up the demo company and serve it (SERVE=0: only set up)
	@$(BIN)/python -m config.demo $(if $(filter 0,$(SERVE)),--no-serve)

.PHONY: test
test: install ## Run all tests (BROWSER=none: without those in a browser)
	@$(BIN)/python -m tests.browser.chromium
	@$(PYTEST) $(PYTEST_ARGS)

.PHONY: check
check: install lint types imports migrations-check deploy-check ## What CI runs: everything below, and all tests
	@BROWSER= $(BIN)/python -m tests.browser.chromium
	@BROWSER= $(PYTEST) --no-skips $(PYTEST_ARGS)

.PHONY: bench
bench: install ## Run the benchmark (SIZE=100000; ONLY=pages: a few minutes)
	@$(BIN)/python -m bench --size $(SIZE) $(if $(ONLY),--only $(ONLY))

# -------------------------------------------------------------------------------- parts of `check`

.PHONY: lint
lint: install ## Lint and formatting
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

.PHONY: format
format: install ## Format, and fix what can be fixed
	@$(BIN)/python -m ruff check --fix .
	@$(BIN)/python -m ruff format .

.PHONY: types
types: install ## Types
	@$(BIN)/python -m mypy

.PHONY: imports
imports: install ## Who may import whom
	@$(BIN)/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

.PHONY: migrations-check
migrations-check: install ## No model without its migration
	@$(BIN)/python manage.py makemigrations --check --dry-run --settings config.settings.test

.PHONY: deploy-check
deploy-check: install ## Django's deployment check, with production settings
	@SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	DATABASE_URL=postgres://perennial_app:-@localhost/perennial \
	REDIS_URL=redis://localhost:6379/0 ALLOWED_HOSTS=portal.example \
	EMAIL_URL=consolemail:// DEFAULT_FROM_EMAIL=portal@portal.example \
	$(BIN)/python manage.py check --deploy --fail-level WARNING --settings config.settings.production

# ------------------------------------------------------------------------------------- every day

.PHONY: servers
servers: install ## Keep the demo's database and queue up until Ctrl-C
	@$(BIN)/python -m config.embedded hold demo

.PHONY: migrate
migrate: install ## Bring the database up to date, as its owner
	@$(BIN)/python manage.py migrate

.PHONY: run
run: install ## Serve the portal on PORT=8000
	@$(BIN)/python manage.py runserver $(PORT)

.PHONY: worker
worker: install ## Run a worker
	@$(BIN)/python -m celery -A config worker --loglevel INFO

.PHONY: beat
beat: install ## Run the scheduler (one only)
	@mkdir -p .local && $(BIN)/python -m celery -A config beat --loglevel INFO --schedule .local/beat-schedule

.PHONY: messages
messages: install ## Collect and compile translations; 1 when one is missing
	@$(BIN)/python -m config.messages

# ------------------------------------------------------------------------------------- now and then

.PHONY: lock
lock: install ## Compile the pinned requirements anew (network)
	@$(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
		--upgrade requirements.in --output-file requirements.txt
	@$(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
		--upgrade requirements-dev.in --output-file requirements-dev.txt

.PHONY: audit
audit: install ## Known holes in the pinned packages (network, not part of CI)
	@$(BIN)/python -m pip_audit --require-hashes -r requirements.txt
	@$(BIN)/python -m pip_audit --require-hashes -r requirements-dev.txt

.PHONY: oracle
oracle: install ## Compare the engine with its second implementation on many more worlds (CASES=20000)
	@ORACLE_CASES=$(CASES) ORACLE_SEED=$(SEED) $(BIN)/python -m pytest tests/engine/test_oracle.py \
		--timeout 0 $(PYTEST_ARGS)

.PHONY: soak
soak: install ## Faults at random moments for hours or SOAK_MINUTES, from SOAK_SEED; exit 1 on any loss
	@nice -n 10 $(BIN)/python -m tests.soak

.PHONY: sweep
sweep: install ## Look at every page as everybody, on both screens, in both themes and languages
	@BROWSER= $(BIN)/python -m tests.browser.chromium
	@SWEEP=whole BROWSER= $(PYTEST) --no-skips tests/browser/test_sweep.py $(PYTEST_ARGS)

.PHONY: screenshots
screenshots: install ## Take the pictures of the pages for the readme
	@BROWSER= $(BIN)/python -m tests.browser.chromium
	@$(BIN)/python -m tests.browser.screenshots

.PHONY: mutation
mutation: install ## Mutation testing of the engine; goes on where it stopped (MODULES="money.py parts.py")
	@nice -n 19 $(BIN)/python -m tests.mutation run $(MODULES)

.PHONY: vendor
vendor: install ## Copy the front-end parts from npm (network and Node)
	@$(BIN)/python config/vendoring/vendor.py

.PHONY: clean-data
clean-data: install ## Delete the data of the embedded servers
	@$(BIN)/python -m config.embedded purge
