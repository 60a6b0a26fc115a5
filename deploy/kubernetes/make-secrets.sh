#!/usr/bin/env bash
# Makes the platform's secrets, by the program that makes them for Compose, and puts them into a namespace:
#
#   deploy/kubernetes/make-secrets.sh NAMESPACE
#
# A secret that exists stays. Nothing is left on this machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
namespace=${1:?write the namespace}
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
readers=(postgres mlflow trainer courier)

found=0
for reader in "${readers[@]}"; do
  if kubectl --namespace "$namespace" get secret "$reader" >/dev/null 2>&1; then found=$((found + 1)); fi
done
if [ "$found" = "${#readers[@]}" ]; then
  echo "all ${#readers[@]} secrets are in the namespace $namespace"
  exit
fi
if [ "$found" != 0 ]; then
  # The clients' passwords are part of those of PostgreSQL and MLflow: new ones would not fit the old ones.
  echo "$found of ${#readers[@]} secrets are in the namespace $namespace: restore the others from a backup, or delete these" >&2
  exit 1
fi
mkdir "${readers[@]/#/$folder/}" "$folder/grafana"
python3 services/mlflow/make_secrets.py "$folder"
for reader in "${readers[@]}"; do
  kubectl --namespace "$namespace" create secret generic "$reader" --from-file="$folder/$reader"
done
