# `make help` lists the targets. The environment is .venv, made by requirements/set_up.sh.
#
#   make build CSAT_SOURCE=/path/to/tables     your own data
#   make build PYTHON=python3.12               another interpreter
#   make test PYTEST_ARGS="-k inventory"       some of the tests

.DEFAULT_GOAL := help
.NOTPARALLEL:

export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export PYTHONUTF8 := 1
# Models run side by side already: threads of matrix products would only wait for each other.
export OPENBLAS_NUM_THREADS ?= 1
unexport PYTHONPATH
unexport PYTHONHOME

BIN := .venv/bin
UV ?= uv
PYTEST_ARGS ?=
# Unit tests ask of the code, not of the day's data: `make test` runs them.
WITHOUT_UNIT_TESTS := --exclude-resource-type unit_test
ALERTS_ARGS ?=
REPORT_ARGS ?=
METRICS_ARGS ?= --metrics csat,nps,ces,response_rate,estimated_csat,customers_at_risk --group-by metric_time__month \
	--order metric_time__month
DASHBOARD_ARGS ?=
RUN_ARGS ?=
# The file that a full green build publishes.
PUBLISHED_FILE = $${CSAT_PUBLISHED_FILE:-warehouse/csat.duckdb}
# dbt reads another target folder here, so that a lint never disturbs a build.
LINT_TARGET := target/lint
# mf asks the package index for a newer version of itself; here nobody answers.
WITHOUT_NETWORK := HTTPS_PROXY=http://127.0.0.1:9
SQL_FOLDERS := $(wildcard models tests/data analyses examples)
PYTHON_FOLDERS := $(wildcard src tests python_models dashboards notebooks benchmarks examples lint)
LOCK := pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate $(LOCK_ARGS)

# What people read the marts with: pages, report, notebooks, metrics.
READERS := --extra dashboard --extra report --extra notebooks --extra metrics --extra docs

.PHONY: help
help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## Make .venv with what a build needs, building nothing.
	@sh requirements/set_up.sh project

.PHONY: setup-test
setup-test:
	@sh requirements/set_up.sh test

.PHONY: setup-spark
setup-spark: ## Make .venv with what `dbt build --target spark` needs, building nothing; needs Java.
	@sh requirements/set_up.sh spark

.PHONY: setup-dashboard
setup-dashboard:
	@sh requirements/set_up.sh dashboard

.PHONY: build
build: setup ## Set up, then build all from CSAT_SOURCE or the bundled demo, and publish.
	@mkdir -p warehouse
	@$(BIN)/csat check-build-file
	@echo "Building; logs/dbt.log says more."
	@$(BIN)/dbt --quiet build $(WITHOUT_UNIT_TESTS) || { \
		echo "The build failed and published nothing: the reasons are above and in logs/dbt.log." >&2; \
		echo "\`make check-data\` says what is wrong with the data." >&2; \
		exit 1; }
	@echo "Built: the marts are in $(PUBLISHED_FILE)."

.PHONY: daily
daily: setup ## Do the daily job, logged: check data, build, test, publish, tell alarms (RUN_ARGS).
	@$(BIN)/csat run $(RUN_ARGS)

.PHONY: publish
publish: setup ## Publish what the last whole, green build has made, without building.
	@$(BIN)/csat publish

.PHONY: test
test: setup-test lint pytest ## Set up, then lint and run all tests; PYTEST_ARGS chooses.

.PHONY: pytest
pytest: setup-test
	@$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

.PHONY: test-spark
test-spark: setup-spark ## Set up, then build a small company on DuckDB and on Spark, and compare all tables; needs Java.
	@$(BIN)/python -m pytest tests/spark $(PYTEST_ARGS)

.PHONY: check-data
check-data: setup ## Say what is found and what would be refused in CSAT_SOURCE, building nothing.
	@$(BIN)/csat check-data

.PHONY: lint lint-python lint-sql lint-project
lint: lint-python lint-sql lint-project ## Check style and project rules: Python, SQL, dbt.
lint-python: setup-test
	@$(BIN)/ruff check $(PYTHON_FOLDERS)
	@$(BIN)/ruff format --check --quiet $(PYTHON_FOLDERS) || { echo "Run \`make format\`." >&2; exit 1; }
lint-sql: setup-test
	@$(BIN)/sqlfluff lint --disable-progress-bar $(SQL_FOLDERS)
lint-project: setup-test
	@$(BIN)/dbt --quiet --warn-error parse --no-partial-parse --show-all-deprecations \
		--target-path $(LINT_TARGET)
	@said=$$(COLUMNS=160 $(BIN)/dbt-bouncer run --config-file lint/dbt-bouncer.yml \
		--output-only-failures --show-all-failures 2>&1) || { echo "$$said"; exit 1; }

.PHONY: format
format: setup-test ## Put Python and SQL into the project's style.
	@$(BIN)/ruff check --fix $(PYTHON_FOLDERS)
	@$(BIN)/ruff format $(PYTHON_FOLDERS)
	@$(BIN)/sqlfluff fix --disable-progress-bar $(SQL_FOLDERS)

.PHONY: lock
lock: ## Write requirements/*.lock anew after a change in pyproject.toml (LOCK_ARGS=--upgrade); needs uv.
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: pip install uv, or UV=/path/to/uv." >&2; exit 1; }
	@$(UV) $(LOCK) --extra build $(READERS) --extra test -o requirements/test.lock >/dev/null
	@$(UV) $(LOCK) --extra build $(READERS) --extra test --extra spark --constraint requirements/test.lock -o requirements/spark.lock >/dev/null
	@$(UV) $(LOCK) --extra build $(READERS) --constraint requirements/test.lock -o requirements/dashboard.lock >/dev/null
	@$(UV) $(LOCK) --extra build --constraint requirements/test.lock -o requirements/project.lock >/dev/null

.PHONY: docs
docs: setup-dashboard ## Write the documentation as one page, and where each column comes from as another, into target.
	@$(BIN)/csat model-card --docs-block --out target/docs/model_card.md
	@$(BIN)/dbt --quiet docs generate --static
	@echo "Written: target/static_index.html."
	@$(BIN)/csat lineage

.PHONY: dashboard
dashboard: setup-dashboard ## Show the pages in a browser, at http://localhost:8501; DASHBOARD_ARGS="--server.port=8600".
	@cd dashboards && ../$(BIN)/python -m streamlit run app.py $(DASHBOARD_ARGS)

.PHONY: alerts
alerts: setup ## Tell the open alarms, in words and in target/alerts; a scheduler calls csat alerts (ALERTS_ARGS).
	@$(BIN)/csat alerts --exit-zero $(ALERTS_ARGS)

.PHONY: metrics
metrics: setup-dashboard ## Query metrics of what is published by `mf query`; METRICS_ARGS says which.
	@test -f "$(PUBLISHED_FILE)" || { echo "Nothing is published in $(PUBLISHED_FILE): run \`make build\`." >&2; exit 1; }
	@$(BIN)/dbt --quiet parse --target-path target/metrics
	@cp target/metrics/semantic_manifest.json target/semantic_manifest.json
	@CSAT_TARGET=published $(WITHOUT_NETWORK) $(BIN)/mf query $(METRICS_ARGS)

.PHONY: report
report: setup-dashboard ## Write what is published as one page for mail and print; REPORT_ARGS="--out FILE".
	@$(BIN)/csat report $(REPORT_ARGS)

.PHONY: notebooks
notebooks: setup-dashboard ## Open the notebooks for analysts in a browser: drivers, programs, surveys.
	@MARIMO_SKIP_UPDATE_CHECK=1 $(BIN)/marimo edit notebooks

.PHONY: demo
demo: setup ## Write the bundled demo company, data/demo, anew, by the command in its README.
	@$(BIN)/$$(grep '^csat simulate ' data/demo/README.md)

.PHONY: example-shopzilla
example-shopzilla: setup ## Build the example on real support tickets, examples/shopzilla.
	@$(BIN)/python examples/shopzilla/run.py

.PHONY: benchmark
benchmark: setup-test ## Measure scale, speed and how far figures hold; long. See benchmarks/README.md.
	@$(BIN)/python benchmarks/staging.py 100000 1000000
	@$(BIN)/python benchmarks/scoring.py
	@$(BIN)/python benchmarks/accuracy.py demo shopzilla simulated
	@$(BIN)/python benchmarks/coverage.py
	@$(BIN)/python benchmarks/agents.py simulated
	@$(BIN)/python benchmarks/agents.py shopzilla data/shopzilla/customer_support_17k.csv
	@$(BIN)/python benchmarks/comments.py masking
	@$(BIN)/python benchmarks/daily.py refresh 100000 365 30
	@$(BIN)/python benchmarks/daily.py growth 20000 365 1095 3650
	@$(BIN)/python benchmarks/history.py 20000 240 120
	@$(BIN)/python benchmarks/segments.py 1000000
	@$(BIN)/python benchmarks/journeys.py 50000000
	@$(BIN)/python benchmarks/shocks.py
	@$(BIN)/python benchmarks/programs.py 200
	@$(BIN)/python benchmarks/program_scale.py 1000000
	@$(BIN)/python benchmarks/alarms.py
	@$(BIN)/python benchmarks/intervention_queue.py data/demo
	@$(BIN)/python benchmarks/retention.py 16

.PHONY: clean clean-all
clean: ## Remove what builds and tests leave behind, but nothing that readers open.
	@rm -rf target logs .pytest_cache .ruff_cache warehouse/csat_build.duckdb warehouse/csat_build.duckdb.wal
	@find $(PYTHON_FOLDERS) -name __pycache__ -type d -prune -exec rm -rf {} +
clean-all: clean ## Remove the environment and the published file too.
	@rm -rf .venv src/*.egg-info warehouse/*.duckdb
