#!/usr/bin/env bash
# The registered model that a courier follows: MODEL_NAME where a person set it, otherwise the one of the contract.
#   scripts/run/stack/model_name.sh [CONTRACT]      without a file data/contract.yaml
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

contract=${1:-data/contract.yaml}
chosen=
[ $# -gt 0 ] || chosen=${MODEL_NAME:-$([ ! -e .env ] || sed -n 's/^MODEL_NAME=//p' .env | tail -n 1)}
# A top-level key of the contract, without quotes and without a comment.
key() { sed -nE "s/^$1:[[:space:]]*[\"']?([A-Za-z0-9_.-]+).*/\1/p" "$contract" | head -n 1; }
[ -n "$chosen" ] || [ -f "$contract" ] || { echo "$contract is not a file; make contract drafts one" >&2; exit 1; }
model= name=
[ -n "$chosen" ] || { model=$(key model) name=$(key name); }
[ -n "$chosen$model$name" ] || { echo "$contract has no name: or cannot be read; make contract drafts one" >&2; exit 1; }
echo "${chosen:-${model:-${name:0:58}_model}}"
