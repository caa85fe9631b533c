# `make demo` shows the sample mesh at work; `make test` checks everything. Both do all their own set-up.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
SECONDS_OF_FUZZING ?= 300

.PHONY: demo test bench coverage golden fuzz lint types contracts unit lock wheel clean setup

demo: $(READY)
	$(BIN)/lateen demo samples/meshes/shop

test: lint types contracts unit

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

unit: $(READY)
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal $(TESTS)

bench: $(READY)
	$(BIN)/python -m bench

coverage: $(READY)
	$(BIN)/python tools/coverage.py

golden: $(READY)
	$(BIN)/pytest -q tests/golden --rewrite

fuzz: $(READY)
	$(BIN)/python -m tests.fuzz reading $(SECONDS_OF_FUZZING)
	$(BIN)/python -m tests.fuzz gateway_api $(SECONDS_OF_FUZZING)
	$(BIN)/python -m tests.fuzz whole $(SECONDS_OF_FUZZING)
	LATEEN_WORLDS=3000 $(BIN)/pytest -q tests/property/test_worlds.py

setup: $(READY)

$(READY): requirements.lock pyproject.toml tools/setup
	PYTHON=$(PYTHON) VENV=$(VENV) tools/setup
	touch $@

lock: $(READY)
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements.lock

wheel: $(READY)
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
