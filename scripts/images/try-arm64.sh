#!/usr/bin/env bash
# Unpacks the arm64 images and starts their programs under qemu's emulation of a processor, on this machine's kernel: they
# find their libraries and read their sources. Nothing is loaded into a kernel.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# unpack NAME: layers are only ever added to.
unpack() {
  local root=$work/$1 layout=$work/$1.layout manifest blob
  mkdir -p "$root" "$layout"
  tar --extract --file "build/images/arm64/namewall-$1.oci.tar" --directory "$layout"
  manifest=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["manifests"][0]["digest"])' <"$layout/index.json")
  python3 -c 'import json, sys; [print(l["digest"]) for l in json.load(sys.stdin)["layers"]]' \
    <"$layout/blobs/${manifest/://}" >"$work/layers"
  while read -r blob; do tar --extract --file "$layout/blobs/${blob/://}" --directory "$root"; done <"$work/layers"
  cp "$(command -v qemu-aarch64-static)" "$root/qemu"
}

# try NAME PROGRAM ARGUMENT...: what it says must have the last argument in it.
try() {
  local root=$work/$1 expected=${*: -1} argv=("${@:2:$#-2}") said
  # What the agent starts itself again for is there already, as far as it can tell: emulated, it cannot.
  said=$(env --ignore-environment NAMEWALL_PRIVILEGED=0 /usr/sbin/chroot "$root" /qemu "${argv[@]}" 2>&1) || true
  if [[ "$said" != *"$expected"* ]]; then
    printf 'arm64: %s: expected "%s", got:\n%s\n' "${argv[*]}" "$expected" "$said" >&2
    exit 1
  fi
  printf 'arm64: %s: works\n' "${argv[*]:0:2}"
}

readonly NODE=/usr/local/bin/node BIN=/usr/local/bin
unpack operator
try operator "$NODE" "$BIN/namewall-operator" --help 'Usage: namewall-operator'
unpack agent
try agent "$NODE" "$BIN/namewall-agent" --help 'Usage: agent'
try agent "$NODE" "$BIN/namewallctl" --help 'Usage: namewallctl'
# The kernel's side of it is not emulated; that libbpf is found, and called with what koffi binds, is.
try agent "$NODE" --eval "import('/opt/namewall/packages/libbpf/src/native.ts').then((native) => {
  native.libbpf();
  console.log('libbpf is there');
})" 'libbpf is there'
try agent /usr/sbin/tc -V iproute2
try agent /usr/bin/setpriv --version util-linux
try agent /usr/bin/sleep --version coreutils
try agent /opt/namewall/build/namewall-cni 'CNI_COMMAND is not set'
try agent /opt/namewall/build/namewall-privileged 'Usage: namewall-privileged'
