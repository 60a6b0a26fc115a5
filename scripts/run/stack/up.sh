#!/usr/bin/env bash
# Build the images, start everything, wait until it answers, say where it is.
#   [WITHOUT="grafana prometheus"] scripts/run/stack/up.sh [SERVICE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

fail() { printf '%s\n' "$@" >&2; exit 1; }

scripts/run/stack/ready.sh
# Before anything is built: an image that can't be had is known within seconds.
chosen=$(scripts/run/stack/choose.sh "$@")
read -ra services <<<"${chosen//$'\n'/ }"

stale=
if ! scripts/run/stack/bake.sh; then
  # Without a network a build can fail although everything is here to start.
  for image in $(docker compose config --images "${services[@]}" | sort -u); do
    docker image inspect "$image" >/dev/null 2>&1 || fail "the images could not be built, the reason is above; $image is not here either"
  done
  stale="NOT BUILT ANEW, the reason is above: what started is what was built before, without your latest changes."
fi

# The courier follows the model that the contract names.
MODEL_NAME=$(scripts/run/stack/model_name.sh)
export MODEL_NAME
up() { docker compose up --no-build --pull never "$@"; }
start() {
  if [[ " ${services[*]} " != *" trainer "* || " ${services[*]} " == *" alertmanager "* ]]; then
    up --wait "${services[@]}"
    return
  fi
  # Nobody waits for the trainer's end when Alertmanager is left out, and `--wait` would take that end for a failure.
  local others=()
  for name in "${services[@]}"; do [ "$name" = trainer ] || others+=("$name"); done
  up --detach trainer && up --wait "${others[@]}" && [ "$(docker wait "$(docker compose ps --all --quiet trainer)")" = 0 ]
}

if ! start; then
  docker compose ps --all
  fail "" "Not everything started. What the services say: make logs" \
    "A port that is taken is moved by a line in .env; .env.example has them all." \
    "When only the trainer failed, the model that was published last is being served." ${stale:+"$stale"}
fi
scripts/run/stack/addresses.sh
if [ -n "$stale" ]; then printf '\n%s\n' "$stale"; fi
