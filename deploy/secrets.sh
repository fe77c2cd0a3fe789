#!/usr/bin/env bash
# Makes the keys and passwords that compose.yaml mounts, in DIR (secrets/); one that is there stays as it is.
# Usage: deploy/secrets.sh [DIR [HOST]], where HOST is the database's name: db in Compose, voxpop-db in Kubernetes.
# The directory is for its owner alone. The files in it can be read by all, because containers run as users of their own
# and Compose mounts a file with the rights it has.
set -euo pipefail
directory=${1:-$(dirname "$0")/../secrets}
host=${2:-db}
mkdir -p "$directory"
chmod 700 "$directory"

made() { # NAME: the text on standard input becomes the file, unless there is one
  local text
  text=$(cat)
  if [ ! -s "$directory/$1" ]; then
    printf '%s' "$text" >"$directory/$1"
    chmod 444 "$directory/$1"
  fi
}
random() { head -c 32 /dev/urandom | base64 | tr -d '=\n' | tr '+/' '-_'; }

{ printf 'vp_'; random; } | made voxpop_admin_key
{ printf 'vp_'; random; } | made voxpop_metrics_key
random | made postgres_password
random | made grafana_password
printf 'postgresql://voxpop:%s@%s:5432/voxpop' "$(cat "$directory/postgres_password")" "$host" | made voxpop_store
echo "the keys and passwords are in $directory; the key for the login page and the API is in voxpop_admin_key" >&2
