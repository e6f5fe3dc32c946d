/**
 * Connects to a host again and again and counts what came of it. A `*` in the host becomes a label that was
 * never asked before. A line on stdin is answered with the tally; "stop" ends the dialling first.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** How the dials of a {@link Dialler} ended. */
export interface DialTally {
  dials: number;
  open: number;
  refused: number;
  nameRefused: number;
  /** Anything else, by error code. */
  other: Record<string, number>;
}

const [host = '', port = '', pace = '0'] = process.argv.slice(2);
const tally: DialTally = { dials: 0, open: 0, refused: 0, nameRefused: 0, other: {} };
const label = (): string => `d${process.pid}-${tally.dials}`;

/** Families in turn where the host is a name. */
function dial(): Promise<string> {
  const family = host.includes(':') ? 6 : /^[\d.]+$/.test(host) ? 4 : tally.dials % 2 === 0 ? 4 : 6;
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host: host.replace('*', label()), port: Number(port), family });
  socket.once('connect', () => resolve('open'));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  return promise.finally(() => socket.destroy());
}

function enter(outcome: string): void {
  if (outcome === 'open') tally.open += 1;
  else if (outcome === 'ECONNREFUSED') tally.refused += 1;
  else if (outcome === 'ENOTFOUND' || outcome === 'EAI_AGAIN') tally.nameRefused += 1;
  else tally.other[outcome] = (tally.other[outcome] ?? 0) + 1;
  tally.dials += 1;
}

async function dialUntil(stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    enter(await dial());
    await pause(Number(pace));
  }
}

let stopping = false;
const dialling = dialUntil(() => stopping);
createInterface({ input: process.stdin })
  .on('line', (line) => {
    stopping ||= line === 'stop';
    void (stopping ? dialling : Promise.resolve()).then(() => console.log(JSON.stringify(tally)));
  })
  .on('close', () => process.exit(0));
