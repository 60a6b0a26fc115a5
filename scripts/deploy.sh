#!/usr/bin/env bash
# Run the api's image alone, on models that lie in a folder: no registry, no courier, no database.
#
#   scripts/deploy.sh [OPTION...] [FOLDER]
#
#   FOLDER            a serving directory (policy.json and bundles/, as a courier writes it; followed while it changes),
#                     or one bundle (manifest.json, model.onnx, ...); var/serving, or else the bundle in artifacts/bundles
#   --image IMAGE     the api's image; without it the one that `make images` or `make up` built in this checkout
#   --name NAME       of the container (mlops-iris-api); an earlier one that this script made is replaced
#   --port N          on 127.0.0.1 (8000)
#   --no-pull         start the image that is here; an --image is otherwise pulled first
#   --env NAME=VALUE  a setting of the api (docs/reference/settings.md); may be repeated
#   --network NAME    a Docker network to join
#   --platform P      such as linux/amd64
#
# What is answered is written to the volume NAME-journal, which stays until `docker volume rm`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

LABEL=io.mlops-iris.deployed-by=scripts/deploy.sh
WAIT_SECONDS=${WAIT_SECONDS:-60}

usage() { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p;}' scripts/deploy.sh; }
fail() { printf 'deploy: %s\n' "$@" >&2; exit 1; }

image="" bundle="" name=mlops-iris-api port=8000 pull=1 folder="" options=() platform=()
while [ $# -gt 0 ]; do
  case $1 in
    --image=* | --name=* | --port=* | --env=* | --network=* | --platform=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
  esac
  case $1 in
    --image | --name | --port | --env | --network | --platform)
      [ $# -ge 2 ] && [ -n "$2" ] || { echo "deploy: $1 needs a value" >&2; exit 2; }
      case $1 in
        --image) image=$2 ;;
        --name) name=$2 ;;
        --port) port=$2 ;;
        --env) [[ $2 =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || { echo "deploy: --env $2 is not NAME=VALUE" >&2; exit 2; }; options+=("$1" "$2") ;;
        --platform) platform=("$1" "$2"); options+=("$1" "$2") ;;
        *) options+=("$1" "$2") ;;
      esac
      shift 2 ;;
    --no-pull) pull=""; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) echo "deploy: unknown option $1" >&2; usage >&2; exit 2 ;;
    *) [ -z "$folder" ] || { echo "deploy: one folder, not $folder and $1" >&2; exit 2; }; folder=$1; shift ;;
  esac
done
[[ $port =~ ^[0-9]{1,5}$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] || { echo "deploy: --port $port is not a port" >&2; exit 2; }
[[ $name =~ ^[a-zA-Z0-9][a-zA-Z0-9_.-]+$ ]] || { echo "deploy: --name $name can't be the name of a container" >&2; exit 2; }

docker info >/dev/null 2>&1 || fail "no Docker engine answers: start Docker, then try again"

# --- what it serves
if [ -z "$folder" ]; then
  folder=var/serving
  [ -e var/serving/policy.json ] || folder=$(ls -d artifacts/bundles/*/ 2>/dev/null | head -n 1)
  [ -n "$folder" ] || fail "there is no model in var/serving or artifacts/bundles: make demo makes one, or name a folder"
fi
[ -d "$folder" ] || fail "$folder is not a folder"
folder=$(cd "$folder" && pwd)
if [ ! -e "$folder/policy.json" ]; then
  [ -e "$folder/manifest.json" ] || fail "$folder holds neither policy.json (a serving directory) nor manifest.json (a bundle)"
  bundle=$folder
fi
unreadable=""
[ -n "$bundle" ] || unreadable=$(find "$folder" ! -perm -o=r -print | head -n 1)
[ -z "$unreadable" ] || fail "$unreadable can't be read by the container's user (10001): chmod -R o+rX '$folder'"

# --- the image
if [ -z "$image" ]; then
  image=$(docker compose config --images api) || fail "Docker's plugin Compose names this checkout's image; without it use --image"
  docker image inspect "$image" >/dev/null 2>&1 || fail "the image $image is not built: make images SERVICE=api"
elif [ -n "$pull" ] && ! docker pull "${platform[@]+"${platform[@]}"}" "$image"; then
  docker image inspect "$image" >/dev/null 2>&1 || fail "the image $image can't be pulled and is not here"
  echo "deploy: $image can't be pulled; starting the one that is here" >&2
elif ! docker image inspect "$image" >/dev/null 2>&1; then
  fail "the image $image is not here; without --no-pull it is pulled"
fi

# --- the container
if owner=$(docker container inspect --format "{{index .Config.Labels \"${LABEL%%=*}\"}}" "$name" 2>/dev/null); then
  [ "$owner" = "${LABEL#*=}" ] || fail "a container named $name exists, and this script did not make it: choose another --name"
fi
# One bundle: a serving directory in which it is production. It is copied first: it may lie in the one it replaces.
if [ -n "$bundle" ]; then
  sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
  hash=$(sha256 <"$bundle/manifest.json" | cut -d ' ' -f 1)
  folder=$PWD/var/deploy/$name
  rm -rf "$folder.next"
  mkdir -p "$folder.next/bundles"
  cp -R "$bundle" "$folder.next/bundles/$hash"
  printf '{"format": 1, "generation": 1, "model": "bundle", "production": {"version": "1", "bundle": "%s"}, "canary": null, "shadow": null}\n' \
    "$hash" >"$folder.next/policy.json"
  chmod -R go+rX "$folder.next"
fi
[ -z "$owner" ] || docker rm --force "$name" >/dev/null
if [ -n "$bundle" ]; then
  rm -rf "$folder"
  mv "$folder.next" "$folder"
fi
docker run --detach --pull never --name "$name" --label "$LABEL" --restart unless-stopped \
  --publish "127.0.0.1:$port:8000" --volume "$folder:/srv/serving:ro" --volume "$name-journal:/srv/journal" \
  --read-only --tmpfs /run/metrics:size=64m,uid=10001,gid=10001,mode=0700 --tmpfs /tmp:size=64m \
  --cap-drop ALL --security-opt no-new-privileges:true --pids-limit 128 --memory 768m --stop-timeout 30 \
  "${options[@]+"${options[@]}"}" "$image" >/dev/null || {
    docker rm --force "$name" >/dev/null 2>&1 || true
    fail "the container did not start, the reason is above; another --port or --network may help"
  }

health='import urllib.request as u; print(u.urlopen("http://127.0.0.1:8000/health", timeout=4).read().decode())'
end=$((SECONDS + WAIT_SECONDS))
until health_answer=$(docker exec "$name" python -c "$health" 2>/dev/null); do
  if [ $SECONDS -ge $end ] || [ "$(docker container inspect --format '{{.RestartCount}}' "$name")" != 0 ]; then
    docker logs --tail 50 "$name" >&2 || true
    docker stop "$name" >/dev/null || true
    fail "$name did not answer /health with 200 within $WAIT_SECONDS s; its log is above. It is stopped: docker logs $name"
  fi
  sleep 0.5
done
echo "$health_answer"
echo "http://127.0.0.1:$port serves $folder from $image; docker rm --force $name ends it"
