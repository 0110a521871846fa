# Two commands for a newcomer: `make demo` and `make test`. Everything lives in .venv and .daybook.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCAL := $(VENV)/.local-installed
DEV := $(VENV)/.dev-installed
# Tests wait more than they compute, so there are more processes than cores.
PROCESSES ?= 4

.PHONY: demo up test test-chaos test-clients test-docker check format bench bench-tokens bench-backtest bench-code bench-sandbox bench-scenario bench-advice docs pin clean

demo: $(LOCAL)
	@$(BIN)/daybook demo $(ARGS)

up: $(LOCAL)
	@$(BIN)/daybook up $(ARGS)

test: $(DEV)
	@$(BIN)/python -m pytest -m "not chaos and not clients and not alone" -n $(PROCESSES) --dist loadfile $(ARGS)
	@$(BIN)/python -m pytest -m "alone" $(ARGS) || [ $$? -eq 5 ]

test-chaos: $(DEV)
	@$(BIN)/python -m pytest -m chaos -s --timeout=3600 $(ARGS)

test-clients: $(DEV)
	@$(BIN)/python -m pytest -m clients -s --timeout=1800 $(ARGS)

check: $(DEV)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/render_docs.py --check

format: $(DEV)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(DEV)
	@$(BIN)/python scripts/render_docs.py

bench: $(DEV)
	@$(BIN)/python scripts/bench/order_path.py $(ARGS)

bench-tokens: $(DEV)
	@$(BIN)/python scripts/bench/tokens.py $(ARGS)

bench-backtest: $(DEV)
	@$(BIN)/python scripts/bench/backtest.py $(ARGS)

bench-code: $(DEV)
	@$(BIN)/python scripts/bench/code_tokens.py $(ARGS)

bench-sandbox: $(DEV)
	@$(BIN)/python scripts/bench/sandbox.py $(ARGS)

bench-scenario: $(DEV)
	@$(BIN)/python scripts/bench/cvar.py $(ARGS)
	@$(BIN)/python scripts/bench/monte_carlo.py $(ARGS)
	@$(BIN)/python scripts/bench/scenario.py $(ARGS)

bench-advice: $(DEV)
	@$(BIN)/python scripts/bench/advice.py $(ARGS)

test-docker: $(DEV)
	@$(BIN)/python scripts/test_docker.py $(ARGS)

pin:
	@scripts/pin_requirements.sh --upgrade

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Daybook needs Python 3.11 or newer; set PYTHON=python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 2; }

$(LOCAL): requirements/local.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing the desk into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/local.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing the desk and its tests into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(LOCAL)

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
