#!/usr/bin/env bash
# Says what kernel work lacks on this machine, with the command that mends it; mounts the bpf filesystem.
set -euo pipefail

if [ "$(id -u)" != 0 ]; then
  printf 'This loads programs into the kernel and makes network namespaces: run it as root (sudo make ...).\n' >&2
  exit 1
fi
if [ ! -r /sys/kernel/btf/vmlinux ]; then
  printf 'No /sys/kernel/btf/vmlinux: the kernel needs CONFIG_DEBUG_INFO_BTF (Debian, Ubuntu and Fedora kernels have it).\n' >&2
  exit 1
fi
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
