#!/usr/bin/env bash
# Builds both images and brings up what compose.yaml describes, for real, on a Docker engine of its own that is gone
# afterwards: deploy/test/containers.sh [single|cluster]. As root, on Debian 12; make containers.
# Where a registry cannot be reached, images of others are stood in for by Debian's packages of the same programs;
# Grafana, which Debian has not, is left out. STANDINS=no takes the real ones.
set -euo pipefail
cd "$(dirname "$0")/../.."
what=${1:-cluster}
python=${PYTHON:-.venv/bin/python}
export DEBIAN_FRONTEND=noninteractive DOCKER_BUILDKIT=1 COMPOSE_PROJECT_NAME=voxpoptest
if ! [ -x /usr/sbin/dockerd ] || ! [ -x /usr/bin/docker-compose ] || ! command -v debootstrap >/dev/null; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends docker.io docker-compose debootstrap >/dev/null
fi
docker=/usr/bin/docker
work=$(mktemp -d /var/tmp/voxpop-containers.XXXXXX)
chmod 755 "$work"
export DOCKER_HOST=unix://$work/docker.sock VOXPOP_SECRETS_DIR=$work/secrets VOXPOP_INBOX=$work/inbox
export VOXPOP_SOURCES="--source /inbox --watch"

compose() { /usr/bin/docker-compose "$@"; }
finish() {
  code=$?
  if [ "$code" != 0 ]; then compose --profile single --profile cluster logs --no-color --tail 30 2>/dev/null || true; fi
  compose --profile single --profile cluster down --volumes --timeout 40 >/dev/null 2>&1 || true
  if [ -s "$work/dockerd.pid" ]; then
    engine=$(cat "$work/dockerd.pid")
    kill "$engine" 2>/dev/null || true
    while kill -0 "$engine" 2>/dev/null; do sleep 0.2; done
  fi
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

/usr/sbin/dockerd --data-root "$work/data" --exec-root "$work/exec" -p "$work/dockerd.pid" -H "$DOCKER_HOST" >"$work/log" 2>&1 &
for _ in $(seq 300); do $docker version >/dev/null 2>&1 && break || sleep 0.2; done

# A base for a machine without a registry: Debian's Python, under the official name.
if [ "${STANDINS:-yes}" = yes ]; then
  mirror=$(grep -rhoE 'https?://[^ ]*debian\.org/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -v snapshot | head -1 | tr -d ' ' || true)
  debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates,libgomp1 bookworm "$work/root" ${mirror:+"$mirror"} >"$work/debootstrap" 2>&1 ||
    { tail "$work/debootstrap"; exit 1; }
  rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
  ln -s /usr/bin/python3 "$work/root/usr/local/bin/python"
  ln -s /usr/bin/python3 "$work/root/usr/local/bin/python3"
  cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/"
  ca=/etc/ssl/certs/ca-certificates.crt
  tar -C "$work/root" -c . | $docker import -c 'CMD ["python3"]' -c "ENV PIP_CERT=$ca SSL_CERT_FILE=$ca" \
    -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - python:3.11-slim >/dev/null
  rm -rf "$work/root"
fi

umask 022
deploy/secrets.sh "$work/secrets"
mkdir "$work/inbox"
limit() { # IMAGE MB: no larger than that, no root, and it runs with nothing but a place for its data
  local size
  size=$(($($docker image inspect --format '{{.Size}}' "$1") / 1000000))
  echo "$1: $size MB"
  [ "$size" -lt "$2" ]
  [ "$($docker run --rm --entrypoint id "$1" -u)" = 10001 ]
  $docker run --rm --read-only --network none --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp "$1" \
    score "what a wonderful day" --json | grep -q positive
  ! $docker run --rm --entrypoint sh "$1" -c 'command -v cc || command -v gcc || command -v make'
  $docker run --rm --entrypoint cat "$1" /opt/voxpop/sbom.cdx.json | grep -q '"bomFormat": "CycloneDX"'
}

$docker build --quiet --target voxpop --tag voxpop:0.1.0 . >/dev/null
limit voxpop:0.1.0 700
compose --profile single up --detach --no-build
$python deploy/test/check.py single "$work"
began=$(date +%s)
compose --profile single stop --timeout 40
echo "stopped in $(($(date +%s) - began)) s"
[ "$($docker inspect --format '{{.State.ExitCode}}' voxpoptest_voxpop_1)" = 0 ]
compose --profile single down --volumes
rm -f "$work"/inbox/*
[ "$what" = cluster ] || exit 0

$docker build --quiet --target voxpop-spark --tag voxpop-spark:0.1.0 . >/dev/null
limit voxpop-spark:0.1.0 1300
others=(grafana)
if [ "${STANDINS:-yes}" = yes ]; then
  others=()
  for image in postgres:15 caddy:2 prom/prometheus:v3.5.0; do
    name=${image%%:*}
    $docker build --quiet --file deploy/test/standins.Dockerfile --target "${name##*/}" --tag "$image" deploy/test >/dev/null
  done
fi
compose --profile cluster up --detach --no-build --scale spark-worker=2 \
  db collector spark-master spark-worker scorer api proxy prometheus "${others[@]}"
$docker exec voxpoptest_prometheus_1 promtool check config /etc/prometheus/prometheus.yml
$python deploy/test/check.py cluster "$work"
