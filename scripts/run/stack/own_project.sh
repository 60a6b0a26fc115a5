#!/usr/bin/env bash
# Are this checkout's containers its own? Compose names a project after its folder, so two folders of one name would
# replace each other's containers and share their volumes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

project=$(docker compose config --environment | sed -n 's/^COMPOSE_PROJECT_NAME=//p')
folders() { docker ps --all --filter "label=com.docker.compose.project=$1" --format '{{.Label "com.docker.compose.project.working_dir"}}' | sort -u; }

while read -r folder; do
  if [ -e "$folder/docker-compose.yml" ] && ! [ "$folder" -ef . ]; then
    echo "the project $project belongs to another checkout: $folder" >&2
    echo "Give this one a name of its own, and other ports (.env.example), in .env: COMPOSE_PROJECT_NAME=$project-2" >&2
    exit 1
  fi
done < <(folders "$project")

# Every checkout's project was called mlops-iris once.
if [ "$project" != mlops-iris ]; then
  while read -r folder; do
    if [ -n "$folder" ] && [ "$folder" -ef . ]; then
      echo "this checkout's containers and volumes belong to the project mlops-iris, as earlier versions named it" >&2
      echo "Keep them with a line in .env: COMPOSE_PROJECT_NAME=mlops-iris" >&2
      echo "Or stop them first: docker compose --project-name mlops-iris --profile '*' down" >&2
      exit 1
    fi
  done < <(folders mlops-iris)
fi
