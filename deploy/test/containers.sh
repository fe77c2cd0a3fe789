#!/usr/bin/env bash
# Builds both images and brings up what compose.yaml describes, for real, on a Docker engine of its own that is gone
# afterwards: deploy/test/containers.sh [single|few|cluster]. As root, on Debian 12; make containers.
# `single` is the one container; `few` adds the cluster with one worker, and kills that and the database; `cluster` has
# two workers, kills each kind of container, and restores all of it from a back-up.
# Where a registry cannot be reached, images of others are stood in for by Debian's packages of the same programs;
# Grafana, which Debian has not, is left out. STANDINS=no takes the real ones.
# KEEP=DIR leaves the engine's images there, so that the next run builds what changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
what=${1:-cluster}
python=${PYTHON:-.venv/bin/python}
export DEBIAN_FRONTEND=noninteractive DOCKER_BUILDKIT=1 COMPOSE_PROJECT_NAME=voxpoptest
work=${KEEP:-$(mktemp -d /var/tmp/voxpop-containers.XXXXXX)}
mkdir -p "$work"
chmod 755 "$work"
export VOXPOP_SECRETS_DIR=$work/secrets VOXPOP_INBOX=$work/inbox VOXPOP_SOURCE_FLAGS="--source /inbox --watch"
# Not the ports that one at work on this machine may have.
export VOXPOP_PUBLISH=127.0.0.1:18050 VOXPOP_PUBLISH_TLS=127.0.0.1:18443 GRAFANA_PUBLISH=127.0.0.1:13000
. deploy/test/engine.sh

compose() { /usr/bin/docker-compose "$@"; }
last_words() { # who works on posts comes last, for a long output may lose its middle; requests that went well are left out
  local one
  compose --profile single --profile cluster ps 2>/dev/null || true
  for one in prometheus proxy api db voxpop collector spark-master spark-worker scorer; do
    echo "-- $one"
    compose --profile single --profile cluster logs --no-color "$one" 2>/dev/null | grep -v '"status": 200' | tail -n 20 | cut -c 1-600 || true
  done
  echo "-- Spark in the scorer"
  $docker exec "$(compose --profile cluster ps --quiet scorer | head -1)" tail -n 30 /tmp/.cache/voxpop/spark.log 2>/dev/null | cut -c 1-400 || true
}
finish() {
  code=$?
  if [ "$code" != 0 ]; then
    echo "containers: failed in part '${part:-}'; the last lines of each container:"
    last_words
  fi
  stop_engine
  rm -rf "$work/secrets" "$work/inbox"
  if [ -z "${KEEP:-}" ]; then rm -rf "$work"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

part=
begin() { # PART: say how long the one before took
  if [ -n "$part" ]; then echo "== $part: $((SECONDS - began)) s"; fi
  part=$1
  began=$SECONDS
}
limit() { # IMAGE MB: no larger than that, no root, and it runs with nothing but a place for its data
  local size alone=(--rm --network none --read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp)
  size=$(($($docker image inspect --format '{{.Size}}' "$1") / 1000000))
  echo "$1: $size MB"
  [ "$size" -lt "$2" ] || { echo "$1 is larger than $2 MB"; exit 1; }
  [ "$($docker run --rm --entrypoint id "$1" -u)" = 10001 ] || { echo "$1 runs as root"; exit 1; }
  $docker run "${alone[@]}" "$1" score "what a wonderful day" --json | grep positive >/dev/null
  if $docker run "${alone[@]}" --entrypoint sh "$1" -c 'command -v cc gcc make pip pip3'; then
    echo "$1 has tools to build with"
    exit 1
  fi
  $docker run "${alone[@]}" --entrypoint cat "$1" /opt/voxpop/sbom.cdx.json | grep '"bomFormat": "CycloneDX"' >/dev/null
  $docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.version"}}' "$1" | grep -Fx "$version" >/dev/null
}

begin engine
version=$($python deploy/version.py)
need_programs
start_engine
if [ "${STANDINS:-yes}" = yes ] && ! $docker image inspect python:3.11-slim >/dev/null 2>&1; then
  begin base
  make_base
fi
umask 022
deploy/secrets.sh "$work/secrets"
mkdir "$work/inbox"

begin "image voxpop"
$docker build --quiet --target voxpop --tag "voxpop:$version" . >/dev/null
limit "voxpop:$version" 700
weigh_in

begin single
compose --profile single up --detach --no-build
$python -m deploy.test.check single "$work"
stopping=$SECONDS
compose --profile single stop --timeout 40
echo "stopped in $((SECONDS - stopping)) s"
[ "$($docker inspect --format "{{.State.ExitCode}}" "$(compose ps --quiet voxpop)")" = 0 ] || { echo "it did not end well"; exit 1; }
compose --profile single down --volumes
rm -f "$work"/inbox/*

if [ "$what" != single ]; then
  begin "image voxpop-spark"
  $docker build --quiet --target voxpop-spark --tag "voxpop-spark:$version" . >/dev/null
  limit "voxpop-spark:$version" 1300
  others=(grafana)
  if [ "${STANDINS:-yes}" = yes ]; then
    begin "images of others"
    others=()
    make_standins
  fi
  begin cluster
  workers=2
  if [ "$what" = few ]; then workers=1; fi
  SERVICES="--scale spark-worker=$workers db collector spark-master spark-worker scorer api proxy prometheus ${others[*]}"
  export SERVICES
  # shellcheck disable=SC2086
  compose --profile cluster up --detach --no-build $SERVICES
  compose --profile cluster exec -T prometheus promtool check config /etc/prometheus/prometheus.yml
  $python -m deploy.test.check "$what" "$work"
fi
begin ""
