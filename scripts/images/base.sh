#!/usr/bin/env bash
# base.sh PACKAGES ARCH FOLDER: a root file system of Debian packages that this machine's own apt sources have, unpacked
# and not installed (so that any machine makes one for any architecture), less commands and documents that nothing uses.
# What it is made of stands in var/lib/dpkg/status.d, a file a package, where scanners look for it.
set -euo pipefail
packages=$1 arch=$2 root=$3

case $arch in
  x64) debian=amd64 ;;
  arm64) debian=arm64 ;;
  *) printf 'base.sh: no such architecture: %s\n' "$arch" >&2; exit 1 ;;
esac

# Debian's own archives only, of all that apt knows here.
sources() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
    sed 's|^|deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] |' | sort -u
}
found=$(sources)
if [ -z "$found" ]; then
  apt-get --option DPkg::Lock::Timeout=300 --quiet=2 update
  found=$(sources)
fi
[ -n "$found" ] || { printf 'base.sh: apt has no source of Debian packages here\n' >&2; exit 1; }

names=$(sed 's/#.*//' "$packages" | awk 'NF {printf "%s%s", comma, $1; comma = ","}')
commands=$(sed 's/#.*//' "$packages" | awk '{for (i = 2; i <= NF; i++) print $i}')

# Archives are still there in an extract hook, and gone after it.
# shellcheck disable=SC2016
record='mkdir -p "$1/var/lib/dpkg/status.d"
for deb in "$1"/var/cache/apt/archives/*.deb; do
  dpkg-deb --field "$deb" >"$1/var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)"
done'
suite=$(awk '$4 !~ /-/ {print $4; exit}' <<<"$found")
mmdebstrap --quiet --variant=extract --mode=root --format=directory --architectures="$debian" --include="$names" \
  --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --extract-hook="$record" "$suite" "$root" - <<<"$found" >&2

for folder in bin sbin; do
  for file in "$root/usr/$folder"/*; do
    grep -qxF "${file##*/}" <<<"$commands" || rm -rf "$file"
  done
done
find "$root/usr/share/doc" -mindepth 2 -maxdepth 2 ! -name copyright -exec rm -rf {} +
find "$root/usr/share" -mindepth 1 -maxdepth 1 ! -name doc -exec rm -rf {} +
find "$root/usr/lib" -mindepth 1 -maxdepth 1 ! -name '*-linux-gnu*' ! -name 'ld-linux*' -exec rm -rf {} +
find "$root/etc" -mindepth 1 -maxdepth 1 ! -name iproute2 -exec rm -rf {} +
rm -rf "$root"/usr/lib/*/{perl,perl-base,gconv} "$root"/usr/{games,include,src,local,libexec} "$root"/dev/*
mv "$root/var/lib/dpkg/status.d" "$root/status.d"
rm -rf "$root/var"
mkdir -p "$root/var/lib/dpkg" "$root"/{proc,sys,run,root,usr/local/bin,opt/namewall}
mv "$root/status.d" "$root/var/lib/dpkg/status.d"
printf 'root:x:0:0:root:/root:/sbin/nologin\nnamewall:x:65532:65532:namewall:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnamewall:x:65532:\n' >"$root/etc/group"
