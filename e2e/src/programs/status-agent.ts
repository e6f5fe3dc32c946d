/**
 * An agent as far as the operator sees it: the real protocol package in a process of its own. status-agent.ts ADDRESS
 * NODE CA TOKEN. A line of stdin says what it makes of changes from then on: `ack`, or `refuse RULESET`, which refuses
 * rulesets with that reason; or `report UID PHASE REASON MESSAGE`. Answered by `ok`.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type ApplyResult, type Change, PolicyClient } from '@namewall/protocol';

const [address = '', node = '', ca = '', token = ''] = process.argv.slice(2);
const RULESET = 2;
let refusal: string | undefined;

function judge({ upserts }: Change): ApplyResult {
  const refused = refusal === undefined ? [] : upserts.filter(({ type }) => type === RULESET);
  if (refused.length === 0) return { ok: true };
  const reason = refusal ?? '';
  return { ok: false, errors: refused.map(({ type, name }) => ({ type, name, reason, message: 'said by a test' })) };
}

const client = new PolicyClient({
  address,
  node,
  agentVersion: 'status-agent',
  held: [],
  backoff: { initial: 100, max: 500 },
  credentials: { ca: () => readFile(ca, 'utf8'), token: () => readFile(token, 'utf8') },
  apply: (change) => Promise.resolve(judge(change)),
});

createInterface({ input: process.stdin }).on('line', (line) => {
  const [verb, ...words] = line.split(' ');
  if (verb === 'ack') refusal = undefined;
  if (verb === 'refuse') [refusal] = words;
  if (verb === 'report') {
    const [uid = '', phase = '', reason = '', ...message] = words;
    client.reportEndpoints([{ uid, phase: Number(phase) as 2 | 3, reason, message: message.join(' '), hooks: [] }]);
  }
  process.stdout.write('ok\n');
});
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await client.run(stop.signal);
