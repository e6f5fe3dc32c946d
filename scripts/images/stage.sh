#!/usr/bin/env bash
# stage.sh PACKAGE... ARCH FOLDER: what an image has beside its base, under FOLDER: node, our packages with their sources
# less tests, and their dependencies as pnpm's lockfile has them, for that architecture.
set -euo pipefail
cd "$(dirname "$0")/../.."
to=${*: -1} arch=${*: -2:1}
filters=()
for name in "${@:1:$#-2}"; do filters+=(--filter-prod "@namewall/$name..."); done
app=$to/opt/namewall
mkdir -p "$app" "$to/usr/local/bin"

# As scripts/toolchain/node pins it, never the machine's own.
node=$(mktemp -d)
trap 'rm -rf "$node"' EXIT
cp scripts/toolchain/node/package*.json "$node"
(cd "$node" && npm ci --ignore-scripts --no-fund --no-audit --os=linux --cpu="$arch" >&2)
install -m 755 "$node/node_modules/node-linux-$arch/bin/node" "$to/usr/local/bin/node"
install -D -m 644 "$node/node_modules/node-linux-$arch/LICENSE" "$to/usr/share/doc/node/copyright"

cp pnpm-lock.yaml pnpm-workspace.yaml package.json LICENSE "$app"
for manifest in packages/*/package.json e2e/package.json bench/package.json; do
  install -D -m 644 "$manifest" "$app/$manifest"
done
(cd "$app" && pnpm install --prod --frozen-lockfile --ignore-scripts --cpu="$arch" --os=linux --libc=glibc \
  --package-import-method=copy "${filters[@]}" >&2)
# Types and maps of dependencies: for people who write code.
find "$app/node_modules/.pnpm" -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

# Those that were asked for and what they import; one that imports nothing has no node_modules.
staged() {
  [ -d "$app/$1/node_modules" ] || compgen -G "$app/packages/*/node_modules/@namewall/$(basename "$1")" >/dev/null
}

for folder in packages/*/ e2e/ bench/; do
  if staged "$folder"; then
    git ls-files --cached --others --exclude-standard -z -- "${folder}src" |
      grep -zv '\.test\.ts$' | xargs -0 -r cp --parents --target-directory="$app"
  else
    rm -rf "${app:?}/$folder"
  fi
done
cp -R proto "$app"

for name in "${@:1:$#-2}"; do
  command=namewall-$name
  [ "$name" != cli ] || command=namewallctl
  printf "#!/usr/local/bin/node\nimport('/opt/namewall/packages/%s/src/main.ts');\n" "$name" >"$to/usr/local/bin/$command"
  chmod 755 "$to/usr/local/bin/$command"
done
