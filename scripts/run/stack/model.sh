#!/usr/bin/env bash
# One further model beside the platform: start it, ask its trainer for a verb, stop it, or forget it.
#   scripts/run/stack/model.sh up FOLDER | list | down MODEL | forget MODEL | verb MODEL WORDS...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

fail() { printf '%s\n' "$@" >&2; exit 1; }

# given VALUE NAME WORDS VERB EXAMPLE: the value of a variable of make, which has to be there
given() { [ -n "$1" ] || fail "$2 is missing: it is $3." "  Example: make $4 $2=$5"; }

scripts/run/stack/ready.sh
PLATFORM=$(docker compose config --environment | sed -n 's/^COMPOSE_PROJECT_NAME=//p')
MODEL_IMAGES=$(docker compose config --environment | sed -n 's/^IMAGE_TAG=//p')
MODEL_IMAGES=${MODEL_IMAGES:-$PLATFORM}
first=$(scripts/run/stack/model_name.sh)
export PLATFORM MODEL_IMAGES

# The project's name is in the file; a COMPOSE_PROJECT_NAME in .env or the environment would count before it.
compose() { COMPOSE_PROJECT_NAME=$PLATFORM-$MODEL COMPOSE_FILE=deploy/models/docker-compose.yml COMPOSE_PROFILES='' docker compose "$@"; }

named() {
  MODEL=$1
  [[ $MODEL =~ ^[a-z0-9][a-z0-9_-]{0,39}$ ]] ||
    fail "the model's name '$MODEL' can't be an address: use small letters, digits, - and _, at most 40 (model: in its contract.yaml)"
  [ "$MODEL" != "$first" ] || fail "$MODEL is the platform's first model: make up starts it"
  record=var/models/$MODEL
  MODEL_FOLDER=$(cat "$record" 2>/dev/null || true)
  export MODEL MODEL_FOLDER
}

known() {
  named "$1"
  [ -n "$MODEL_FOLDER" ] || fail "no model $MODEL was started here; those that were: make model-list"
}

# The names, for the answer to a name that is none of them. No model's name begins with _.
names() {
  local one found=''
  for one in deploy/edge/models/[!_]*.cfg; do [ ! -e "$one" ] || { one=${one##*/}; found+=${found:+, }${one%.cfg}; }; done
  printf 'global\n  setenv EDGE_MODELS "%s"\n' "$found" >deploy/edge/models/_names.new && mv deploy/edge/models/_names.new deploy/edge/models/_names.cfg
}

# Replaced by a rename, so that who reads it never sees half a file.
backend() { sed -e '/^#/d' -e "s/MODEL/$1/g" -e "s/API/$2/g" deploy/edge/model.cfg >"deploy/edge/models/$1.new" && mv "deploy/edge/models/$1.new" "deploy/edge/models/$1.cfg"; }

targets() {
  printf '[{"targets": ["api-%s:8000"], "labels": {"job": "api", "model": "%s"}},\n {"targets": ["courier-%s:9102"], "labels": {"job": "courier", "model": "%s"}}]\n' \
    "$1" "$1" "$1" "$1" >"monitoring/prometheus/models/$1.new" && mv "monitoring/prometheus/models/$1.new" "monitoring/prometheus/models/$1.json"
}

# A running edge reads its files again and drains the old process; one that does not run is started.
edge() {
  docker compose --profile scale up --no-build --pull never --no-deps --wait edge
  # A folder that was deleted and made again, as a change of branches can do, is not the one that the container has mounted.
  if docker compose --profile scale exec -T edge test -e /usr/local/etc/haproxy/models/.gitignore; then
    docker compose --profile scale kill --signal USR2 edge
  else
    docker compose --profile scale up --no-build --pull never --no-deps --force-recreate --wait edge
  fi
}

up() {
  local folder=$1
  [ -f "$folder/contract.yaml" ] || fail "$folder has no contract.yaml: make contract CSV=path TARGET=name drafts one (docs/your-data.md)"
  named "$(scripts/run/stack/model_name.sh "$folder/contract.yaml")"
  MODEL_FOLDER=$(realpath "$folder")
  [ -n "$(docker compose ps --quiet --status running mlflow)" ] || fail "the platform does not run: make up starts it"
  mkdir -p var/models && echo "$MODEL_FOLDER" >"$record"
  # The training reads labelled predictions from here; an empty folder has none.
  mkdir -p "$MODEL_FOLDER/feedback" && cp data/feedback/README.md "$MODEL_FOLDER/feedback/"
  compose up --no-build --pull never --detach model-courier model-api
  targets "$MODEL"
  compose run --rm trainer ensure
  compose up --no-build --pull never --wait model-courier model-api
  backend "$first" api
  backend "$MODEL" "api-$MODEL"
  names
  edge
  printf '\n%s answers under %s and %s\n' "$MODEL" "/m/$MODEL/" "/v2/models/$MODEL of the edge, http://$(docker compose --profile scale port edge 8000)"
}

unlisted() {
  rm -f "deploy/edge/models/$MODEL.cfg" "monitoring/prometheus/models/$MODEL.json"
  names
  if [ -n "$(docker compose --profile scale ps --quiet --status running edge)" ]; then edge; fi
}

# The api first: the courier, when it is stopped, stores what the journal holds.
emptied() { compose stop model-api && compose stop model-courier; }

action=${1:-}; shift || true
listed='a name that `make model-list` prints'
case $action in
  up) given "${1:-}" FOLDER "the folder that holds contract.yaml" model-up '~/models/bikes'; up "$1" ;;
  list) for record in var/models/*; do [ ! -e "$record" ] || printf '%s\t%s\n' "${record##*/}" "$(cat "$record")"; done ;;
  down) given "${1:-}" MODEL "$listed" model-down bikes; known "$1"; unlisted; emptied; compose down ;;
  forget) given "${1:-}" MODEL "$listed" model-forget bikes; known "$1"; unlisted; emptied; compose down --volumes; rm "$record" ;;
  verb) given "${1:-}" MODEL "$listed" "model-${2:-retrain}" bikes; known "$1"; shift; compose run --rm trainer "$@" ;;
  *) fail "usage: model.sh up FOLDER | list | down MODEL | forget MODEL | verb MODEL WORDS..." ;;
esac
