#!/usr/bin/env bash
# One idea a file: a source file over the limit has more than one. Generated ones are exempt.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LIMIT=400
long=$(git ls-files --cached --others --exclude-standard -z -- '*.ts' '*.c' '*.h' '*.sh' ':!:**/gen/**' ':!:*.gen.ts' |
  xargs -0 -r wc -l 2>/dev/null | awk -v limit=$LIMIT '$2 != "total" && $1 > limit {print "  " $2 ": " $1 " lines"}')
if [ -n "$long" ]; then
  printf 'Over %s lines; split by idea:\n%s\n' "$LIMIT" "$long" >&2
  exit 1
fi
