import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamewallConfig, Policy } from '@namewall/policy';

/** What is in force for a while, and what happens meanwhile. */
export interface Phase {
  readonly policies: readonly Policy[];
  readonly nodeSwitch: 'On' | 'Audit' | 'Off';
  /** See happeningOf(). */
  readonly happenings: readonly number[];
}

export interface Case {
  /** Of PODS, so many from the first. */
  readonly pods: number;
  readonly config: NamewallConfig['spec'];
  /** A table with room for so few entries more, the rest being strangers'. */
  readonly crowded?: { readonly table: 'flows' | 'pending'; readonly free: number } | undefined;
  readonly phases: readonly Phase[];
}

/** A case in which datapath and oracle differ. */
export interface Finding {
  readonly seed: number;
  readonly difference: string;
  readonly one: Case;
}

/** @returns the path of the file */
export function writeFinding(directory: string, finding: Finding): string {
  mkdirSync(directory, { recursive: true });
  const text = JSON.stringify(finding, undefined, 1);
  const path = join(directory, `${createHash('sha256').update(text).digest('hex').slice(0, 12)}.json`);
  writeFileSync(path, `${text}\n`);
  return path;
}

export function readFinding(path: string): Finding {
  return JSON.parse(readFileSync(path, 'utf8')) as Finding;
}
