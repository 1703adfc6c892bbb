# Two commands: `make demo` and `make test`. Everything is set up in .venv, nothing outside of this folder.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
WORKERS ?= 3

.PHONY: help setup system demo test test-offline check lint types imports test-slow conformance bench docs clean
.DEFAULT_GOAL := help

help:            ## this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/  /'

FOCUS := .venv-focus
C7N := .venv-c7n
AZURITE := $(VENV)/azurite/node_modules/azurite/package.json

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable . --group dev
	@touch $(STAMP)

setup: $(STAMP)  ## the virtual environment with all that tests need

system: $(STAMP) $(AZURITE) ## a browser, a blob store and others' programs for tests, where they can be had (else those tests are skipped, loudly)
	@command -v chromium >/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	  && { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core systemd tmux iproute2 >/dev/null; } \
	  || echo "no Chromium and no way to install it: browser tests will be skipped"; }
	@$(MAKE) --no-print-directory $(FOCUS)/.stamp || echo "no FOCUS validator: its test will be skipped"
	@$(MAKE) --no-print-directory $(C7N)/.stamp || echo "no Cloud Custodian: the comparison with it will be skipped"

$(AZURITE): $(STAMP)
	@command -v npm >/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	  && { apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; } || true; }
	@npm install --prefix $(VENV)/azurite --no-audit --no-fund --loglevel=error azurite@3 \
	  || echo "no npm: tests against an Azure Blob store will be skipped"

demo: $(STAMP)   ## the nightly job on the built-in sample estate
	$(BIN)/tagrecon demo --output demo

test: $(STAMP)   ## all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -ra

test-offline: $(STAMP)  ## all tests where nothing but loopback can be reached, native clients included
	unshare -rn sh -c 'ip link set lo up && exec $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -ra $(TESTS)'

test-slow: $(STAMP)  ## long fuzzing, many kills, large estates
	TAGRECON_EXPLORE=1 $(BIN)/python -m pytest -m slow -ra

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

check: lint types imports test  ## what CI runs

docs: $(STAMP)   ## write the generated references again
	$(BIN)/python -m tests.docs.write

$(FOCUS)/.stamp: tests/conformance/requirements.txt tests/conformance/install.py
	$(PYTHON) tests/conformance/install.py $(FOCUS)
	@touch $@

$(C7N)/.stamp: tests/custodian/requirements.txt tests/custodian/install.py
	$(PYTHON) tests/custodian/install.py $(C7N)
	@touch $@

conformance: $(STAMP) $(FOCUS)/.stamp  ## FOCUS exports, judged by the FinOps Foundation's validator
	$(BIN)/python -m tests.conformance

bench: $(STAMP)  ## speed and memory, beside the bare scan and a pandas script
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group bench
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) $(FOCUS) $(C7N) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
