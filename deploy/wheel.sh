#!/usr/bin/env bash
# The wheel of a release, in dist/: built twice and compared byte by byte, then installed into an empty environment that
# has nothing of this checkout or of its tests, where the model in it scores a text. What pip chose to go with it is in
# build/voxpop.cdx.json.
set -euo pipefail
cd "$(dirname "$0")/.."
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1580601600}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
"$python" -m venv "$work/builder"
"$work/builder/bin/pip" --disable-pip-version-check install --quiet --no-compile build==1.3.0 hatchling==1.27.0
for copy in one two; do
  # From two places and without what lies about here, for neither may matter.
  mkdir "$work/$copy"
  cp -r pyproject.toml README.md LICENSE NOTICE src "$work/$copy"
  find "$work/$copy" -name __pycache__ -prune -exec rm -rf {} +
  "$work/builder/bin/python" -m build --wheel --no-isolation --outdir "$work/$copy/dist" "$work/$copy" >/dev/null
done
cmp "$work"/one/dist/*.whl "$work"/two/dist/*.whl
mkdir -p dist build
cp "$work"/one/dist/*.whl dist/
"$python" -m venv "$work/empty"
"$work/empty/bin/pip" --disable-pip-version-check install --quiet --no-compile "$work"/one/dist/*.whl
cp deploy/image/sbom.py "$work"
version=$("$python" deploy/version.py)
cd "$work"
unset PYTHONPATH
scored=$("$work/empty/bin/voxpop" score "what a wonderful day" --json)
grep -q positive <<<"$scored" || { echo "the installed wheel says: $scored" >&2; exit 1; }
"$work/empty/bin/voxpop" doctor --data "$work/data" >/dev/null
"$work/empty/bin/python" sbom.py "$version" "$OLDPWD/build/voxpop.cdx.json" library
ls -l "$OLDPWD"/dist/*.whl
