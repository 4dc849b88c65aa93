# What a person types. Everything runs in .venv, which is made anew when pyproject.toml changes.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$python && break; done)
BIN := .venv/bin
STAMP := .venv/.made-from-pyproject
PYTEST_WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint format reference bench

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' Makefile

demo: $(STAMP) ## scan a simulated AWS account and show the report
	@$(BIN)/python -m tests.support.demo

test: $(STAMP) ## run every test
	@command -v chromium chromium-browser google-chrome >/dev/null || \
		echo "no Chromium: the HTML report's tests are skipped (on Debian: apt-get install --no-install-recommends chromium)" >&2
	$(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist loadgroup

lint: $(STAMP) ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP) ## write the format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

reference: $(STAMP) ## write docs/rules.md anew from the rules and their tests
	$(BIN)/python -m tests.support.reference

bench: $(STAMP) ## measure start-up and large estates
	$(BIN)/python -m pytest -q -s tests/bench

$(STAMP): pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "assess needs Python 3.11 or newer: no python3 of that version was found" >&2; exit 1; fi
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) lacks the venv module: install it (on Debian and Ubuntu: the package python3-venv)" >&2; exit 1; }
	@echo "making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
