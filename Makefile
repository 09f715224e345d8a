# The two commands are `make demo` and `make test`; both set up what they need and can be run again.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Compiled tests are kept, whatever the environment says: compiling takes longer than running them.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo test unit lint lab-test bench clean

help:
	@echo "make demo      a disposable host, the example stack deployed, a second release over it, the report"
	@echo "make test      lint, types, unit tests and the tests on the lab"
	@echo "make unit      the tests that need no Docker (seconds)"
	@echo "make lint      ruff, format and mypy"
	@echo "make bench     preflight, transfers, backups and fingerprints beside their peers (30 minutes)"
	@echo "make clean     remove what the lab made and the virtual environment"

$(READY): .ci/bootstrap .ci/requirements.lock pyproject.toml
	@.ci/bootstrap $(VENV)

demo: $(READY)
	@python -m lab demo

lint: $(READY)
	ruff check .
	ruff format --check .
	mypy

unit: $(READY)
	PYTHONDONTWRITEBYTECODE= python -m pytest tests/unit -q -n 2

lab-test: $(READY)
	python -m lab prepare
	python -m pytest tests/lab tests/incidents tests/mongo -q -n 2 --dist loadfile --durations=10

test: lint unit lab-test

# Each is measured, whether or not the one before held its bars.
bench: $(READY)
	python -m lab prepare
	status=0; for each in . .data_fingerprint. .data_backup. .data_restore. .transfer.; do \
	  python -m tests.benchmarks$${each%.} || status=1; done; exit $$status

clean:
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m lab down --all; fi
	@if grep -qs "^# Written by the demo" deploy/targets/demo.toml; then rm deploy/targets/demo.toml; fi
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
