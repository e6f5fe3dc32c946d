#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# namewallctl from the source tree, by the toolchain's node where there is one.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(cd "$here/../../.." && pwd)
PATH="$root/.toolchain/bin:$PATH"
exec node "$root/packages/cli/src/main.ts" "$@"
