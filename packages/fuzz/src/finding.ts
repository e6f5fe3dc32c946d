import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, restoreCase, storeCase } from './case.ts';
import type { Outcome } from './trial.ts';

/** A disagreement as it is kept: enough to have it again. */
export interface Finding {
  readonly one: Case;
  readonly seed: number;
  /** The corpus's file, or what made the message. */
  readonly origin: string;
  readonly outcome: Outcome;
}

/** Writes NAME.json and the message alone as NAME.raw; returns the path of the first. */
export function writeFinding(directory: string, { one, seed, origin, outcome }: Finding): string {
  mkdirSync(directory, { recursive: true });
  const digest = createHash('sha256')
    .update(JSON.stringify(storeCase(one)))
    .digest('hex')
    .slice(0, 12);
  const path = join(directory, `${one.direction}-${digest}`);
  writeFileSync(`${path}.raw`, one.message);
  writeFileSync(`${path}.json`, `${JSON.stringify({ seed, origin, ...storeCase(one), outcome }, undefined, 2)}\n`);
  return `${path}.json`;
}

/** The case of a file that {@link writeFinding} wrote. */
export function readFinding(path: string): Case {
  const stored = JSON.parse(readFileSync(path, 'utf8')) as Parameters<typeof restoreCase>[0];
  const { direction, pod, message, question, family, trailer, udpLengthOff, again } = stored;
  return restoreCase({ direction, pod, message, question, family, trailer, udpLengthOff, again });
}
