/**
 * An agent as far as the operator sees it: the real protocol package in a process of its own, which applies nothing.
 * Prints its state whenever that changes, one JSON document a line.
 */
import { readFile } from 'node:fs/promises';
import { PolicyClient } from '@namewall/protocol';

const [address = '', node = '', ca = '', token = ''] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const client = new PolicyClient({
  address,
  node,
  agentVersion: 'stream-client',
  held: [],
  backoff: { initial: 100, max: 1000 },
  credentials: { ca: () => readFile(ca, 'utf8'), token: () => readFile(token, 'utf8') },
  apply: () => Promise.resolve({ ok: true }),
  onState: ({ phase, lastError, operatorVersion }) => {
    process.stdout.write(`${JSON.stringify({ phase, lastError, operatorVersion })}\n`);
  },
});
await client.run(stop.signal);
