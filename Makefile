# `make` alone lists what can be made: every target with a comment behind `##`.

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-real test-slow test-agents check fix bench tree clean

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

# A checkout keeps its data beside the code; an installed sayso keeps it in the user's home.
export SAYSO_HOME ?= $(CURDIR)/sayso-data
MODELS := $(or $(SAYSO_MODELS_DIR),$(SAYSO_HOME)/models)
# Of `make demo`; passed by environment and as they are, so that they may hold quotes, spaces and a $5.
override SPEECH := $(value SPEECH)
override TEXT := $(value TEXT)
export SPEECH TEXT

KERNELS := $(wildcard src/sayso/engines/kokoro/kernels/*.[ch])
CONVERTERS := src/sayso/engines/kokoro/weights.py src/sayso/engines/likeness.py src/sayso/engines/watermark/network.py

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/.installed $(MODELS)/.fetched ## Make the virtual environment and fetch the model weights

.venv/.installed: pyproject.toml setup.py constraints.txt scripts/setup.sh $(KERNELS)
	@scripts/setup.sh
	@touch $@

$(MODELS)/.fetched: src/sayso/engines/weights/manifest.toml $(CONVERTERS) | .venv/.installed
	@$(BIN)/sayso models fetch
	@touch $@

demo: setup ## Clone a voice and speak; SPEECH=folder of recordings, TEXT="what to say"
	@$(BIN)/sayso demo $${SPEECH:+--speech "$$SPEECH"} $${TEXT:+--text "$$TEXT"}

serve: setup ## Run the server on 127.0.0.1:8000
	@$(BIN)/sayso serve

test: setup ## Run the fast tests
	@$(PYTEST) -n 2 --dist worksteal $(ARGS)

test-real: setup ## Run the tests with the real models; SAYSO_SPEECH_DATA=folder adds human speech
	@$(PYTEST) -m "real and not slow" $(ARGS)

test-slow: setup ## Run the tests that take minutes
	@$(PYTEST) -m slow $(ARGS)

test-agents: setup ## Let LiveKit's and Pipecat's own clients speak through a server; installs them beside
	@scripts/agents.sh $(ARGS)

check: .venv/.installed ## Check format, lint, types and the import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: .venv/.installed ## Format and repair what can be repaired
	@$(BIN)/ruff check --no-cache --fix .
	@$(BIN)/ruff format .

bench: setup ## Measure speed; with SPEECH=folder of speakers cloning and likeness, too
	@$(BIN)/python benchmarks/speak.py $${SPEECH:+--speech "$$SPEECH"}
	@if [ -n "$$SPEECH" ]; then \
		$(BIN)/python benchmarks/rapid.py --speech "$$SPEECH" && \
		$(BIN)/python benchmarks/likeness.py --speech "$$SPEECH"; \
	else \
		echo "Only speaking was measured: cloning and likeness need SPEECH=folder with a folder for each speaker."; \
	fi

tree: .venv/.installed ## Print every module with its first line
	@$(BIN)/python scripts/tree.py

clean: ## Remove the virtual environment and caches; data and weights stay
	rm -rf .venv build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +
