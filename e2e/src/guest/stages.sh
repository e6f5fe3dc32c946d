# What runs under the oldest kernel. One process a stage: each loads the programs, and that takes seconds there.
tests() { node --test --test-isolation=none --test-timeout=120000 --test-reporter=tap "$@"; }
cd packages/datapath || exit

# Its verifier walks a quarter more than the kernels that the budget is from, and twice as much of socket_query.
stage verifier node scripts/verifier-budget.ts --factor 2.25 || return
# Fails, because of the wrong table and nothing else: a failure here is one there. Loads of random packets stay out.
shopt -s extglob
stage packets tests test/packets/!(wildcard|stream-random).test.ts test/programs/wrong-table.ts
# It chooses its hooks itself: clsact here, since TCX is Linux 6.6's.
stage live tests --test-name-pattern='/^live, auto/' test/live.test.ts
