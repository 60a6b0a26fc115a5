#!/usr/bin/env bash
# Start this checkout's MLflow server (SQLite and local files in var/mlflow) and print its address; Ctrl-C stops it.
#
#   scripts/run_mlflow.sh [--port N] [--fresh]
#
#   --port N   first choice for the port (5000); the next free one where it is taken
#   --fresh    start with an empty registry; what was there is moved to var/mlflow-before-<time>, and nothing is deleted
#   --help     this text
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p;}' scripts/run_mlflow.sh; }
wrong() { printf 'run_mlflow: %s\n' "$1" >&2; usage >&2; exit 2; }

options=()
while [ $# -gt 0 ]; do
  case $1 in
    --port) [ $# -ge 2 ] || wrong "--port needs a number"; port=$2; shift 2 ;;
    --port=*) port=${1#--port=}; shift ;;
    --fresh) options+=(--fresh); shift ;;
    -h | --help) usage; exit 0 ;;
    *) wrong "unknown option $1" ;;
  esac
done
port=${port-5000}
[[ $port =~ ^[0-9]{1,5}$ ]] && [ "$((10#$port))" -ge 1 ] && [ "$((10#$port))" -le 65535 ] || wrong "--port $port is not a port: give a number from 1 to 65535"

[ -x .venv/bin/python ] || make --no-print-directory setup
exec .venv/bin/python -m scripts.run mlflow --mlflow-port "$((10#$port))" ${options[@]+"${options[@]}"}
