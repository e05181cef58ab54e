# `make help` lists the targets. Each target first installs what it needs into .venv.

PYTHON ?= $(shell python3.12 -c 'import sys; print(sys.executable)' 2>/dev/null || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PATHS  := dags include plugins tests
MATRIX := 3.3.1 3.2.1 3.0.6
CONSTRAINED := $(MATRIX:%=tests/matrix/constraints/airflow-%-python3.12.txt)
UV     := 0.13.9
# Show pip's errors, and not its warnings about an index or a folder.
PIP_QUIETLY := -qq --disable-pip-version-check
CHROMIUM := { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null

export PYTHONPATH := $(CURDIR)/include:$(CURDIR)/plugins
# Airflow takes half a minute to compile, and each of its many processes would do that again.
unexport PYTHONDONTWRITEBYTECODE

# $(call install,VENV,REQUIREMENTS): all of them are pinned, so nothing needs to be resolved. uv takes a fifth of pip's
# time, but does not know an index that only pip is configured for: then pip does it. -qq: errors, and no warnings.
define install
{ $(1)/bin/pip install $(PIP_QUIETLY) uv==$(UV) \
  && $(1)/bin/uv pip install --python $(1)/bin/python --quiet --compile-bytecode --no-deps $(2) 2>/dev/null; } \
  || $(1)/bin/pip install $(PIP_QUIETLY) --no-deps $(2)
endef

.DEFAULT_GOAL := help

# A line that begins with ##@ opens a group. A target belongs to the group it stands in.
.PHONY: help
help:
	@awk -F ':.*## ' '/^##@ / {printf "%s%s\n", gap, substr($$0, 5); gap = "\n"} \
	  /^[a-z-]+:.*## / {printf "  make %-19s  %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

##@ Try

.PHONY: demo
demo: $(VENV)/installed ## play an hour of calls, compare verdicts and evidence with the truth
	@$(BIN)/python -m local_aws.commands.demo

.PHONY: ui
ui: $(VENV)/installed ## Airflow's UI over a contact centre that plays on
	@$(BIN)/python -m local_aws.commands.ui

.PHONY: audit-flows
audit-flows: $(VENV)/installed ## what exported flows will record: make audit-flows FROM=<folder>
	@test -n "$(FROM)" || { echo "audit-flows: say which folder: make audit-flows FROM=exported-flows"; exit 2; }
	@$(BIN)/python -m flow_auditor $(FROM) $(if $(PICTURES),--pictures $(PICTURES))

.PHONY: docker
docker: .env ## Airflow and AWS in containers, http://localhost:8080
	docker compose up --build

##@ Test

# The longest begins first, and the unit tests take what the others leave of the cores. Each target's output comes in
# one piece, where make can do that (4.0 and later).
.PHONY: test
test: $(VENV)/installed ## everything that CI runs
	@$(MAKE) --no-print-directory --jobs 4 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) UNIT_BESIDE=nice \
	  test-integration test-browser test-unit test-dynamodb-local types lint test-dags

.PHONY: quick
quick: $(VENV)/installed ## while you work: ruff, mypy and the unit tests, in a minute
	@$(MAKE) --no-print-directory --jobs 3 style types test-unit UNIT="-m 'not slow' --quiet"

.PHONY: style
style: $(VENV)/installed ## ruff alone
	$(BIN)/ruff check $(PATHS)
	$(BIN)/ruff format --check $(PATHS)

.PHONY: lint
lint: style ## ruff, cfn-lint, docker-compose.yaml, spelling of the docs
	$(BIN)/cfn-lint include/infrastructure/*.yaml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yaml
	$(BIN)/codespell *.md docs/*.md

.PHONY: types
types: $(VENV)/installed ## mypy, strict
	$(BIN)/mypy

.PHONY: test-unit
test-unit: $(VENV)/installed ## the domain alone, without network
	$(UNIT_BESIDE) $(BIN)/pytest tests/unit -n 2 --dist worksteal $(UNIT)

.PHONY: test-dags
test-dags: $(VENV)/installed ## the DAG file as Airflow reads it, without network
	$(BIN)/pytest tests/dags

# A DAG run waits half of its time, for pauses between its calls: four workers keep two cores busy.
.PHONY: test-integration
test-integration: $(VENV)/installed ## hooks, DAG runs and the stand-in over real HTTP
	$(BIN)/pytest tests/integration -n 4 --dist worksteal

# The engine lives for a minute, so Java need not optimise it.
.PHONY: test-dynamodb-local
test-dynamodb-local: $(VENV)/installed ## the contact table on AWS's own engine (needs Java 17, npm)
	@if missing=$$($(BIN)/python -m local_aws.dynamodb_local 2>&1); \
	then JAVA_TOOL_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC" \
	  $(BIN)/pytest tests/integration -m "table or engine" --dynamodb-local; \
	else echo "test-dynamodb-local: left out, $$missing"; fi

.PHONY: test-demo
test-demo: $(VENV)/installed ## the real demo in a terminal of 80 and of 120 columns (8 minutes)
	$(BIN)/pytest tests/demo

.PHONY: test-scheduler
test-scheduler: $(VENV)/installed ## three missed hours through Airflow's own scheduler (3 minutes)
	$(BIN)/pytest tests/integration -m scheduler

.PHONY: faults
faults: $(VENV)/installed ## break whatever can break, write docs/faults.md (10 minutes)
	KILLS=10 FAULTS_TABLE=docs/faults.md $(BIN)/pytest tests/integration/test_faults.py

.PHONY: bench
bench: $(VENV)/bench ## what a run costs, with 100 to 50,000 open contacts (2 hours; Java, npm)
	PYTHONPATH=$(PYTHONPATH):$(CURDIR)/tests $(BIN)/python -m bench

.PHONY: fuzz
fuzz: $(VENV)/installed ## 20,000 inputs for everything that reads from outside (10 minutes)
	$(BIN)/pytest --hypothesis-profile fuzz --timeout 0 tests/unit/flow_log_subscriber/test_payload.py \
	  tests/unit/audio_leakage/flow_log/test_line.py tests/unit/audio_leakage/test_fuzz.py -k "whatever or refused"

.PHONY: mutants
mutants: $(VENV)/mutants ## small mistakes in the code, and how many a test notices (half an hour)
	$(BIN)/pytest tests/mutants --quiet
	PYTHONPATH=$(PYTHONPATH):$(CURDIR)/tests $(BIN)/python -m mutants $(MUTANTS)

$(VENV)/mutants: tests/mutants/requirements.txt $(VENV)/installed
	@$(BIN)/pip install $(PIP_QUIETLY) --no-deps --requirement $<
	@touch $@

.PHONY: soak
soak: $(VENV)/bench ## a simulated day, then 3 hours of Airflow's scheduler (half an hour)
	PYTHONPATH=$(PYTHONPATH):$(CURDIR)/tests $(BIN)/python -m soak

$(VENV)/bench: $(VENV)/installed
	@$(BIN)/pip install $(PIP_QUIETLY) matplotlib==3.11.2
	@touch $@

.PHONY: test-matrix
test-matrix: $(MATRIX:%=test-on-%) ## the package on each Airflow that MWAA offers (needs Python 3.12)

.PHONY: $(MATRIX:%=test-on-%)
$(MATRIX:%=test-on-%): test-on-%: build/matrix/%/installed
	env -u PYTHONPATH build/matrix/$*/bin/pytest tests/dags tests/integration/test_package.py tests/integration/test_dag_runs.py

.PHONY: test-browser
test-browser: $(VENV)/installed ## the UI in headless Chromium, if there is one
	@$(CHROMIUM) || apt-get install -qq -y chromium >/dev/null 2>&1 || true
	@if $(CHROMIUM); then $(BIN)/pytest tests/browser; \
	else echo "test-browser: left out, there is no Chromium here and apt-get cannot install it"; fi

.PHONY: test-mwaa
test-mwaa: build/airflow-as-mwaa/installed ## deploy into an Airflow set up as MWAA's (PostgreSQL, Chromium)
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || apt-get install -qq -y postgresql >/dev/null
	@$(CHROMIUM) || apt-get install -qq -y chromium >/dev/null
	$(<D)/bin/pytest tests/mwaa --timeout 3600

.PHONY: test-terraform
test-terraform: $(VENV)/installed ## the Terraform module, applied to the stand-in (needs Terraform)
	$(BIN)/pytest tests/terraform

.PHONY: pictures
pictures: $(VENV)/installed ## take the pictures of the UI again for the docs (needs Chromium)
	PICTURES=docs/images $(BIN)/pytest tests/browser -k theme

# The service reports no vulnerabilities for a package that it does not know. So we first ask about a package with
# known vulnerabilities, to see that the service works.
AUDIT = $(<D)/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement

.PHONY: audit
audit: build/audit/installed ## known vulnerabilities of what we pin (needs the internet)
	@sed -nE 's/^([a-z0-9-]+)>=.*/^\1==/p' requirements.txt | grep -hf - $(firstword $(CONSTRAINED)) > $(<D)/requirements.txt
	@echo "jinja2==2.10" > $(<D)/known.txt
	@if $(AUDIT) $(<D)/known.txt 2>/dev/null | grep -q "^jinja2"; \
	then $(AUDIT) requirements-dev.lock && $(AUDIT) $(<D)/requirements.txt; \
	else echo "audit: left out, PyPI's advisories cannot be had from here"; fi

build/audit/installed:
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/pip install $(PIP_QUIETLY) pip-audit==2.9.0
	@touch $@

##@ Prove

.PHONY: verify-evidence
verify-evidence: $(VENV)/installed ## verify evidence: FROM=<folder or s3://…>, and KEY=, HEAD=
	@$(BIN)/python -m evidence_tools.verify $(if $(KEY),--key "$(KEY)") $(if $(HEAD),--head "$(HEAD)") -- "$(FROM)"

.PHONY: replay-evidence
replay-evidence: $(VENV)/installed ## compute a revision again from its inputs: FROM=<folder or s3://…>
	@$(BIN)/python -m evidence_tools.replay -- "$(FROM)"

##@ Deploy

.PHONY: package
package: $(VENV)/installed ## build what MWAA and the Lambda take, in build/
	@$(BIN)/python -m infrastructure.package

.PHONY: deploy
deploy: $(VENV)/installed ## bring it into an MWAA environment: make deploy TO=--help says how
	@$(BIN)/python -m infrastructure.deploy $(TO)

##@ Maintain

.PHONY: format
format: $(VENV)/installed ## put the code in order with ruff
	$(BIN)/ruff check --fix $(PATHS)
	$(BIN)/ruff format $(PATHS)

.PHONY: lock
lock: $(VENV)/installed ## resolve requirements-dev.in again: make lock CONSTRAINTS=<file or URL>
	@test -n "$(CONSTRAINTS)" || { echo "lock: say which: make lock CONSTRAINTS=constraints-3.3.1-python3.12.txt"; exit 2; }
	@$(BIN)/pip install $(PIP_QUIETLY) uv==$(UV)
	$(BIN)/uv pip compile requirements-dev.in --constraint $(CONSTRAINTS) --universal --python-version 3.11 \
	  --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements-dev.lock

.PHONY: clean
clean: ## remove the environment, build/ and every cache
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Install Airflow as MWAA does, then the tests' requirements, which may not change Airflow's.
build/matrix/%/installed: tests/matrix/constraints/airflow-%-python3.12.txt tests/matrix/requirements.txt requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' \
	  || { echo "Python 3.12 is needed, as on MWAA ($$($(PYTHON) --version) found): make PYTHON=/path/to/python3.12"; exit 2; }
	@echo "installing Airflow $* into $(@D) (two minutes) ..."
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/pip install $(PIP_QUIETLY) apache-airflow==$* -r requirements.txt -c $<
	@$(@D)/bin/pip freeze --disable-pip-version-check > $(@D)/airflow.txt
	@$(@D)/bin/pip install $(PIP_QUIETLY) -r tests/matrix/requirements.txt -c $(@D)/airflow.txt
	@touch $@

# Airflow as in MWAA's image, with what that image has and the tests of all versions need.
build/airflow-as-mwaa/installed: $(firstword $(CONSTRAINED)) tests/matrix/requirements.txt tests/mwaa/requirements.txt
	@echo "installing Airflow as on MWAA into $(@D) (two minutes) ..."
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/pip install $(PIP_QUIETLY) apache-airflow==$(firstword $(MATRIX)) -r requirements.txt \
	  -r tests/mwaa/requirements.txt -r tests/matrix/requirements.txt -c $<
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
	@$(call install,$(VENV),--requirement requirements-dev.lock)
	@touch $@
