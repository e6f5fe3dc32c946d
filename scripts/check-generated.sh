#!/usr/bin/env bash
# Regenerates and compares with what was there, committed or not.
set -euo pipefail
cd "$(dirname "$0")/.."

sums() {
  git ls-files --cached --others --exclude-standard -z -- 'packages/**/gen/**' 'packages/**/*.gen.ts' 'packages/policy/crds/**' 'charts/namewall/files/**' |
    sort -z | xargs -0 -r sha256sum 2>/dev/null || true
}

before=$(sums)
make --no-print-directory generate >/dev/null
after=$(sums)
if [ "$before" != "$after" ]; then
  printf 'Generated sources were not current:\n' >&2
  diff <(printf '%s\n' "$before") <(printf '%s\n' "$after") | awk '/^[<>]/ {print "  " $3}' | sort -u >&2
  printf 'Mend it with: make generate, then commit these files.\n' >&2
  exit 1
fi
