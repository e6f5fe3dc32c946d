#!/usr/bin/env bash
# tools.sh [arm64]: installs what `make images` needs beside `make setup`, or `make images-arm64`, where it is missing:
# Debian packages, by apt-get.
set -euo pipefail

missing=()
command -v buildah >/dev/null || missing+=(buildah)
command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
if [ "${1:-}" = arm64 ]; then
  command -v aarch64-linux-gnu-gcc >/dev/null || missing+=(gcc-aarch64-linux-gnu)
  [ -e /usr/aarch64-linux-gnu/include/stdio.h ] || missing+=(libc6-dev-arm64-cross)
  command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user-static)
fi
[ "${#missing[@]}" != 0 ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  printf 'images: install these Debian packages, then run this again: %s\n' "${missing[*]}" >&2
  exit 1
fi
printf 'images: installing %s ...\n' "${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get --option DPkg::Lock::Timeout=300 --quiet=2 update
apt-get --option DPkg::Lock::Timeout=300 --quiet=2 install --yes --no-install-recommends "${missing[@]}" >/dev/null
