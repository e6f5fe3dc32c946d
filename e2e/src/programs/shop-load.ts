/**
 * A pod that is busy: allowed names that nobody has asked for before, and an address that no name led to. A line on stdin
 * is answered by what it met since it was asked last. SHOP-LOAD ALLOWED-SUFFIX FORBIDDEN-ADDRESS
 */
import { get } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** What was met. */
export interface Met {
  /** Allowed names that answered. */
  answered: number;
  /** Allowed names that did not, and why. */
  failed: string[];
  refused: number;
  /** Connections to the forbidden address that were open. */
  through: number;
}

const [suffix = '', forbidden = ''] = process.argv.slice(2);
/** Milliseconds. */
const PATIENCE = 8000;
const PAUSE = 5;
const nothing = (): Met => ({ answered: 0, failed: [], refused: 0, through: 0 });
let met = nothing();

async function fetched(name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = get({ host: name, agent: false, timeout: PATIENCE }, (response) =>
    response.resume().on('end', resolve),
  );
  request.on('timeout', () => request.destroy(new Error('timed out'))).on('error', reject);
  await promise;
}

async function isOpen(address: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: address, port: 80, timeout: PATIENCE }, () => resolve(true));
  socket.on('error', () => resolve(false)).on('timeout', () => resolve(false));
  const open = await promise;
  socket.destroy();
  return open;
}

createInterface({ input: process.stdin })
  .on('line', () => {
    console.log(JSON.stringify(met));
    met = nothing();
  })
  .on('close', () => process.exit(0));

for (let count = 0; ; count++) {
  const name = `n${process.pid}-${count}.${suffix}`;
  try {
    await fetched(name);
    met.answered += 1;
  } catch (error) {
    met.failed.push(`${name}: ${String(error)}`);
  }
  if (await isOpen(forbidden)) met.through += 1;
  else met.refused += 1;
  await delay(PAUSE);
}
