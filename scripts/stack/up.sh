#!/usr/bin/env bash
# Build the images, start everything, wait until it answers, say where it is.      scripts/stack/up.sh [SERVICE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

docker info >/dev/null 2>&1 || { echo "no Docker engine answers: start Docker, then try again" >&2; exit 1; }
docker buildx bake
if ! docker compose up --wait --no-build "$@"; then
  docker compose ps --all
  {
    echo
    echo "Not everything started. What the services say: make logs"
    echo "A port that is taken is moved by a line in .env; .env.example has them all."
    echo "When only the trainer failed, the model that was published last is being served."
  } >&2
  exit 1
fi
exec scripts/stack/addresses.sh
