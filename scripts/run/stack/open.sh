#!/usr/bin/env bash
# Open every page of the platform in the browser.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

scripts/run/stack/ready.sh
if command -v open >/dev/null; then browser=(open)
elif command -v xdg-open >/dev/null; then browser=(xdg-open)
else browser=(python3 -m webbrowser -t); fi

addresses=$(scripts/run/stack/addresses.sh | grep -o 'http://[^ ]*') || { echo "nothing is running: make up" >&2; exit 1; }
for address in $addresses; do "${browser[@]}" "$address" >/dev/null; done
