/** Pins the datapath and the programs on sockets, says where, and is killed before it can remove them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Datapath } from '../../src/datapath.ts';
import { loadSockets } from '../../src/sockets.ts';
import { freshRoot } from '../lab/leftovers.ts';
import { OBJECT, SIZES } from '../lab/world.ts';

const root = freshRoot('test');
const { sizes, hashKey } = Datapath.open({ root, objectPath: OBJECT, sizes: SIZES });
loadSockets({ root, objectPath: join(OBJECT, '../socket.bpf.o'), sizes, hashKey });
assert.ok(existsSync(join(root, 'sockets/map')));
process.stdout.write(`${root}\n`, () => process.kill(process.pid, 'SIGKILL'));
