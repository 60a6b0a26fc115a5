#!/usr/bin/env bash
# Ask the api in the containers one question; prints the command first, to copy. API_KEY=... where it asks for one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

scripts/run/stack/ready.sh
address=$(docker compose port api 8000) || { echo "the api is not running: make up" >&2; exit 1; }
# The example that the api's own page has for the model it serves, whatever the table.
row=$(docker compose exec -T api python -c '
import json, urllib.request
paths = json.load(urllib.request.urlopen("http://127.0.0.1:8000/openapi.json", timeout=10))["paths"]
print(json.dumps(paths["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]))')
key=() shown=
if [ -n "${API_KEY:-}" ]; then key=(-H "Authorization: Bearer $API_KEY") shown=' -H "Authorization: Bearer $API_KEY"'; fi
echo "curl -s http://$address/predict -H 'Content-Type: application/json'$shown -d '${row//\'/\'\\\'\'}'"
curl --silent --show-error --fail-with-body "http://$address/predict" -H 'Content-Type: application/json' "${key[@]}" -d "$row"
echo
