#!/usr/bin/env bash
# kind.sh [--dry-run]: a kind cluster with the images of `make images`, the chart, and a demo on two nodes. With --dry-run
# it prints what it would run. docs/kind.md says how far this has been tried.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly CLUSTER=namewall CONTEXT=kind-namewall

dry=''
[ "${1:-}" != --dry-run ] || dry=1

run() {
  printf '+ %s\n' "$*"
  [ -n "$dry" ] || "$@"
}

needs() {
  command -v "$1" >/dev/null || { printf 'kind.sh: %s is not here: %s\n' "$1" "$2" >&2; exit 1; }
}

cluster() {
  if [ -z "$dry" ] && kind get clusters 2>/dev/null | grep -qxF "$CLUSTER"; then return; fi
  run kind create cluster --config kind/cluster.yaml --wait 120s
}

install() {
  run kind load image-archive build/images/namewall-operator.oci.tar --name "$CLUSTER"
  run kind load image-archive build/images/namewall-agent.oci.tar --name "$CLUSTER"
  run helm upgrade --install namewall charts/namewall --kube-context "$CONTEXT" --namespace namewall --create-namespace \
    --set image.pullPolicy=Never --wait --timeout 3m
  run helm test namewall --kube-context "$CONTEXT" --namespace namewall
}

k() {
  kubectl --context "$CONTEXT" --namespace demo "$@"
}

# Prints what HTTP says, or why nothing came.
readonly PROBE='const name = process.argv[1];
fetch(`http://${name}/`, { redirect: "manual", signal: AbortSignal.timeout(5000) }).then(
  ({ status }) => console.log(`open (${status})`),
  (error) => console.log(`refused (${error.cause?.code ?? error.name})`),
);'

# expect POD NAME open|refused
expect() {
  local said
  said=$(k exec "$1" -- node --eval "$PROBE" "$2")
  printf '%-14s %-14s %s\n' "$1" "$2" "$said"
  [[ "$said" == "$3"* ]] || { printf 'kind.sh: expected: %s\n' "$3" >&2; exit 1; }
}

demo() {
  local pod
  run kubectl --context "$CONTEXT" apply --filename kind/demo.yaml
  run kubectl --context "$CONTEXT" --namespace demo rollout status daemonset/shop --timeout 120s
  run kubectl --context "$CONTEXT" --namespace demo wait fnp/shop --for condition=Programmed --timeout 60s
  if [ -n "$dry" ]; then
    printf '+ in each pod: example.com and www.iana.org open, example.org refused\n'
    return
  fi
  for pod in $(k get pods --selector app=shop --output name); do
    expect "$pod" example.com open
    expect "$pod" www.iana.org open
    expect "$pod" example.org refused
  done
  k get fnp shop
}

if [ -z "$dry" ]; then
  needs docker 'install Docker and start it'
  needs kind 'go install sigs.k8s.io/kind@v0.33.0'
  PATH=$(scripts/kubernetes-tools.sh):$PATH
fi
cluster
install
demo
printf '\nTry: kubectl --context %s apply -f examples/; take it away: kind delete cluster --name %s\n' "$CONTEXT" "$CLUSTER"
