#!/usr/bin/env bash
# Where everything that runs can be reached, and what it shows.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

line() { # SERVICE PORT PATH TEXT
  local address
  address=$(docker compose port "$1" "$2" 2>/dev/null) || return 0
  printf '  %-34s %s\n' "http://$address$3" "$4"
}

echo
line api 8000 / "the playground: a form, and the model's answer as you move"
line api 8000 /docs "the api's description, with examples to press (or: make predict)"
line mlflow 5000 / "MLflow: experiments, candidates, the registry"
line grafana 3000 / "Grafana: the dashboards, readable without logging in"
line prometheus 9090 /alerts "Prometheus: metrics, rules, alerts"
if password=$(docker compose exec --no-TTY grafana cat /run/secrets/grafana/admin_password 2>/dev/null); then
  printf '\n  Grafana, to change things: admin / %s\n' "$password"
fi
