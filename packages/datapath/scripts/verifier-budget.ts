/**
 * Loads every program and compares the instructions that the verifier walked with bpf/verifier-budget.json.
 *
 *   node packages/datapath/scripts/verifier-budget.ts            exit 1 above a budget, or where there is none
 *   node packages/datapath/scripts/verifier-budget.ts --factor 1.5   the same, for a kernel that walks more
 *   node packages/datapath/scripts/verifier-budget.ts --update   write what it costs now, and a quarter more
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { drawHashKey, loadObject } from '../src/load.ts';
import { Datapath } from '../src/datapath.ts';
import { openRoot } from '../src/pins/root.ts';
import { DEFAULT_SIZES } from '../src/sizes.ts';
import { loadSockets } from '../src/sockets.ts';
import { freshRoot } from '../test/lab/leftovers.ts';

const HEADROOM = 1.25;
const repository = resolve(import.meta.dirname, '../../..');
const { values } = parseArgs({
  options: {
    factor: { type: 'string', default: '1' },
    update: { type: 'boolean', default: false },
    object: { type: 'string', default: join(repository, 'build/datapath.bpf.o') },
    'socket-object': { type: 'string', default: join(repository, 'build/socket.bpf.o') },
    budget: { type: 'string', default: join(repository, 'bpf/verifier-budget.json') },
  },
});

/** Program → instructions walked and octets of machine code, by loading under a root that is gone afterwards. */
function measure(objectPath: string, socketObject: string): ReadonlyMap<string, { verified: number; jited: number }> {
  const root = freshRoot('budget');
  using lock = openRoot(root);
  try {
    // Sizes that become constants of the programs are those of a real node; the others only cost memory.
    const sizes = { ...DEFAULT_SIZES, flows: 1, learned: 1, pending: 1, streams: 1, streamParts: 1 };
    const hashKey = drawHashKey();
    using cables = loadObject(objectPath, root, sizes, hashKey);
    using sockets = loadSockets({ root, objectPath: socketObject, sizes, hashKey });
    return new Map(
      [cables, sockets].flatMap((object) =>
        object
          .programNames()
          .toSorted()
          .map((name) => {
            const { verifiedInsns, jitedLen } = object.program(name).info;
            return [name, { verified: verifiedInsns, jited: jitedLen }] as const;
          }),
      ),
    );
  } finally {
    lock.release();
    Datapath.detachAll(root);
  }
}

const costs = measure(values.object, values['socket-object']);
if (values.update) {
  const budget = Object.fromEntries([...costs].map(([name, { verified }]) => [name, Math.ceil(verified * HEADROOM)]));
  await writeFile(values.budget, `${JSON.stringify(budget, undefined, 2)}\n`);
}
const budget = JSON.parse(await readFile(values.budget, 'utf8')) as Record<string, number | undefined>;
console.log('program            verified     budget   machine code');
for (const [name, { verified, jited }] of costs) {
  const limit = budget[name];
  const within = limit !== undefined && verified <= limit * Number(values.factor);
  if (!within) process.exitCode = 1;
  const columns = [
    name.padEnd(16),
    String(verified).padStart(10),
    String(limit ?? 'none').padStart(10),
    String(jited).padStart(14),
  ];
  console.log(`${columns.join(' ')}${within ? '' : '  OVER: make it cheaper, or run this with --update and say why'}`);
}
