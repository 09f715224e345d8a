# The two commands are `make demo` and `make test`; both set up what they need and can be run again.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Compiled tests are kept, whatever the environment says: compiling takes longer than running them.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help offline preflight verify demo test unit lint lab-test engines bench faults clean

help:
	@echo "make demo      a disposable host, the example stack deployed, a second release over it, the report (DEMO=demo)"
	@echo "make test      lint, types, unit tests and the tests on the lab"
	@echo "make unit      the tests that need no Docker (seconds)"
	@echo "make lint      ruff, format and mypy"
	@echo "make engines   what goes wrong in a deployment, by each method from each engine to each (10 minutes)"
	@echo "make bench     preflight, redaction, transfers, backups, fingerprints beside their peers (35 minutes)"
	@echo "make faults    the fault campaign: 200 disturbed deployments (two hours; RUNS=200 SEED=1 HOSTS=1)"
	@echo "make offline   the checks that need a repository only  (TARGET=deploy/shop.toml JUNIT=a.xml HTML=a.html)"
	@echo "make preflight the checks before a deployment          (the same variables)"
	@echo "make verify    the checks after a deployment           (the same variables)"
	@echo "make clean     remove the lab's hosts, the demo's target file, caches and the virtual environment"

$(READY): .ci/bootstrap .ci/requirements.lock pyproject.toml
	@.ci/bootstrap $(VENV)

# For a CI that can use neither of the workflow files in docs/ci.
GIVEN = $(if $(TARGET),--target "$(TARGET)") $(if $(JUNIT),--junitxml="$(JUNIT)") \
	$(if $(HTML),--html="$(HTML)" --self-contained-html)

offline: $(READY)
	@python -m pytest checks/preflight -m offline $(GIVEN)

preflight: $(READY)
	@python -m pytest checks/preflight $(GIVEN)

verify: $(READY)
	@python -m pytest checks/verify $(GIVEN)

demo: $(READY)
	@python -m lab demo $(if $(DEMO),--name "$(DEMO)")

lint: $(READY)
	ruff check .
	ruff format --check .
	mypy

# Four processes side by side, each with a part of the tests: workers that share all would each collect all of them.
unit: $(READY)
	@$(MAKE) --no-print-directory -j4 $(if $(filter output-sync,$(.FEATURES)),-O) unit-checks unit-hosts unit-remote unit-others

UNIT_HOSTS = $(addprefix tests/unit/,host transfer)
UNIT_REMOTE = $(addprefix tests/unit/,availability mongodb ssh)
unit-checks: PART = tests/unit/checks
unit-hosts: PART = $(UNIT_HOSTS)
unit-remote: PART = $(UNIT_REMOTE)
unit-others: PART = $(filter-out tests/unit/checks $(UNIT_HOSTS) $(UNIT_REMOTE) %/__pycache__,$(patsubst %/,%,$(wildcard tests/unit/*/ tests/unit/test_*.py)))
.PHONY: unit-checks unit-hosts unit-remote unit-others
unit-checks unit-hosts unit-remote unit-others: $(READY)
	PYTHONDONTWRITEBYTECODE= python -m pytest -q $(PART)

# tests/conftest.py says what goes to one worker and what comes first. Hosts begin with a copy of an engine that
# has the images (lab/seed.py), which is made on first use and stays until `make clean`. Three workers keep two
# processors busy while one of them waits for a server.
lab-test: $(READY)
	python -m lab prepare
	PYTHONDONTWRITEBYTECODE= python -m pytest tests/faults tests/incidents tests/lab tests/mongo -q -n 3 --dist loadfile \
	  --no-loadscope-reorder --durations=10 -m "not engines"

test: lint unit lab-test

engines: $(READY)
	python -m lab prepare
	PYTHONDONTWRITEBYTECODE= python -m pytest tests/lab/test_methods_deploy.py tests/lab/test_engines.py -v

# Each is measured, whether or not the one before held its bars.
bench: $(READY)
	python -m lab prepare
	status=0; for each in . .size. .redaction. .data_fingerprint. .data_backup. .data_line. .data_restore. \
	  .data_server. .data_memory. .transfer.; do python -m tests.benchmarks$${each%.} || status=1; done; exit $$status

faults: $(READY)
	python -m lab prepare
	python -m tests.faults --runs $(or $(RUNS),200) $(if $(SEED),--seed $(SEED)) --hosts $(or $(HOSTS),1)

clean:
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m lab down --all; fi
	@grep -ls "^# Written by the demo" deploy/targets/*.toml | xargs rm -f
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
