#!/usr/bin/env bash
# Rules for source files that no other tool checks: their length, and the licence line of the datapath's.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LIMIT=400 # lines; a longer file holds more than one idea
failed=0

sources() {
  git ls-files --cached --others --exclude-standard -z -- "$@" ':!:**/gen/**' ':!:*.gen.ts'
}

long=$(sources '*.ts' '*.c' '*.h' '*.sh' | xargs -0 -r wc -l 2>/dev/null |
  awk -v limit="$LIMIT" '$2 != "total" && $1 > limit {print "  " $2 ": " $1 " lines"}')
if [ -n "$long" ]; then
  printf 'Over %s lines; split by idea:\n%s\n' "$LIMIT" "$long" >&2
  failed=1
fi

readonly LICENCE='SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)'
unlicensed=$(sources 'bpf/*.c' 'bpf/*.h' | xargs -0 -r grep --files-without-match --fixed-strings "$LICENCE" || true)
if [ -n "$unlicensed" ]; then
  printf 'No "%s" on the first line:\n%s\n' "$LICENCE" "$unlicensed" >&2
  failed=1
fi
exit "$failed"
