#!/usr/bin/env bash
# Ask the api in the containers one question; prints the command first, to copy. API_KEY=... where it asks for one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

address=$(docker compose port api 8000) || { echo "the api is not running: make up" >&2; exit 1; }
row='{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}'
key=() shown=
if [ -n "${API_KEY:-}" ]; then key=(-H "Authorization: Bearer $API_KEY") shown=' -H "Authorization: Bearer $API_KEY"'; fi
echo "curl -s http://$address/predict -H 'Content-Type: application/json'$shown -d '$row'"
curl --silent --show-error --fail-with-body "http://$address/predict" -H 'Content-Type: application/json' "${key[@]}" -d "$row"
echo
