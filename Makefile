# Everything a newcomer needs; `make` alone prints this list.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test story bench bench-care nlu lint format migrate lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.run: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@touch $@ $(VENV)/.run

run: $(VENV)/.run ## Open the shop: database, seed, application, jobs and a WeChat of its own
	@exec $(BIN)/python -m app demo

test: $(VENV)/.dev ## Lint, types and every test, on SQLite and PostgreSQL
	@$(BIN)/python -m tests.support.prepare
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -n 3 --dist loadgroup
	@$(BIN)/python -m tests.support.prepare --report

story: $(VENV)/.run ## One member's whole life, told step by step against a running system
	@$(BIN)/python -m story

bench: $(VENV)/.dev ## Speed and memory on PostgreSQL, as figures and ratios
	@$(BIN)/python -m bench

bench-care: $(VENV)/.dev ## Stages, campaigns and sending for five million members; `MEMBERS=50000` for a quick look, `ONLY=send` for a part
	@$(BIN)/python -m bench.care $(if $(MEMBERS),--members $(MEMBERS)) $(if $(ONLY),--only $(ONLY))

nlu: $(VENV)/.dev ## Train the bot's understanding on its lines: the same lines give the same bytes
	@$(BIN)/python -m bot.understand.train

lint: $(VENV)/.dev ## Ruff and mypy, strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.dev ## Let ruff put the code in order
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

migrate: $(VENV)/.run ## Bring the database of config.toml up to date
	@$(BIN)/python -m app migrate

lock: $(VENV)/.dev ## Lock the requirements again, with hashes
	@$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras --allow-unsafe -o requirements.lock requirements.in
	@$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras --allow-unsafe -c requirements.lock -o requirements-dev.lock requirements-dev.in

clean: ## Forget the environment and the demo's data
	@rm -rf $(VENV) var
