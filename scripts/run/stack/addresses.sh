#!/usr/bin/env bash
# Where everything that runs can be reached, what it shows, and who to be where a password is asked for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

line() { # SERVICE PORT PATH TEXT
  local address
  address=$(docker compose port "$1" "$2" 2>/dev/null) || return 0
  printf '  %-34s %s\n' "http://$address$3" "$4"
}

login() { # SERVICE TEXT COMMAND: nothing where the command, run in the service, has no password to show
  local password
  password=$(docker compose exec --no-TTY "$1" sh -c "$3" 2>/dev/null) || return 0
  printf '  %s: admin / %s\n' "$2" "$password"
}

echo
line api 8000 / "the playground: a form, and the model's answer as you move"
line api 8000 /docs "the api's description, with examples to press (or: make predict)"
line mlflow 5000 / "MLflow: experiments, candidates, the registry"
line grafana 3000 / "Grafana: the dashboards, readable without logging in"
line prometheus 9090 /alerts "Prometheus: metrics, rules, alerts"
echo
login grafana "Grafana, to change things" 'cat /run/secrets/grafana/admin_password'
login mlflow "MLflow, which asks for a password" '[ -n "$MLFLOW_AUTH" ] && cat /run/secrets/mlflow/admin_password'
