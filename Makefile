# `make help` lists what can be done here; every target installs what it needs into .venv first.

PYTHON ?= $(shell python3.12 -c 'import sys; print(sys.executable)' 2>/dev/null || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PATHS  := dags include plugins tests
MATRIX := 3.3.1 3.2.1 3.0.6
CONSTRAINED := $(MATRIX:%=tests/matrix/constraints/airflow-%-python3.12.txt)
CHROMIUM := { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null

export PYTHONPATH := $(CURDIR)/include:$(CURDIR)/plugins

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

.PHONY: demo
demo: $(VENV)/installed ## play an hour of calls, run the DAG over it, compare every verdict with the truth
	@$(BIN)/python -m local_aws.commands.demo

.PHONY: ui
ui: $(VENV)/installed ## Airflow's UI over a contact centre that plays on; prints the address to open
	@$(BIN)/python -m local_aws.commands.ui

.PHONY: test
test: lint types test-unit test-dags test-integration test-dynamodb-local test-browser ## everything CI runs

.PHONY: lint
lint: $(VENV)/installed ## ruff, cfn-lint, the schema of Compose, the spelling of the docs
	$(BIN)/ruff check $(PATHS)
	$(BIN)/ruff format --check $(PATHS)
	$(BIN)/cfn-lint include/infrastructure/*.yaml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yaml
	$(BIN)/codespell *.md docs/*.md

.PHONY: types
types: $(VENV)/installed ## mypy, strict
	$(BIN)/mypy

.PHONY: test-unit
test-unit: $(VENV)/installed ## the domain alone, sockets off
	$(BIN)/pytest tests/unit

.PHONY: test-dags
test-dags: $(VENV)/installed ## the DAG file as Airflow reads it, sockets off
	$(BIN)/pytest tests/dags

.PHONY: test-integration
test-integration: $(VENV)/installed ## hooks, DAG runs and the stand-in over real HTTP
	$(BIN)/pytest tests/integration -n 2 --dist loadfile

.PHONY: test-dynamodb-local
test-dynamodb-local: $(VENV)/installed ## what is about the contact table, against AWS's own engine (Java 17, npm)
	@if missing=$$($(BIN)/python -m local_aws.dynamodb_local 2>&1); \
	then $(BIN)/pytest tests/integration -m "table or engine" --dynamodb-local; \
	else echo "test-dynamodb-local: left out, $$missing"; fi

.PHONY: faults
faults: $(VENV)/installed ## break whatever can break, and kill ten workers; writes docs/faults.md (ten minutes)
	KILLS=10 FAULTS_TABLE=docs/faults.md $(BIN)/pytest tests/integration/test_faults.py

.PHONY: bench
bench: $(VENV)/bench ## what a run costs: 100 to 50,000 open contacts over up to a million finished ones (an hour; Java, npm)
	PYTHONPATH=$(PYTHONPATH):$(CURDIR)/tests $(BIN)/python -m bench

.PHONY: fuzz
fuzz: $(VENV)/installed ## twenty thousand inputs for everything that reads what comes from outside (ten minutes)
	$(BIN)/pytest --hypothesis-profile fuzz --timeout 0 tests/unit/flow_log_subscriber/test_payload.py \
	  tests/unit/audio_leakage/flow_log/test_line.py tests/unit/audio_leakage/test_fuzz.py -k "whatever or refused"

.PHONY: soak
soak: $(VENV)/bench ## a simulated day in all weathers, then three hours through Airflow's scheduler (fifteen minutes)
	PYTHONPATH=$(PYTHONPATH):$(CURDIR)/tests $(BIN)/python -m soak

$(VENV)/bench: $(VENV)/installed
	@$(BIN)/pip install --quiet --disable-pip-version-check matplotlib==3.11.2
	@touch $@

.PHONY: test-matrix
test-matrix: $(MATRIX:%=test-on-%) ## the DAG and the package on every Airflow that MWAA offers it; needs Python 3.12

.PHONY: $(MATRIX:%=test-on-%)
$(MATRIX:%=test-on-%): test-on-%: build/matrix/%/installed
	env -u PYTHONPATH build/matrix/$*/bin/pytest tests/dags tests/integration/test_package.py tests/integration/test_dag_runs.py

.PHONY: package
package: $(VENV)/installed ## build what MWAA and the Lambda take, in build/
	@$(BIN)/python -m infrastructure.package

.PHONY: deploy
deploy: $(VENV)/installed ## bring it into an MWAA environment: make deploy TO="--environment ... (see docs/deploy.md)"
	@$(BIN)/python -m infrastructure.deploy $(TO)

.PHONY: docker
docker: .env ## Airflow and AWS on this machine in containers, http://localhost:8080
	docker compose up --build

.PHONY: test-browser
test-browser: $(VENV)/installed ## the UI in headless Chromium, where there is one or apt can install it
	@$(CHROMIUM) || apt-get install -qq -y chromium >/dev/null 2>&1 || true
	@if $(CHROMIUM); then $(BIN)/pytest tests/browser; \
	else echo "test-browser: left out, there is no Chromium here and apt-get cannot install it"; fi

# A package that the service does not know passes for one without vulnerabilities; so it is asked first for one that
# everybody knows.
AUDIT = $(<D)/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement

.PHONY: audit
audit: build/audit/installed ## known vulnerabilities of what is pinned, and of what MWAA brings for us; needs the internet
	@sed -nE 's/^([a-z0-9-]+)>=.*/^\1==/p' requirements.txt | grep -hf - $(firstword $(CONSTRAINED)) > $(<D)/requirements.txt
	@echo "jinja2==2.10" > $(<D)/known.txt
	@if $(AUDIT) $(<D)/known.txt 2>/dev/null | grep -q "^jinja2"; \
	then $(AUDIT) requirements-dev.lock && $(AUDIT) $(<D)/requirements.txt; \
	else echo "audit: left out, PyPI's advisories cannot be had from here"; fi

build/audit/installed:
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check pip-audit==2.9.0
	@touch $@

.PHONY: format
format: $(VENV)/installed ## let ruff put the code in order
	$(BIN)/ruff check --fix $(PATHS)
	$(BIN)/ruff format $(PATHS)

.PHONY: lock
lock: $(VENV)/installed ## resolve requirements-dev.in again; CONSTRAINTS=file or URL of Airflow's constraints
	@test -n "$(CONSTRAINTS)" || { echo "lock: say which: make lock CONSTRAINTS=constraints-3.3.1-python3.12.txt"; exit 2; }
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile requirements-dev.in --constraint $(CONSTRAINTS) --universal --python-version 3.11 \
	  --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements-dev.lock

.PHONY: clean
clean: ## remove the environment and every cache
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Airflow as MWAA installs it; what the tests need comes after it and may change nothing of it.
build/matrix/%/installed: tests/matrix/constraints/airflow-%-python3.12.txt tests/matrix/requirements.txt requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' \
	  || { echo "Python 3.12 is needed, as on MWAA ($$($(PYTHON) --version) found): make PYTHON=/path/to/python3.12"; exit 2; }
	@echo "installing Airflow $* into $(@D) (two minutes) ..."
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check apache-airflow==$* -r requirements.txt -c $<
	@$(@D)/bin/pip freeze --disable-pip-version-check > $(@D)/airflow.txt
	@$(@D)/bin/pip install --quiet --disable-pip-version-check -r tests/matrix/requirements.txt -c $(@D)/airflow.txt
	@touch $@

.env: | .env.example
	@$(PYTHON) -c 'import base64, secrets, sys; \
	  new = {"AIRFLOW_FERNET_KEY=": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}; \
	  lines = (line + new.get(line, lambda: secrets.token_hex(32))() if line.endswith("=") else line \
	           for line in sys.stdin.read().splitlines()); \
	  print("\n".join(lines))' < $| > $@
	@chmod 600 $@

$(VENV)/installed: requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed ($$($(PYTHON) --version) found): make PYTHON=/path/to/python3.12"; exit 2; }
	@echo "installing into $(VENV) (about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.lock
	@touch $@
