# Every target with a `##` comment shows in `make help`, which plain `make` prints.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
ifeq ($(PYTHON),)
$(error no Python found: Bartizan needs Python 3.11 or newer (Debian: apt-get install python3 python3-venv))
endif
INSTALL := $(PYTHON) tools/install.py
FOREGROUND := $(PYTHON) tools/foreground.py
BIN := .venv/bin
TOGETHER := --numprocesses auto
unexport PYTHONDONTWRITEBYTECODE  # what one process has compiled, tests included, the others need not compile again
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header

.DEFAULT_GOAL := help
.PHONY: help install up drill test check fix bench train-guard train-encoder train-names fuzz docs lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## make .venv with everything, .venv/bin/bartizan included (MODEL=gemma: the real model too; COMPILED=1: a faster hot path; EDGE=1: real proxies; OPENAPI=1: schemas; COLUMNS=1: a copy of the ledger for analysis; WORKLOADS=1: certificates for workloads; ENCODER=1: what an encoder of documents needs)
	@$(INSTALL) dev
	@$(if $(COMPILED),$(INSTALL) compiled && $(BIN)/python -m tools.compile)
	@$(if $(EDGE),$(INSTALL) edge)
	@$(if $(OPENAPI),$(INSTALL) openapi)
	@$(if $(COLUMNS),$(INSTALL) columns)
	@$(if $(WORKLOADS),$(INSTALL) workloads)
	@$(if $(ENCODER),$(INSTALL) encoder)
	@$(if $(MODEL),$(INSTALL) $(MODEL))

up: ## protect the built-in sample, drill it, stay until Ctrl-C (MODEL=gemma: a real language model behind it; ENCODER=1: what an encoder of documents needs)
	@$(INSTALL) $(or $(MODEL),run)
	@$(if $(ENCODER),$(INSTALL) encoder)
	@$(FOREGROUND) $(BIN)/bartizan up $(if $(MODEL),--model $(MODEL))

drill: ## start, attack from outside, print what held, stop; fails unless every promise claimed held
	@$(INSTALL) run
	@exec $(BIN)/bartizan up --once

test: ## every test, fast ones first, several at a time; lists by name what it did not run
	@$(INSTALL) dev
	@$(BIN)/python -m pytest $(or $(TESTS),$(TOGETHER))

# 2 is mypy's own failure: on a busy machine its processes do not always find one another, and one does it alone.
check: ## the gate: format, lint, types, floors, generated documents; no tests
	@$(INSTALL) dev
	@wrong=; \
	$(BIN)/ruff format --check --quiet || wrong="$$wrong format"; \
	$(BIN)/ruff check --quiet || wrong="$$wrong lint"; \
	types=0; $(BIN)/mypy --no-error-summary || types=$$?; \
	[ $$types -ne 2 ] || { types=0; $(BIN)/mypy --no-error-summary --num-workers 0 || types=$$?; }; \
	[ $$types -eq 0 ] || wrong="$$wrong types"; \
	said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said"; wrong="$$wrong floors"; }; \
	$(BIN)/python -m tools.catalogue --check || wrong="$$wrong documents"; \
	$(BIN)/python -m tools.commands --check || wrong="$$wrong documents"; \
	$(BIN)/python -m tools.admin_api --check || wrong="$$wrong documents"; \
	[ -z "$$wrong" ] || { echo "check        wrong:$$wrong (make fix mends what it can)"; exit 1; }
	@echo "check        clean"

fix: ## mend what can be mended: format, lint, generated documents
	@$(INSTALL) dev
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet
	@$(BIN)/python -m tools.catalogue
	@$(BIN)/python -m tools.commands
	@$(BIN)/python -m tools.admin_api

bench: ## measure beside peers on this machine, append to bench/RESULTS.md
	@$(INSTALL) dev
	@$(INSTALL) train
	@for name in gateway decision slices handshake race ledger queries recovery kills flood newcomer soak signins guard_text guard_model guard_conversation guard guard_gateway sign scan lineage; do $(BIN)/python -m bench.$$name --record || exit 1; done

train-guard: ## make the guard's model of injections anew (DATA=folder of train.jsonl and benign.jsonl; two minutes)
	@$(INSTALL) train
	@OMP_NUM_THREADS=1 $(BIN)/python -m tools.train_guard $(DATA)

train-encoder: ## make the guard's encoder of documents anew (DATA=folder of train.jsonl and benign.jsonl; half an hour on two idle cores)
	@$(INSTALL) train-encoder
	@$(BIN)/python -m tools.train_encoder $(DATA)

train-names: ## make the guard's model of names anew (DATA=folder of train.jsonl and benign.jsonl; a minute)
	@$(INSTALL) train
	@OMP_NUM_THREADS=1 $(BIN)/python -m tools.train_names $(DATA)

fuzz: ## attack every parser, guided by coverage (EXECUTIONS=200000 of each, TARGET=all), then the property tests for long
	@$(INSTALL) fuzz
	@$(BIN)/python -m fuzz $(or $(TARGET),all) --executions $(or $(EXECUTIONS),200000)
	@$(if $(TARGET),,$(BIN)/python -m pytest --hypothesis-profile=fuzz -m property $(TESTS))

docs: ## write the generated documents anew (docs/controls.md, docs/commands.md, docs/admin.md)
	@$(INSTALL) dev
	@$(BIN)/python -m tools.catalogue
	@$(BIN)/python -m tools.commands
	@$(BIN)/python -m tools.admin_api

lock: ## lock dependencies anew from pyproject.toml, newest first (needs the network)
	@$(INSTALL) dev
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/uv.txt
	@$(LOCK) --upgrade --group installer --output-file requirements/uv.txt
	@$(LOCK) --upgrade pyproject.toml --group build --output-file requirements/run.txt
	@$(LOCK) --upgrade pyproject.toml --group build --group dev --constraint requirements/run.txt --output-file requirements/dev.txt
	@$(LOCK) --upgrade pyproject.toml --extra gemma --constraint requirements/dev.txt --output-file requirements/gemma.txt
	@$(LOCK) --upgrade pyproject.toml --extra openapi --constraint requirements/dev.txt --output-file requirements/openapi.txt
	@$(LOCK) --upgrade pyproject.toml --extra columns --constraint requirements/dev.txt --output-file requirements/columns.txt
	@$(LOCK) --upgrade pyproject.toml --extra workloads --constraint requirements/dev.txt --output-file requirements/workloads.txt
	@$(LOCK) --upgrade pyproject.toml --extra encoder --constraint requirements/dev.txt --output-file requirements/encoder.txt
	@$(LOCK) --upgrade --group compiled --constraint requirements/dev.txt --output-file requirements/compiled.txt
	@$(LOCK) --upgrade --group edge --constraint requirements/dev.txt --output-file requirements/edge.txt
	@$(LOCK) --upgrade --group fuzz --constraint requirements/dev.txt --output-file requirements/fuzz.txt
	@$(LOCK) --upgrade --group train --constraint requirements/dev.txt --output-file requirements/train.txt
	@$(LOCK) --upgrade --torch-backend cpu --group train-encoder --constraint requirements/dev.txt --output-file requirements/train-encoder.txt
	@$(LOCK) --python-version 3.12 --upgrade requirements/foreign.in --output-file requirements/foreign.txt
	@$(LOCK) --upgrade requirements/spiffe.in --output-file requirements/spiffe.txt
	@$(LOCK) --upgrade requirements/schemathesis.in --output-file requirements/schemathesis.txt
	@for name in picklescan modelscan fickling modelaudit; do \
		$(LOCK) --upgrade requirements/bench-scan-$$name.in --output-file requirements/bench-scan-$$name.txt || exit 1; done
	@$(LOCK) --upgrade --torch-backend cpu requirements/bench-zoo-makers.in --output-file requirements/bench-zoo-makers.txt
	@$(LOCK) --upgrade requirements/bench-model-signing.in --output-file requirements/bench-model-signing.txt
	@$(LOCK) --upgrade requirements/bench-litellm.in --output-file requirements/bench-litellm.txt
	@for name in forcefield inferwall agentbastion aicordon nukon-pi-detect prompt-guardrail; do \
		$(LOCK) --upgrade requirements/bench-guard-$$name.in --output-file requirements/bench-guard-$$name.txt || exit 1; done
	@$(LOCK) --upgrade requirements/bench-presidio.in --output-file requirements/bench-presidio.txt
	@$(LOCK) --upgrade requirements/gazetteer.in --output-file requirements/gazetteer.txt
