# The platform's verbs. `make` alone lists them. CI runs these verbs, too.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.ONESHELL:
.SILENT:
.SHELLFLAGS := -euo pipefail -c

PYTHON_VERSION ?= 3.11
PYTHON ?= python$(PYTHON_VERSION)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A virtual environment holds its own path: pyvenv.cfg names the one it was made at. A link to another one is used as it is.
MOVED := $(shell made=$$(sed -n 's/^command = .* -m venv \(--[a-z-]* \)*//p' $(VENV)/pyvenv.cfg 2>/dev/null); [ -z "$$made" ] || [ "$$made" -ef $(VENV) ] || echo moved)
# DVC's stages say `python`.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Nothing here reports to the makers of ONNX Runtime or DVC.
export ORT_DISABLE_TELEMETRY := 1
export DVC_NO_ANALYTICS := 1
# Checks the variables of a verb and starts its program: scripts/verbs/table.py has all of them.
VERB := MAKECMDGOALS="$(MAKECMDGOALS)" $(BIN)/python -m scripts.verbs
KEYS = API_KEYS_FILE="$${API_KEYS_FILE:-keys/api-keys.json}" $(VERB)
DVC_REMOTE ?= var/dvc-remote
# Test files side by side: one more than there are cores, because tests wait for servers; at most four, each with servers
# of its own. tests/conftest.py says which file comes first.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || nproc)
SPREAD := --numprocesses $(if $(filter 1 2,$(CORES)),$(if $(filter 1,$(CORES)),2,3),4) --dist loadfile --no-loadscope-reorder
# The checks that must pass before a change lands; `torture` with FAST=1, `test-stack` with SHORT=1.
CI_STAGES := lint types demo test-stack test-lifecycle torture test

##@ Start here
.PHONY: demo local stop bootstrap
demo: $(READY) ## The whole lifecycle once, with a report; ends by itself
	$(VERB) demo

local: $(READY) ## The whole lifecycle, then everything stays up until Ctrl-C
	$(VERB) local

stop: $(READY) ## Stop what this checkout has started on this machine
	$(VERB) stop

bootstrap: local ## The same as local

##@ The platform in containers (needs a Docker engine, and nothing else)
.PHONY: up predict logs ps down clean retrain open backup restore
up: ## Build and start everything (WITHOUT="grafana prometheus" for less), wait, print every address and the passwords for people
	scripts/run/stack/up.sh

predict: ## Ask the api in the containers one question; the command to copy comes first
	scripts/run/stack/predict.sh

logs: ## Follow what the services say (SERVICE=api for one)
	scripts/run/stack/ready.sh
	docker compose logs --follow --tail 50 $(SERVICE)

ps: ## What runs, and where
	scripts/run/stack/ready.sh
	docker compose ps --all --format 'table {{.Service}}\t{{.Status}}\t{{.Ports}}'

down: ## Stop; everything is kept
	scripts/run/stack/ready.sh
	docker compose --profile '*' down

clean: ## Stop and forget everything: models, audit, metrics, secrets
	scripts/run/stack/ready.sh
	docker compose --profile '*' down --volumes --remove-orphans

backup: $(READY) ## Audit, registry and artifacts as one archive in var/backups (or FILE=…), while everything runs
	$(VERB) backup

restore: $(READY) ## Put the archive FILE=… in the place of what is there; asks first (FORCE=1 does not)
	$(VERB) restore

retrain: ## Data, feedback, training, gate; the containers when they run (STACK=1), else the platform on this machine
	if [ "$${STACK:-}" != 1 ] && [ -x $(BIN)/python ]; then $(VERB) retrain; else scripts/run/stack/retrain.sh; fi

open: ## Open every page in the browser
	scripts/run/stack/open.sh

##@ Further models in containers, beside the first (docs/how-to/several-models.md)
.PHONY: model-up model-list model-retrain model-down model-forget
model-up: ## Start the model of FOLDER=that/holds/contract.yaml: train it, serve it behind the edge; again: take a change of the folder
	scripts/run/stack/model.sh up "$${FOLDER:-}"

model-list: ## The further models and their folders
	scripts/run/stack/model.sh list

model-retrain: ## Data, feedback, training, gate of MODEL=name
	scripts/run/stack/model.sh verb "$${MODEL:-}" retrain

model-down: ## Stop MODEL=name; its versions, audit and journal are kept
	scripts/run/stack/model.sh down "$${MODEL:-}"

model-forget: ## Stop MODEL=name and delete its volumes; versions in MLflow and rows in the audit are kept
	scripts/run/stack/model.sh forget "$${MODEL:-}"

##@ The platform on a Docker Swarm (docs/how-to/swarm.md; DOCKER_HOST or `docker context use` names a manager)
.PHONY: swarm-up swarm-status swarm-update swarm-scale swarm-down swarm-model-up swarm-model-list swarm-model-down
swarm-up: $(READY) ## Check the nodes, make secrets and configs, start everything: REGISTRY=where the images are TAG= (MIRROR= WITHOUT= PUBLISH=)
	$(VERB) swarm-up

swarm-status: $(READY) ## Nodes and services; ends with an error when something is not as wanted
	$(VERB) swarm-status

swarm-update: $(READY) ## Replace the images by those of TAG=, one task after another; what does not get ready is rolled back
	$(VERB) swarm-update

swarm-scale: $(READY) ## Run N=6 apis, at most two on a node
	$(VERB) swarm-scale

swarm-down: $(READY) ## Stop; volumes and secrets are kept
	$(VERB) swarm-down

swarm-model-up: $(READY) ## Start the model of FOLDER=that/holds/contract.yaml beside the first, on the swarm (N=apis); again: take a change of the folder
	$(VERB) swarm-model-up

swarm-model-list: $(READY) ## The further models on the swarm, and how they are
	$(VERB) swarm-model-list

swarm-model-down: $(READY) ## Stop MODEL=name on the swarm; its volumes, versions and audit are kept
	$(VERB) swarm-model-down

##@ Which model serves (on what this checkout runs: STACK=1 means its containers, MLFLOW_TRACKING_URI another registry; DRY_RUN=1)
.PHONY: models history quality promote canary shadow rollout drift rollback feedback score replay card
models: $(READY) ## Every version: aliases, traffic, quality, verdict of the gate
	$(VERB) models

history: $(READY) ## Every move of an alias, when and why
	$(VERB) history

quality: $(READY) ## Live accuracy by version and day, from the feedback
	$(VERB) quality

promote: $(READY) ## Production to VERSION=4; without it to the canary
	$(VERB) promote

canary: $(READY) ## PERCENT=10 of the traffic to VERSION=4; PERCENT=0 takes the canary away
	$(VERB) canary

shadow: $(READY) ## VERSION=5 answers beside production, unheard; VERSION=none ends it
	$(VERB) shadow

rollout: $(READY) ## One look at the canary: more traffic, all of it, or none, as Prometheus tells
	$(VERB) rollout

drift: $(READY) ## Can the last DAYS=7 of requests be distinguished from the training rows, and by which columns?
	$(VERB) drift

rollback: $(READY) ## Production to the version that served before; again: one further back
	$(VERB) rollback

score: $(READY) ## Answer the rows of FROM=big.parquet into TO=scored.parquet, by production or VERSION=4 (docs/how-to/score.md)
	$(VERB) score

card: $(READY) ## One page about VERSION=7: its data, quality, limits, verdict and moves (docs/how-to/card.md)
	$(VERB) card

replay: $(READY) ## What VERSION=7 would have answered to the audited requests since SINCE=7d (docs/how-to/replay.md)
	$(VERB) replay

feedback: $(READY) ## Fetch labelled predictions for the next training (FROM=file.csv)
	$(VERB) feedback

##@ One part at a time (each until Ctrl-C, or until it is done)
.PHONY: setup setup-lock ci-install contract adopt data train mlflow api gate
setup: $(READY) ## Virtual environment from requirements.lock.txt, every hash checked

setup-lock: setup ## The same as setup

ci-install: ## For CI: exactly the packages of requirements.lock.txt, checked again on each call (PYTHON=…)
	$(CHECK_PYTHON)
	"$(PYTHON)" -m scripts.setup --exact
	touch $(READY)

contract: $(READY) ## Draft a contract from CSV=path for the column TARGET=name (docs/your-data.md)
	$(VERB) contract

adopt: $(READY) ## Serve a model you already have: MODEL=file, runs:/… or models:/name/3, proved on CSV=… or the contract's table (docs/adopt.md)
	$(VERB) adopt

data: $(READY) ## Fetch, check and prepare the data of data/contract.yaml
	$(BIN)/python -m trainer prepare

train: $(READY) ## Data, training and publishing; uses MLFLOW_TRACKING_URI or this checkout's running MLflow, else one of its own
	$(VERB) train

mlflow: $(READY) ## The MLflow server
	$(VERB) mlflow

api: $(READY) ## The api and its courier
	$(VERB) api

gate: $(READY) ## Retrain on what the source holds now, judge it against production (MLFLOW_TRACKING_URI) or the committed model; publishes nothing
	$(BIN)/python -m trainer.commands.trial

##@ A repository of your own (docs/how-to/own-repository.md)
.PHONY: new upgrade
new: $(READY) ## Make the repository DIR=../flowers for CSV=flowers.csv, whose column TARGET=species is predicted
	$(VERB) new

upgrade: $(READY) ## Show what a newer platform changes in your contract and params; APPLY=1 merges it (REF=branch, DIR=project)
	$(VERB) upgrade

##@ API keys (asked for where API_KEYS_FILE is set; docs/api-keys.md)
.PHONY: api-key api-key-revoke api-keys
api-key: $(READY) ## Make a key and show it once: NAME=who (SCOPE="predict feedback" RATE=requests per second)
	$(KEYS) api-key

api-key-revoke: $(READY) ## Take back the keys of NAME, or only the one with ID
	$(KEYS) api-key-revoke

api-keys: $(READY) ## Who has a key, for what, and how often
	$(KEYS) api-keys

##@ Watch it
.PHONY: status traffic loop-demo dashboards
status: $(READY) ## How the api is doing, in 24 lines: alerts, versions, requests, drift, moves (API_KEY=…; API_PORT=… for another api)
	$(VERB) status

traffic: $(READY) ## Load on the api that runs: SECONDS=60 RATE=20; DRIFT=1 BAD=1 FEEDBACK=1 (API_KEY=…; API_PORT=… for another api)
	[ -n "$$(ls data/processed/*.csv 2>/dev/null)" ] || $(BIN)/python -m trainer prepare
	$(VERB) traffic

loop-demo: $(READY) ## The learning loop closes by itself on the containers: drift, alert, retraining, canary, promoted; drawn in var/loop-demo.png
	[ -n "$$(ls data/processed/*.csv 2>/dev/null)" ] || $(BIN)/python -m trainer prepare
	$(BIN)/python -m scripts.loop_demo

dashboards: $(READY) ## Rewrite Grafana's boards from monitoring/grafana/boards
	$(BIN)/python -m monitoring.grafana.boards

##@ Data versions
.PHONY: dvc-init dvc-remote dvc-repro dvc-push dvc-pull dvc-status
dvc-init: $(READY) ## Set DVC up where it is not (a clone has it)
	if [ -f .dvc/config ]; then echo "DVC is set up already: .dvc/config"; else $(BIN)/python -m dvc init; fi

dvc-remote: $(READY) ## Store data versions in the folder or address DVC_REMOTE
	case "$(DVC_REMOTE)" in *://*) remote="$(DVC_REMOTE)" ;; *) remote="$(abspath $(DVC_REMOTE))" ;; esac
	$(BIN)/python -m dvc remote add --force --local --default store "$$remote"
	echo "data versions go to $$remote"

dvc-repro: $(READY) ## Run the stages whose inputs changed
	$(BIN)/python -m dvc repro

dvc-push: $(READY) ## Copy data versions to the remote
	$(BIN)/python -m dvc push

dvc-pull: $(READY) ## Copy data versions from the remote
	$(BIN)/python -m dvc pull

dvc-status: $(READY) ## What changed since dvc.lock
	$(BIN)/python -m dvc status

##@ Images and releases (SERVICE=api for one image; all four otherwise)
.PHONY: images scan sbom save load smoke kind push tags release
images: $(READY) ## Build the images of docker-bake.hcl and hold them against their size budgets
	$(VERB) images
	$(VERB) budget

scan: $(READY) ## Known vulnerabilities of the built images; a fixable high or critical one fails (needs grype)
	$(VERB) scan

sbom: $(READY) ## List what is in the built images, as SPDX in var/images/sbom (needs syft)
	$(VERB) sbom

save: $(READY) ## Write the built images to var/images/archives
	$(VERB) save

load: $(READY) ## Take the images of var/images/archives into the engine
	$(VERB) load

smoke: $(READY) ## Start the whole stack from the images, nothing built or pulled; ask it; stop it (OFFLINE=1, PUSHED=1)
	$(VERB) smoke

kind: $(READY) ## Start the built images in a Kubernetes cluster of their own (kind, kubectl), ask them, roll, kill a pod
	$(VERB) kind

push: $(READY) ## Push the images to REGISTRY=localhost:5000 under their digest and commit; recorded in var/images/pushed
	$(VERB) push

tags: $(READY) ## Point the tags of the git ref REF (main: latest; v1.2.3: 1.2.3 and 1.2) at what was pushed
	$(VERB) tags

release: $(READY) ## Are tree, versions, changelog and locks ready for VERSION=x.y.z? Then say the commands
	$(VERB) release

##@ Work on it
.PHONY: ci test test-lifecycle client-generators exam test-pipelines test-adoptions test-browser screenshots board-pictures torture test-stack test-swarm bench lint audit types format lock docs reference help help-all
ci: ## What CI runs, stage after stage, without installing anything on this machine; says what it leaves out
	left=()
	for stage in $(CI_STAGES); do
	  if [ $$stage = test-stack ] && [ -z "$${CI:-}" ] && ! docker info >/dev/null 2>&1; then
	    left+=("left out: make test-stack, because no Docker engine answers"); continue
	  fi
	  printf '\n[ci %s] make %s\n' "$$(date +%T)" $$stage
	  $(MAKE) --no-print-directory $$stage $$(case $$stage in torture) echo FAST=1 ;; test-stack) echo SHORT=1 ;; esac)
	done
	printf '\n[ci %s] every stage passed\n' "$$(date +%T)"
	for line in $${left[@]+"$${left[@]}"}; do echo "$$line"; done # an empty array is an error under -u before bash 4.4

test: $(READY) ## Unit, contract, monitoring and integration tests (TESTS=tests/unit for fewer)
	$(BIN)/python -m pytest $(or $(TESTS),tests) -m "not lifecycle and not stack and not swarm and not torture" $(SPREAD) $(if $(LEFT_OUT),--left-out "$(LEFT_OUT)")
	echo "left out here: what takes minutes as a person types it (make test-lifecycle), faults under load (make torture),"
	echo "and the container stack (make test-stack, needs a Docker engine)"

test-lifecycle: $(READY) ## The demo, every command of README and tutorial, and the trainer's pipeline, as a person types them
	$(BIN)/python -m pytest tests/lifecycle $(SPREAD)

client-generators: ## Install the generators of clients that the api's description is tried with, in var/tools/clients
	.ci/clients

exam: $(READY) ## Public tables from their file to served predictions, without an edit (QUICK=1 for one, TABLES="titanic hitters"; SIZES=1: CPU and memory of large ones)
	$(VERB) exam

test-pipelines: $(READY) ## Pipelines drawn at random for MINUTES=10: does an accepted one answer otherwise than scikit-learn?
	$(BIN)/python -m tests.support.random_pipelines --minutes $(or $(MINUTES),10) --first $(or $(FIRST),0)

test-adoptions: $(READY) ## Notebook models drawn at random and adopted for MINUTES=5: does a bundle answer otherwise than the model?
	$(BIN)/python -m tests.support.random_adoptions --minutes $(or $(MINUTES),5) --first $(or $(FIRST),0)

test-browser: $(READY) ## The playground in a real Chromium (part of make test where there is one)
	$(BIN)/python -m pytest tests/browser

screenshots: $(READY) ## Retake docs/images from the committed contract's model (needs Chromium)
	$(BIN)/python -m scripts.docs.screenshots

board-pictures: $(READY) ## Pictures of the boards from the real Grafana at GRAFANA_URL, in var/boards; a query in error fails
	$(BIN)/python -m scripts.docs.pictures.grafana

torture: $(READY) ## Faults and overload against real processes, with figures (FAST=1: each only for seconds; TESTS=file: one file)
	$(BIN)/python -m pytest $(or $(TESTS),tests/torture) -s $(if $(FAST),--fast)

test-stack: $(READY) ## The containers as a user starts them; needs a Docker engine (LOOP=1: the loop demo too; SHORT=1: no registry, no bucket)
	$(BIN)/python -m pytest tests/stack --numprocesses 2 --dist loadfile --no-loadscope-reorder $(if $(LOOP),,--ignore tests/stack/test_world_moves.py) $(if $(SHORT),--short)

test-swarm: $(READY) ## Updates, dead nodes and a bad image on a swarm of three engines, under load (NODES=program that makes it; half an hour)
	$(BIN)/python -m pytest tests/swarm -s --nodes "$(NODES)" $(if $(IMAGE_TAG),--images "$(IMAGE_TAG)")

bench: $(READY) ## Every bar of the serving core, ours and the peers in turn (needs wrk; QUICK=1 for less)
	$(BIN)/python -m bench $(if $(QUICK),--quick)

docs: reference ## The documentation as a site in var/site; every link is checked (REPO_URL=… links to the code)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	echo "var/site/index.html; with search: python3 -m http.server --directory var/site 8080 --bind 127.0.0.1"

reference: $(READY) ## Rewrite docs/reference from settings, metrics, addresses and verbs
	$(BIN)/python -m scripts.docs.reference

lint: $(READY) ## Style, security rules, and the architecture's import rules
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(BIN)/python -m scripts.maintain.lint_actions
	$(BIN)/python -m scripts.maintain.lint_kubernetes

audit: $(READY) ## Known vulnerabilities of every locked package (asks the advisory service)
	$(BIN)/python -m scripts.maintain.audit

types: $(READY) ## mypy, strict
	$(BIN)/python -m mypy

format: $(READY) ## Let ruff rewrite what it can
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

lock: $(READY) ## Resolve all packages again; each service's lock is a subset at the same versions
	$(BIN)/python -m scripts.maintain.lock

# A misspelt verb, or a missing file that a rule needs.
.DEFAULT:
	case " $(MAKECMDGOALS) " in *" $@ "*) ;; *) printf 'make: the file %s is needed and missing\n' '$@' >&2; exit 2 ;; esac
	near=$$($(PYTHON) -c 'import difflib, sys; print(*difflib.get_close_matches(sys.argv[1], sys.argv[2:], 1))' '$@' \
	  $$(sed -n 's/^\([a-z-]*\):.*## .*/\1/p' $(firstword $(MAKEFILE_LIST))) 2>/dev/null || true)
	printf 'Unknown verb `make %s`.%s `make help-all` lists them.\n' '$@' "$${near:+ Did you mean \`make $$near\`?}" >&2
	exit 2

# The verbs that a newcomer needs, in the order in which they are needed.
FIRST := demo local contract up traffic models promote stop

help: ## The eight verbs to begin with
	printf 'make VERB, where VERB is one of\n\n'
	for verb in $(FIRST); do sed -n "s/^$$verb:.*## \([^;(]*[^;( ]\).*/  $$(printf '%-9s' $$verb) \1/p" $(firstword $(MAKEFILE_LIST)); done
	printf '\n`make help-all` lists every verb. The pages: README.md, docs/tutorial.md\n'

# Lines of at most 80 columns: words go on under the words of their verb.
define HELP_ALL
function fold(line, indent, text, count, words, place, found) {
  count = split(text, words, " "); line = line words[1]
  for (place = 2; place <= count; place++) {
    if (length(line " " words[place]) > 80) { found = found line "\n"; line = sprintf("%*s", indent - 1, "") }
    line = line " " words[place]
  }
  return found line
}
BEGIN { FS = ":.*## " }
/^##@/ { printf "\n\033[1m%s\033[0m\n", fold("", 4, substr($$0, 5)) }
/^[a-z-]+:.*## / { print fold(sprintf("  %-14s ", $$1), 17, $$2) }
endef

help-all: ## Every verb, by section
	awk '$(HELP_ALL)' $(MAKEFILE_LIST)

define CHECK_PYTHON
	command -v "$(PYTHON)" >/dev/null || { echo "setup failed: Python $(PYTHON_VERSION) is needed and '$(PYTHON)' is not on the path; install it, or say where it is: make PYTHON=/path/to/python$(PYTHON_VERSION) $(MAKECMDGOALS)" >&2; exit 1; }
	"$(PYTHON)" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(PYTHON_VERSION)")' 2>/dev/null || { echo "setup failed: Python $(PYTHON_VERSION) is needed and '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1 | head -1); try: make PYTHON=/path/to/python$(PYTHON_VERSION) $(MAKECMDGOALS)" >&2; exit 1; }
endef

.PHONY: moved
moved:
	echo "setup: this checkout was moved, so .venv is made again"

$(READY): $(MOVED) requirements.lock.txt $(wildcard services/*/pyproject.toml)
	$(CHECK_PYTHON)
	"$(PYTHON)" -m scripts.setup
	touch $(READY)
