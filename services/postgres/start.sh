#!/bin/sh
# The image takes a half-made cluster for a finished one, so that a first start cut short by a crash would never work again.
# Here a cluster counts once its last step is done; what was cut short has never had a client, and is put aside.
set -eu
volume=$(dirname "$PGDATA")
if [ -e "$PGDATA" ] && [ ! -e "$volume/initialised" ]; then
  aside="$volume/cut-short-$(date +%Y%m%dT%H%M%S)"
  echo "the first start did not finish; putting its files into $aside" >&2
  mv "$PGDATA" "$aside"
fi
exec docker-entrypoint.sh "$@"
