# Everything is written under this checkout: .venv and var. Nothing asks a question.
PYTHON ?= python3
BIN := .venv/bin
VAR := $(CURDIR)/var

# pip keeps the settings its user gave it (a mirror, a proxy); only what it writes moves.
ifndef PIP_CONFIG_FILE
PIP_CONFIG_FILE := $(firstword $(wildcard $(HOME)/.config/pip/pip.conf $(HOME)/.pip/pip.conf))
endif
ifneq ($(PIP_CONFIG_FILE),)
export PIP_CONFIG_FILE
endif
export HOME := $(VAR)/home
export XDG_CACHE_HOME := $(VAR)/cache
export XDG_CONFIG_HOME := $(VAR)/home/.config
export XDG_DATA_HOME := $(VAR)/home/.local/share
export XDG_STATE_HOME := $(VAR)/home/.local/state
export PIP_CACHE_DIR := $(VAR)/cache/pip
export MPLCONFIGDIR := $(VAR)/cache/matplotlib
export NUMBA_CACHE_DIR := $(VAR)/cache/numba
export TMPDIR := $(VAR)/tmp
export PYTHONUNBUFFERED := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONPATH PYTHONHOME DJANGO_SETTINGS_MODULE VIRTUAL_ENV

# Relative: a name with a space in the checkout's path would be two targets.
FOLDERS := var/home var/cache var/tmp
SOURCES := mrm registry validation examples tests requirements manage.py

.PHONY: help demo demo-check test check lint format coverage bench reference clean worker-env dev-env

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(FOLDERS):
	@mkdir -p $@

worker-env: | $(FOLDERS)
	@$(PYTHON) requirements/install.py worker

dev-env: | $(FOLDERS)
	@$(PYTHON) requirements/install.py dev

demo: worker-env ## install, do the main job, and keep serving until Ctrl-C
	@exec $(BIN)/python manage.py demo

demo-check: worker-env ## the same job, then stop everything; var/demo-summary.json says how it went
	@exec $(BIN)/python manage.py demo --check

test: dev-env ## the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST)

check: dev-env lint coverage ## every gate but the test suite
	$(BIN)/python -m registry.policy.lint
	$(BIN)/python -m tests.contracts.deployment
	$(BIN)/python -m pytest -q tests/contracts

lint: dev-env
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: dev-env
	$(BIN)/python -m tests.contracts.coverage

format: dev-env ## put the sources into the house's shape
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

reference: dev-env ## write docs/reference from the code
	$(BIN)/python -m tests.contracts.reference_pages

bench: dev-env ## A/B measurements; a table, and var/bench.json
	@$(PYTHON) requirements/install.py bench
	$(BIN)/python -m tests.benchmarks

clean: ## remove what was made, the virtual environment included
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
