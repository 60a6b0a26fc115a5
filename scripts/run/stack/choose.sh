#!/usr/bin/env bash
# Print the services to start, one a line, once every image from elsewhere is here; missing ones are pulled. An optional
# service whose image can't be had, or that WITHOUT names, is left out; a missing image that is needed is an error. Asks
# no network when all images are here.        [WITHOUT="grafana,prometheus"] scripts/run/stack/choose.sh [SERVICE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

# Nothing that answers, records or trains needs these.
optional="prometheus alertmanager grafana"
among() { case " $2 " in *" $1 "*) ;; *) return 1 ;; esac; }

without=$(tr ',\n' '  ' <<<"${WITHOUT:-}")
for name in $without; do
  among "$name" "$optional" || { echo "WITHOUT=$name: what can be left out is ${optional// /, }" >&2; exit 2; }
done

# As Compose prints it, whatever files and variables it was made of: SERVICE IMAGE, and `ours` where it is built here.
images=$(docker compose config | awk '
  /^[^ ]/ {services = ($1 == "services:")}
  services && /^  [^ ]/ {name = $1; sub(/:$/, "", name)}
  services && /^    image: / {image[name] = $2}
  services && /^    pull_policy: never/ {ours[name] = " ours"}
  END {for (name in image) print name, image[name] ours[name]}')

[ $# -gt 0 ] || set -- $(awk '{print $1}' <<<"$images" | sort)
missing="" hint=""
for name in "$@"; do
  read -r image ours < <(awk -v name="$name" '$1 == name {print $2, $3}' <<<"$images") || true
  [ -n "${image:-}" ] || { echo "there is no service $name; there are $(awk '{print $1}' <<<"$images" | sort | xargs)" >&2; exit 2; }
  if among "$name" "$without"; then continue; fi
  if [ -z "$ours" ] && ! docker image inspect "$image" >/dev/null 2>&1; then
    echo "fetching $image for $name" >&2
    if ! docker pull "$image" >&2; then
      if among "$name" "$optional"; then
        echo "the image $image can't be had: starting without $name (make up WITHOUT=$name does not try)" >&2
        continue
      fi
      missing="$missing $image (for $name)"
    fi
  fi
  printf '%s\n' "$name"
done
if [ -n "$missing" ]; then
  echo "an image that is needed is not here and can't be had:$missing" >&2
  echo "Docker's own words are above. Nothing was built or started." >&2
  exit 1
fi
