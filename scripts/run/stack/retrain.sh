#!/usr/bin/env bash
# Retrain in the containers with this checkout's data, parameters and code, and what was labelled since. What passes the gate
# begins as params.yaml says. Does nothing when nothing changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

scripts/run/stack/ready.sh
scripts/run/stack/bake.sh trainer
exec docker compose run --rm trainer retrain "$@"
