# Everything happens in .venv, made from nothing but git, make and Python >= 3.11 with venv.
#
#   make demo    compare three designs of one distributor, and name the figure
#   make test    what a change must pass: lint, types, floors, tests
#   make lint    the first three of these
#   make bench   how fast it is here, against the targets
#   make long    the tests that take longer
#   make docs    the documentation as a site, docs/_build/html/index.html; NOTEBOOKS=cache runs the notebooks for it
#
# Another Python: make PYTHON=python3.13 ...

PYTHON ?= python3
JOBS ?= 2
NOTEBOOKS ?= off

BIN := .venv/bin
DEMO := runs/demo
# A PostgreSQL server for the time of one command, where Debian's is installed. It is not what is tested, so it need not
# survive a loss of power. Without it the tests that want one are skipped, and the run says so.
SERVER := $(shell command -v pg_virtualenv >/dev/null && echo pg_virtualenv -o fsync=off -o log_min_messages=fatal)
# Errors only: what pip warns of (a mirror that lacks a package, its own age) is nothing a newcomer can act on.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip --quiet --quiet --no-input install --constraint constraints.txt

# Stamps of what was installed, so that a second `make` has nothing to do. Newer settings install again.
USER := .venv/.installed
DEVELOPER := .venv/.installed-dev

.PHONY: demo test lint bench long docs

demo: $(USER)
	rm -rf $(DEMO)
	$(BIN)/twin compare oversell --jobs 0 --out $(DEMO)
	@find $(DEMO) -name '*.svg' -o -name '*.png' | LC_ALL=C sort | sed 's/^/figure: /'

test: lint
	$(SERVER) $(BIN)/pytest -n $(JOBS) -m "not slow"

lint: $(DEVELOPER)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(USER)
	$(BIN)/twin bench

long: $(DEVELOPER)
	$(SERVER) $(BIN)/pytest -n $(JOBS) -m slow

docs: $(DEVELOPER)
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -D nb_execution_mode=$(NOTEBOOKS) docs docs/_build/html
	@echo 'site: docs/_build/html/index.html'

$(USER): $(BIN)/python pyproject.toml constraints.txt
	@echo 'Installing what twin needs into .venv (once; a minute or two) ...'
	@$(PIP) --editable .
	@touch $@

$(DEVELOPER): $(BIN)/python pyproject.toml constraints.txt
	@echo 'Installing what twin and its tests need into .venv (once; a minute or two) ...'
	@$(PIP) --editable '.[dev]'
	@touch $(USER) $@

$(BIN)/python:
	@command -v '$(PYTHON)' >/dev/null || { \
	  echo 'There is no $(PYTHON) here. Name a Python of 3.11 or newer: make PYTHON=python3.13 ...' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
	  "twin needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + \
	  ". Name another: make PYTHON=python3.13 ...")'
	@'$(PYTHON)' -m venv .venv || { rm -f $@; exit 1; } # half an environment must not pass for a whole one
