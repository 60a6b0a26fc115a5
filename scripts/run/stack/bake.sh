#!/usr/bin/env bash
# `docker buildx bake` with the tag and the labels that Compose uses: bake reads no .env, so Compose is asked what .env, the
# environment and the project's name come to. COMMIT is the revision where neither of them names one.
#   scripts/run/stack/bake.sh [SERVICE... | --print]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

docker buildx version >/dev/null 2>&1 || { echo "images are built by Docker's plugin Buildx, which is not installed" >&2; exit 1; }
values=$(docker compose config --environment)
value() { sed -n "s/^$1=//p" <<<"$values" | head -n 1; }

IMAGE_TAG=$(value IMAGE_TAG) REVISION=$(value REVISION)
export IMAGE_TAG=${IMAGE_TAG:-$(value COMPOSE_PROJECT_NAME)}
export VERSION=${VERSION:-$IMAGE_TAG} REVISION=${REVISION:-${COMMIT:-}}
exec docker buildx bake --file docker-bake.hcl "$@"
