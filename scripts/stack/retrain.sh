#!/usr/bin/env bash
# Train in the containers with this checkout's data, parameters and code, and publish. Does nothing when nothing changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

docker buildx bake trainer
exec docker compose run --rm trainer run
