#!/usr/bin/env bash
# Set up, test, and start the whole lifecycle on this machine; Ctrl-C stops everything.
#
#   scripts/bootstrap.sh [--api-port N] [--mlflow-port N] [--mlflow-uri URL] [--skip-tests] [--train-only]
#
#   --api-port N      first choice for the api's port (8000); the next free one where it is taken
#   --mlflow-port N   first choice for MLflow's port (5000)
#   --mlflow-uri URL  use this MLflow server instead of starting one
#   --skip-tests      do not run the tests first
#   --train-only      stop after the model is published
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' scripts/bootstrap.sh; }

verb=local tests=1 flags=()
while [ $# -gt 0 ]; do
  case $1 in
    --api-port | --mlflow-port | --mlflow-uri)
      [ $# -ge 2 ] || { echo "bootstrap: $1 needs a value" >&2; exit 2; }
      flags+=("$1" "$2"); shift 2 ;;
    --skip-tests) tests=0; shift ;;
    --train-only) verb=train; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "bootstrap: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
done

make setup
[ "$tests" = 0 ] || make test
exec .venv/bin/python -m scripts.run "$verb" "${flags[@]}"
