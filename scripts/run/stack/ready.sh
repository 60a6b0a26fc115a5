#!/usr/bin/env bash
# Is there an engine to ask, and does this Compose project belong to this checkout? A sentence where not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

fail() { printf '%s\n' "$@" >&2; exit 1; }

command -v docker >/dev/null || fail "Docker is not installed; without it the platform runs on this machine: make local"
docker info >/dev/null 2>&1 || fail "no Docker engine answers: start Docker, then try again"
docker compose version >/dev/null 2>&1 || fail "Docker's plugin Compose is not installed; version 2.32 or newer is needed"
exec scripts/run/stack/own_project.sh
