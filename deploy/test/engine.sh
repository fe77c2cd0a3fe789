# A Docker engine of our own in $work, and a base for a machine without a registry; containers.sh reads this in.
docker=/usr/bin/docker

need_programs() {
  [ "$(id -u)" = 0 ] || { echo "containers: a Docker engine of its own needs root" >&2; exit 1; }
  if ! [ -x /usr/sbin/dockerd ] || ! [ -x /usr/bin/docker-compose ] || ! command -v debootstrap >/dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends docker.io docker-compose debootstrap >/dev/null
  fi
}

start_engine() { # says why, where it cannot be started: most often no right to mount or to make namespaces
  export DOCKER_HOST=unix://$work/docker.sock
  /usr/sbin/dockerd --data-root "$work/data" --exec-root "$work/exec" -p "$work/dockerd.pid" -H "$DOCKER_HOST" >"$work/log" 2>&1 &
  engine=$!
  for _ in $(seq 300); do
    if $docker version >/dev/null 2>&1; then return; fi
    if ! kill -0 "$engine" 2>/dev/null; then break; fi
    sleep 0.2
  done
  echo "containers: the Docker engine does not start on this machine; its last words:" >&2
  tail -n 20 "$work/log" >&2
  exit 1
}

weigh_in() { # else all containers together get as much of a busy machine as one process beside them, and time out
  local shares
  for shares in /sys/fs/cgroup/cpu/docker/cpu.shares /sys/fs/cgroup/cpu,cpuacct/docker/cpu.shares; do
    if [ -w "$shares" ]; then echo 4096 >"$shares"; fi
  done
}

stop_engine() { # and everything in it
  compose --profile single --profile cluster down --volumes --timeout 20 >/dev/null 2>&1 || true
  if [ -n "${engine:-}" ]; then
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
  fi
}

make_base() { # Debian's Python, under the official image's name
  local mirror ca=/etc/ssl/certs/ca-certificates.crt
  mirror=$(grep -rhoE 'https?://[^ ]*debian\.org/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -v snapshot | head -1 | tr -d ' ' || true)
  debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates,libgomp1 bookworm "$work/root" ${mirror:+"$mirror"} >"$work/debootstrap" 2>&1 ||
    { tail "$work/debootstrap" >&2; exit 1; }
  rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
  ln -s /usr/bin/python3 "$work/root/usr/local/bin/python"
  ln -s /usr/bin/python3 "$work/root/usr/local/bin/python3"
  cp $ca "$work/root$ca"
  tar -C "$work/root" -c . | $docker import -c 'CMD ["python3"]' -c "ENV PIP_CERT=$ca SSL_CERT_FILE=$ca" \
    -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - python:3.11-slim >/dev/null
  rm -rf "$work/root"
}

make_standins() { # of what compose.yaml takes from others
  local image name
  for image in postgres:15 caddy:2 prom/prometheus:v3.5.0; do
    name=${image%%:*}
    $docker build --quiet --file deploy/test/standins.Dockerfile --target "${name##*/}" --tag "$image" deploy/test >/dev/null
  done
}
