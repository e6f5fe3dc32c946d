#!/usr/bin/env bash
# node.sh NAME ADDRESSES RUN CGROUP CONFIG BINARY: a node of the cluster, as process 1 of namespaces of its own. RUN is
# the run directory, CGROUP the node's name in every cgroup hierarchy, CONFIG a folder with containerd.toml, kubelet.json,
# proxy.json and the network plugins' configuration, BINARY has kubelet and kube-proxy.
# Called with `enter` and a network namespace before these, it makes the namespaces first.
set -euo pipefail

if [ "$1" = enter ]; then
  netns=$2
  shift 2
  for hierarchy in /sys/fs/cgroup/*/; do
    own=$hierarchy$4
    mkdir -p "$own"
    # What pods of the last boot left costs the kubelet seconds each.
    find "$own" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || true
    # Empty ones let nobody in.
    for set in cpuset.cpus cpuset.mems; do
      [ ! -f "$own/$set" ] || cat "$hierarchy$set" >"$own/$set"
    done
    echo $$ >"$own/cgroup.procs"
  done
  exec nsenter --net="$netns" unshare --mount --pid --uts --ipc --cgroup --fork --kill-child "$0" "$@"
fi

name=$1 addresses=$2 run=$3 config=$5 binary=$6
own=$run/$name
hostname "$name"
mount --make-rprivate /
for folder in /var/lib/kubelet /var/lib/containerd /var/lib/cni /var/lib/namewall /var/log/pods /var/log/containers \
  /etc/cni/net.d /opt/cni/bin; do
  mkdir -p "$own$folder" "$folder"
  mount --bind "$own$folder" "$folder"
done
cp -n /usr/lib/cni/* /opt/cni/bin/
cp "$config"/*.conflist /etc/cni/net.d/
mount --bind "$config/resolv.conf" /etc/resolv.conf
echo "$name" >"$own/hostname"
mount --bind "$own/hostname" /etc/hostname

hierarchies=$(ls /sys/fs/cgroup)
mount -t proc proc /proc
umount --recursive /sys
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
for hierarchy in $hierarchies; do
  mkdir "/sys/fs/cgroup/$hierarchy"
  case $hierarchy in
    unified) mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified ;;
    systemd) mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd ;;
    *) mount -t cgroup -o "$hierarchy" cgroup "/sys/fs/cgroup/$hierarchy" ;;
  esac
done
# A node has one bpf file system from its boot to its end, and no other's.
mount -t bpf bpf /sys/fs/bpf

# A /run of its own, with the run directory where it was.
mount --bind "$run" /mnt
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p "$run" /run/netns /run/lock
mount --move /mnt "$run"
mount --make-rshared /

containerd --config "$config/containerd.toml" >"$own/containerd.log" 2>&1 &
until ctr version >/dev/null 2>&1; do sleep 0.1; done
for image in "$run"/images/*.tar; do ctr --namespace k8s.io images import "$image" >>"$own/images.log" 2>&1; done
"$binary" kubelet --config="$config/kubelet.json" --kubeconfig="$run/$name.kubeconfig" \
  --hostname-override="$name" --node-ip="$addresses" >"$own/kubelet.log" 2>&1 &
"$binary" kube-proxy --config="$config/proxy.json" >"$own/proxy.log" 2>&1 &
# What others leave behind is process 1's to take.
wait
