#!/usr/bin/env bash
# Installs what `make images` needs beside `make setup`, where it is missing: Debian packages, by apt-get.
set -euo pipefail

missing=()
command -v buildah >/dev/null || missing+=(buildah)
command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
[ "${#missing[@]}" != 0 ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  printf 'images: install these Debian packages, then run this again: %s\n' "${missing[*]}" >&2
  exit 1
fi
printf 'images: installing %s ...\n' "${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get --option DPkg::Lock::Timeout=300 --quiet=2 update
apt-get --option DPkg::Lock::Timeout=300 --quiet=2 install --yes --no-install-recommends "${missing[@]}" >/dev/null
