#!/usr/bin/env bash
# Installs what `make cluster` needs beside `make setup`, where it is missing: Debian packages, by apt-get.
set -euo pipefail

missing=()
command -v containerd >/dev/null || missing+=(containerd)
command -v runc >/dev/null || missing+=(runc)
command -v iptables >/dev/null || missing+=(iptables)
[ "${#missing[@]}" != 0 ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  printf 'cluster: install these Debian packages, then run this again: %s\n' "${missing[*]}" >&2
  exit 1
fi
printf 'cluster: installing %s ...\n' "${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get --option DPkg::Lock::Timeout=300 --quiet=2 update
apt-get --option DPkg::Lock::Timeout=300 --quiet=2 install --yes --no-install-recommends "${missing[@]}" >/dev/null
