# The platform's verbs. `make` alone lists them. What CI does is what these do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.ONESHELL:
.SILENT:
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# DVC's stages say `python`.
export PATH := $(CURDIR)/$(BIN):$(PATH)
LIFECYCLE := $(BIN)/python -m scripts.lifecycle
API_PORT ?= 8000
MLFLOW_PORT ?= 5000
MLFLOW_URI ?=
DVC_REMOTE ?= var/dvc-remote
PORTS = --api-port $(API_PORT) --mlflow-port $(MLFLOW_PORT) $(if $(MLFLOW_URI),--mlflow-uri $(MLFLOW_URI))

##@ Start here
.PHONY: demo local bootstrap
demo: $(READY) ## The whole lifecycle once, with a report; ends by itself
	$(LIFECYCLE) demo $(PORTS)

local: $(READY) ## The whole lifecycle, then everything stays up until Ctrl-C
	$(LIFECYCLE) local $(PORTS)

bootstrap: local ## The same as local

##@ One part at a time (each until Ctrl-C, or until it is done)
.PHONY: setup setup-lock data train mlflow api
setup: $(READY) ## Virtual environment from requirements.lock.txt, every hash checked

setup-lock: setup ## The same as setup

data: $(READY) ## Fetch, check and prepare the data of data/contract.yaml
	$(BIN)/python -m trainer prepare

train: $(READY) ## Data, training and publishing; uses MLFLOW_TRACKING_URI or the MLflow that answers, else its own
	$(LIFECYCLE) train $(PORTS)

mlflow: $(READY) ## The MLflow server
	$(LIFECYCLE) mlflow $(PORTS)

api: $(READY) ## The api and its courier
	$(LIFECYCLE) api $(PORTS)

##@ Data versions
.PHONY: dvc-init dvc-remote dvc-repro dvc-push dvc-pull dvc-status
dvc-init: $(READY) ## Set DVC up where it is not (a clone has it)
	if [ -f .dvc/config ]; then echo "DVC is set up already: .dvc/config"; else $(BIN)/dvc init; fi

dvc-remote: $(READY) ## Store data versions in the folder or address DVC_REMOTE
	$(BIN)/dvc remote add --force --local --default store "$(abspath $(DVC_REMOTE))"
	echo "data versions go to $(abspath $(DVC_REMOTE))"

dvc-repro: $(READY) ## Run the stages whose inputs changed
	$(BIN)/dvc repro

dvc-push: $(READY) ## Copy data versions to the remote
	$(BIN)/dvc push

dvc-pull: $(READY) ## Copy data versions from the remote
	$(BIN)/dvc pull

dvc-status: $(READY) ## What changed since dvc.lock
	$(BIN)/dvc status

##@ Work on it
.PHONY: test lint types format lock help
test: $(READY) ## Unit, contract, monitoring and integration tests
	$(BIN)/pytest tests --ignore=tests/stack
	echo "left out here: the container stack (make test-stack)"

lint: $(READY) ## Style, security rules, and the architecture's import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY) ## mypy, strict
	$(BIN)/mypy

format: $(READY) ## Let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY) ## Resolve all packages anew; each service's lock is a subset at the same versions
	$(BIN)/python -m scripts.lock

help: ## This list
	awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock.txt $(wildcard services/*/pyproject.toml)
	command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed and '$(PYTHON)' is not on the path; try: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed, $(PYTHON) is $$($(PYTHON) --version)" >&2; exit 1; }
	[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	echo "installing $$(grep -c == requirements.lock.txt) packages from requirements.lock.txt, about two minutes the first time"
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --progress-bar on --require-hashes --requirement requirements.lock.txt \
	  | awk '/^(Collecting|Requirement already)/ {count++; if (count % 20 == 0) {printf "  %d packages looked at\n", count; fflush()}} /^Installing/ {print "  unpacking"; fflush()}'
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --quiet --no-deps --no-build-isolation \
	  --editable services/api --editable services/courier --editable services/trainer
	touch $(READY)
