#!/usr/bin/env bash
# build.sh ARCH [BASE]: the images of operator and agent for x64 or arm64 as OCI archives with a list of their parts (SPDX)
# beside each, in build/images/. By buildah, without a daemon and without pulling anything: the base is made of Debian
# packages (base.sh), or is BASE, an image that buildah has. Nothing of an image runs meanwhile.
set -euo pipefail
cd "$(dirname "$0")/../.."
arch=$1 base=${2:-}
case $arch in
  x64) goarch=amd64 ;;
  arm64) goarch=arm64 ;;
  *) printf 'images: not for %s\n' "$arch" >&2; exit 1 ;;
esac
own=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
# This machine's has the plain names.
out=build/images programs=(build/namewall-cni build/namewall-privileged)
if [ "$arch" != "$own" ]; then out=build/images/$arch programs=("${programs[@]/#build/build/$arch}"); fi
version=$(awk '/^appVersion:/ {gsub(/["'\'']/, "", $2); print $2}' charts/namewall/Chart.yaml)
# Files of ours carry the time of the commit, not of the build.
stamp=$(git log -1 --format=%ct)

mkdir -p "$out"
log=$out/build.log
: >"$log"
work=$(mktemp -d "$PWD/$out/work.XXXXXX")
export BUILDAH_ISOLATION=chroot
# A store of its own, gone afterwards; a BASE that was given is in the machine's.
b() {
  if [ -n "$base" ]; then buildah "$@"; else buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; fi
}

# local_base NAME: from its packages; the folder stays for the list of parts.
local_base() {
  local container
  scripts/images/base.sh "images/$1/packages" "$arch" "$work/$1/base"
  container=$(b from --arch "$goarch" scratch)
  b add --quiet "$container" "$work/$1/base" / >/dev/null
  b config --arch "$goarch" --os linux "$container"
  b commit --quiet --rm "$container" "namewall-base-$1" >/dev/null
}

mib() {
  echo $(($(du --summarize --bytes "$1" | cut -f 1) >> 20))
}

# image NAME PACKAGE...: what it runs goes to the log, its result to standard output.
image() {
  local name=$1 from=${base:-localhost/namewall-base-$1} file=$out/namewall-$1
  shift
  mkdir -p "$work/$name/context"
  [ -n "$base" ] || local_base "$name"
  scripts/images/stage.sh "$@" "$arch" "$work/$name/context/root"
  if [ "$name" = agent ]; then
    install -D -m 644 -t "$work/$name/context/root/opt/namewall/build" build/datapath.bpf.o build/socket.bpf.o
    install -m 755 -t "$work/$name/context/root/opt/namewall/build" "${programs[@]}"
  fi
  b bud --quiet --pull-never --arch "$goarch" --timestamp "$stamp" --build-arg "BASE=$from" \
    --tag "namewall-$name" --file "images/$name/Dockerfile" "$work/$name/context" >/dev/null
  rm -f "$file.oci.tar"
  b push --quiet "namewall-$name" "oci-archive:$file.oci.tar:docker.io/library/namewall-$name:$version"
  node scripts/images/sbom.ts --name "namewall-$name" --version "$version" --created "$stamp" \
    --base "$work/$name/base" --root "$work/$name/context/root" >"$file.spdx.json"
  printf 'namewall-%s:%s %s: %d MiB, unpacked %d MiB\n' "$name" "$version" "$file.oci.tar" \
    "$(mib "$file.oci.tar")" "$(mib "$work/$name")"
}

# Not behind `||`: there bash would go on after a failure.
trap 'status=$?; rm -rf "$work"; [ "$status" = 0 ] || { tail -n 20 "$log"; printf "images: failed; the whole log is %s\n" "$log"; } >&2' EXIT
image operator operator 2>>"$log"
image agent agent cli 2>>"$log"
