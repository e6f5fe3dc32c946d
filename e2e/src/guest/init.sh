#!/usr/bin/bash
# The guest's first and only process tree: runs /stages.sh, tells on the console how each stage ended, resets the machine.
export PATH=/usr/bin HOME=/root NO_COLOR=1 NODE_OPTIONS='--import /stripped.mjs' NODE_COMPILE_CACHE=/tmp/compiled
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t bpf -o mode=0700 bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for module in /modules/*.ko; do insmod "$module"; done
ip link set lo up

now() { cut -d ' ' -f 1 /proc/uptime; }

# stage NAME COMMAND...
stage() {
  local name=$1 status
  shift
  "$@"
  status=$?
  echo "guest: $name $status $(now)"
  return "$status"
}

echo "guest: kernel $(cut -d ' ' -f 3 /proc/version) $(now)"
cd /namewall && . /stages.sh
echo "guest: end $(now)"
# Time for the serial line to take the last words; with -no-reboot a reset ends qemu.
sleep 0.2
echo b >/proc/sysrq-trigger
