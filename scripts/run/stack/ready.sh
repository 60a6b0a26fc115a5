#!/usr/bin/env bash
# Is there an engine to ask, can Compose read its settings, and does its project belong to this checkout? A sentence where not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

fail() { printf '%s\n' "$@" >&2; exit 1; }

command -v docker >/dev/null || fail "Docker is not installed; without it the platform runs on this machine: make local"
docker info >/dev/null 2>&1 || fail "no Docker engine answers: start Docker, then try again"
docker compose version >/dev/null 2>&1 || fail "Docker's plugin Compose is not installed; version 2.32 or newer is needed"

# Compose reads past the mark, Bake does not.
[ ! -f .env ] || [ "$(LC_ALL=C sed -n $'1s/^\xef\xbb\xbf.*/marked/p' .env)" != marked ] ||
  fail ".env begins with a byte order mark (BOM), which hides the name of its first setting: save it as UTF-8 without one"
if ! said=$(docker compose config --quiet 2>&1); then
  # Compose names the value, not the setting.
  lines=$(grep -nF -- "${said##* }" .env 2>/dev/null | sed 's/^\([0-9]*\):/  .env, line \1: /' || true)
  fail "Docker Compose can't read its settings, from .env and the environment: $said" ${lines:+"$lines"} "  .env.example has every setting and its default."
fi
exec scripts/run/stack/own_project.sh
